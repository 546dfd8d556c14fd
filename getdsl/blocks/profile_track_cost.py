"""What a step of `profile_track.get` costs."""

from getdsl.blocks.cost_formulas import free, only_sizes_of
from getdsl.compiler.work import Rule

RULES = {"ProfileTrack": Rule(free, only_sizes_of("profile"))}

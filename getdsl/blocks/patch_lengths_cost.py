"""What a step of `patch_lengths.get` costs."""

from getdsl.blocks.cost_formulas import free
from getdsl.compiler.work import Rule

RULES = {"PatchLengths": Rule(free)}

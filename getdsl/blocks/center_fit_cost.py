"""What a step of `center_fit.get` costs."""

from getdsl.blocks.cost_formulas import free, only_sizes_of
from getdsl.compiler.work import Rule

RULES = {"CenterFit": Rule(free, only_sizes_of("like"))}

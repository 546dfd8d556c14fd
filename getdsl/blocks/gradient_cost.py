"""What a step of `gradient.get` costs."""

from getdsl.blocks.cost_formulas import free
from getdsl.compiler.work import Rule

RULES = {"Gradient": Rule(free)}

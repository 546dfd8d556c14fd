"""What a step of `bce.get` costs."""

from getdsl.blocks.cost_formulas import compared
from getdsl.compiler.work import Rule

RULES = {"BCE": Rule(compared)}

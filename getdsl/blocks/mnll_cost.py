"""What a step of `mnll.get` costs."""

from getdsl.blocks.cost_formulas import counted
from getdsl.compiler.work import Rule

RULES = {"MNLL": Rule(counted)}

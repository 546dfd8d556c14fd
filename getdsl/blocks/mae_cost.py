"""What a step of `mae.get` costs."""

from getdsl.blocks.cost_formulas import compared
from getdsl.compiler.work import Rule

RULES = {"MAE": Rule(compared)}

"""What a step of `mse.get` costs."""

from getdsl.blocks.cost_formulas import compared
from getdsl.compiler.work import Rule

RULES = {"MSE": Rule(compared)}

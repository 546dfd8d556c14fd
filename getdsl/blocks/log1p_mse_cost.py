"""What a step of `log1p_mse.get` costs."""

from getdsl.blocks.cost_formulas import compared
from getdsl.compiler.work import Rule

RULES = {"Log1pMSE": Rule(compared)}

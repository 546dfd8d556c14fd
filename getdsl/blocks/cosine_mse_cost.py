"""What a step of `cosine_mse.get` costs."""

from getdsl.blocks.cost_formulas import compared
from getdsl.compiler.work import Rule

RULES = {"CosineMSE": Rule(compared)}

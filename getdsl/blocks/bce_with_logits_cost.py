"""What a step of `bce_with_logits.get` costs."""

from getdsl.blocks.cost_formulas import compared
from getdsl.compiler.work import Rule

RULES = {"BCEWithLogits": Rule(compared)}

"""What a step of `cross_entropy.get` costs."""

from getdsl.blocks.cost_formulas import logits_kept
from getdsl.compiler.work import Rule

RULES = {"CrossEntropy": Rule(logits_kept)}

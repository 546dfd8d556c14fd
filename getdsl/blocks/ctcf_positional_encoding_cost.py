"""What a step of `ctcf_positional_encoding.get` costs."""

from getdsl.blocks.cost_formulas import added_and_dropped
from getdsl.compiler.work import Rule

RULES = {"CTCFPositionalEncoding": Rule(added_and_dropped)}

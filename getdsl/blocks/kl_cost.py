"""What a step of `kl.get` costs."""

from getdsl.blocks.cost_formulas import counted
from getdsl.compiler.work import Rule

RULES = {"KL": Rule(counted)}

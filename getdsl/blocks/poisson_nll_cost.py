"""What a step of `poisson_nll.get` costs."""

from getdsl.blocks.cost_formulas import counted
from getdsl.compiler.work import Rule

RULES = {"PoissonNLL": Rule(counted)}

"""What a step of `poisson_multinomial.get` costs."""

from getdsl.blocks.cost_formulas import counted
from getdsl.compiler.work import Rule

RULES = {"PoissonMultinomial": Rule(counted)}

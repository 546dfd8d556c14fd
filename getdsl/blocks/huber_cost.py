"""What a step of `huber.get` costs."""

from getdsl.blocks.cost_formulas import compared
from getdsl.compiler.work import Rule

RULES = {"Huber": Rule(compared)}

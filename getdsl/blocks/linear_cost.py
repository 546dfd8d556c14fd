"""What a step of `linear.get` costs."""

from getdsl.blocks.cost_formulas import multiplied
from getdsl.compiler.work import Kept, Rule, Step, Work, product


def linear(step: Step) -> Work:
    out, width = step.operands["weight"].shape
    flops = product(2, *step.operands["x"].shape[:-1], width, out)
    return Work((flops,), multiplied(flops, "x", "weight"), (Kept("x", ("weight",), copied=True),))


RULES = {"Linear": Rule(linear)}

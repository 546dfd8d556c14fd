"""What a step of `conv2d.get` costs."""

from getdsl.blocks.cost_formulas import multiplied
from getdsl.compiler.work import Kept, Rule, Step, Work, product


def conv2d(step: Step) -> Work:
    out, channels, height, width = step.operands["weight"].shape
    batch, _, *sides = step.output.shape
    flops = product(2, batch, *sides, out, channels, height, width)
    return Work((flops,), multiplied(flops, "x", "weight"), (Kept("x"),))


RULES = {"Conv2d": Rule(conv2d)}

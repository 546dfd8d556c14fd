"""What a step of `conv2d.get` costs."""

from getdsl.blocks.cost_formulas import multiplied
from getdsl.compiler.work import Kept, Layout, Rule, Step, Work, product


def conv2d(step: Step) -> Work:
    out, channels, height, width = step.operands["weight"].shape
    last = step.param("channels", "first") == "last"
    batch, *sides = step.output.shape
    places = sides[:-1] if last else sides[1:]
    flops = product(2, batch, *places, out, channels, height, width)
    layout: Layout = "permuted" if last else "packed"
    return Work((flops,), multiplied(flops, "x", "weight"), (Kept("x"),), layout=layout)


RULES = {"Conv2d": Rule(conv2d)}

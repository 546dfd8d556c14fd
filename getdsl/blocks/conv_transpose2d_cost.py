"""What a step of `conv_transpose2d.get` costs."""

from getdsl.blocks.cost_formulas import multiplied
from getdsl.compiler.work import Kept, Layout, Rule, Step, Work, product


def conv_transpose2d(step: Step) -> Work:
    _, out, height, width = step.operands["weight"].shape
    layout: Layout = "permuted" if step.param("channels", "first") == "last" else "packed"
    flops = product(2, *step.operands["x"].shape, out, height, width)
    return Work((flops,), multiplied(flops, "x", "weight"), (Kept("x"),), layout=layout)


RULES = {"ConvTranspose2d": Rule(conv_transpose2d)}

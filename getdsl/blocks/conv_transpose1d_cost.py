"""What a step of `conv_transpose1d.get` costs."""

from getdsl.blocks.cost_formulas import multiplied
from getdsl.compiler.work import Kept, Rule, Step, Work, product


def conv_transpose1d(step: Step) -> Work:
    channels, out, width = step.operands["weight"].shape
    batch, length, _ = step.operands["x"].shape
    flops = product(2, batch, length, channels, out, width)
    return Work((flops,), multiplied(flops, "x", "weight"), (Kept("x", copied=True),), layout="permuted")


RULES = {"ConvTranspose1d": Rule(conv_transpose1d)}

"""What a step of `conv1d.get` costs."""

from getdsl.blocks.cost_formulas import multiplied
from getdsl.compiler.work import Kept, Rule, Step, Work, product


def conv1d(step: Step) -> Work:
    out, channels, width = step.operands["weight"].shape
    batch, length, entering = step.operands["x"].shape
    after, stride, padding = step.output.shape[1], step.number("stride", 1), step.param("padding", "same")
    reach = (width - 1) * step.number("dilation", 1)
    flops = product(2, batch, after, out, channels, width)
    if (
        padding == "valid"
        or isinstance(padding, int)
        or (padding == "same" and stride == 1 and reach % 2 == 0)
    ):
        kept = Kept("x")  # as much is added before as behind, by the convolution itself
    else:
        padded = length + reach if stride == 1 else (after - 1) * stride + reach + 1
        kept = Kept(product(batch, entering, padded))
    return Work((flops,), multiplied(flops, "x", "weight"), (kept,), layout="permuted")


RULES = {"Conv1d": Rule(conv1d)}

"""What a step of `conv1d.get` costs."""

from getdsl.blocks.cost_formulas import multiplied
from getdsl.compiler.work import Kept, Rule, Step, Work, product


def conv1d(step: Step) -> Work:
    out, channels, width = step.operands["weight"].shape
    batch, length, _ = step.operands["x"].shape
    after = step.output.shape[1]
    reach = (width - 1) * step.number("dilation", 1)
    padded = length + reach if step.param("padding", "same") == "same" else length
    flops = product(2, batch, after, out, channels, width)
    kept = Kept(product(batch, channels, padded))  # the input as it was padded
    return Work((flops,), multiplied(flops, "x", "weight"), (kept,), layout="permuted")


RULES = {"Conv1d": Rule(conv1d)}

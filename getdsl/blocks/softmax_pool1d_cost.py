"""What a step of `softmax_pool1d.get` costs."""

from getdsl.blocks.cost_formulas import multiplied
from getdsl.compiler.work import Kept, Rule, Step, Work, product

WEIGHT = "to_attn_logits.weight"


def softmax_pool1d(step: Step) -> Work:
    batch, length, channels = step.operands["x"].shape
    flops = product(2, batch, length, channels, channels)
    kept = (
        Kept("x"),
        Kept("x", (WEIGHT,), copied=True),
        Kept(product(batch, length, channels)),  # the weights in each window
    )
    return Work((flops,), multiplied(flops, "x", WEIGHT), kept)


RULES = {"SoftmaxPool1d": Rule(softmax_pool1d)}

"""What a step of `atac_split_pool_max_norm.get` costs."""

from collections.abc import Collection

from getdsl.compiler.work import Kept, Rule, Step, Work, product

PATCH = 25  # bp


def atac_split_pool_max_norm(step: Step) -> Work:
    batch, length, motifs = step.operands["x"].shape
    along = length // PATCH
    signals, _, narrow = step.operands["atac_conv.weight"].shape
    joint, channels, wide = step.operands["joint_conv.weight"].shape
    first = product(2, batch, along, signals, narrow)
    second = product(2, batch, along, joint, channels, wide)
    before = ("atac_conv.weight",)
    kept = [
        Kept("x"),
        Kept(product(batch, along, motifs), ("x",), itemsize=8),  # where each maximum was
        Kept(product(batch, along + narrow - 1), before),
        Kept(product(2, batch, along, signals), before),  # before and after normalisation and ReLU
        Kept(product(batch, along + wide - 1, channels)),
        Kept(product(2, batch, along, joint)),
    ]
    if step.param("final_bn"):
        kept.append(Kept(product(*step.output.shape)))
    backward = ((before, first), (("x", *before), second), (("joint_conv.weight",), second))
    return Work((first, second), backward, tuple(kept))


def unreached(step: Step, output: str) -> Collection[str]:
    """Whether a position is accessible or not is a comparison."""
    return ("atac",) if step.param("binary_atac") else ()


RULES = {"ATACSplitPoolMaxNorm": Rule(atac_split_pool_max_norm, unreached)}

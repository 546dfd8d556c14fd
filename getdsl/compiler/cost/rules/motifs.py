"""Motif scans, and the blocks that are scanned into.

The fused scan is counted as the convolution that it stands for, although the kernel adds table rows on a
CPU and scans again in the backward pass.
"""

from __future__ import annotations

from getdsl.compiler.cost.products import Product, product
from getdsl.compiler.cost.rules.layers import multiplied, patches
from getdsl.compiler.cost.work import Kept, Work, rule
from getdsl.compiler.graph.dimensions import Dim
from getdsl.compiler.trace import Step

WEIGHT = "motif.0.weight"


def _scan(step: Step) -> tuple[Product, Dim]:
    """The FLOPs of a scan, and how many kernels it has, both strands."""
    kernels, bases, width = step.operands[WEIGHT].shape
    if _tied(step):
        kernels = kernels * 2
    batch, length = step.operands["x"].shape[:2]
    return product(2, batch, length, kernels, bases, width), kernels


def _both(step: Step) -> bool:
    return bool(step.params.get("include_reverse_complement", True))


def _tied(step: Step) -> bool:
    return _both(step) and bool(step.params.get("tie_strands"))


def _copied(step: Step) -> list[Kept]:
    """The kernels of both strands, where they are made of one set."""
    return [Kept(product(2, *step.operands[WEIGHT].shape))] if _tied(step) else []


@rule("MotifScanner")
def motif_scanner(step: Step) -> Work:
    flops, kernels = _scan(step)
    batch, length, bases = step.operands["x"].shape
    width = step.operands[WEIGHT].shape[2]
    kept = [Kept(product(batch, bases, length + width - 1)), *_copied(step)]
    kept.append(Kept(product(batch, length, kernels)) if _both(step) else Kept(">"))
    if "motif_mean_std" in step.operands and step.params.get("motif_prior", True):
        kept.append(Kept(">"))
    return Work((flops,), multiplied(flops, "x", WEIGHT), tuple(kept), layout="permuted")


@rule("MotifScanPool")
def motif_scan_pool(step: Step) -> Work:
    flops, _ = _scan(step)
    kept = [Kept("peak_lengths"), *_copied(step)]
    if step.params.get("pool_method") == "max":
        kept.append(Kept(product(*step.output.shape)))  # where each maximum was
    return Work((flops,), multiplied(flops, "x", WEIGHT), tuple(kept))


@rule("ATACSplitPoolMaxNorm")
def atac_split_pool_max_norm(step: Step) -> Work:
    batch, length, motifs = step.operands["x"].shape
    along = patches(length)
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
    if step.params.get("final_bn"):
        kept.append(Kept(product(*step.output.shape)))
    backward = ((before, first), (("x", *before), second), (("joint_conv.weight",), second))
    return Work((first, second), backward, tuple(kept))

"""What a step of `motif_scanner.get` costs.

The fused scan is counted as the convolution that it stands for, although the kernel adds table rows on a
CPU and scans again in the backward pass.
"""

from collections.abc import Collection

from getdsl.blocks.cost_formulas import multiplied
from getdsl.compiler.graph.dimensions import Dim
from getdsl.compiler.work import Kept, Product, Rule, Step, Work, product

WEIGHT = "motif.0.weight"


def _scan(step: Step) -> tuple[Product, Dim]:
    """The FLOPs of a scan, and how many kernels it has, both strands."""
    kernels, bases, width = step.operands[WEIGHT].shape
    if _tied(step):
        kernels = kernels * 2
    batch, length = step.operands["x"].shape[:2]
    return product(2, batch, length, kernels, bases, width), kernels


def _both(step: Step) -> bool:
    return bool(step.param("include_reverse_complement", True))


def _tied(step: Step) -> bool:
    return _both(step) and bool(step.param("tie_strands"))


def _copied(step: Step) -> list[Kept]:
    """The kernels of both strands, where they are made of one set."""
    return [Kept(product(2, *step.operands[WEIGHT].shape))] if _tied(step) else []


def motif_scanner(step: Step) -> Work:
    flops, kernels = _scan(step)
    batch, length, bases = step.operands["x"].shape
    width = step.operands[WEIGHT].shape[2]
    kept = [Kept(product(batch, bases, length + width - 1)), *_copied(step)]
    kept.append(Kept(product(batch, length, kernels)) if _both(step) else Kept(">"))
    if "motif_mean_std" in step.operands and step.param("motif_prior", True):
        kept.append(Kept(">"))
    return Work((flops,), multiplied(flops, "x", WEIGHT), tuple(kept), layout="permuted")


def motif_scan_pool(step: Step) -> Work:
    flops, _ = _scan(step)
    kept = [Kept("peak_lengths"), *_copied(step)]
    if step.param("pool_method") == "max":
        kept.append(Kept(product(*step.output.shape)))  # where each maximum was
    return Work((flops,), multiplied(flops, "x", WEIGHT), tuple(kept))


def unreached(step: Step, output: str) -> Collection[str]:
    return () if step.param("motif_prior", True) else {"motif_mean_std"}


RULES = {"MotifScanner": Rule(motif_scanner, unreached), "MotifScanPool": Rule(motif_scan_pool, unreached)}

"""Body of `motif_scanner.get`."""

import math
from collections.abc import Sequence
from typing import Any, Literal

import torch
import torch.nn.functional as F
from torch import Tensor

from getdsl.blocks.motif_scanner_plain import MotifScanner as Scanner
from getdsl.formats.meme import Motif, read_meme
from getdsl.kernels.motif_scan_pool import motif_scan_pool
from getdsl.kernels.segment_pool import segment_pool

Prior = Literal["probability", "log_odds"]


class MotifScanner(Scanner):
    """A scanner whose kernels are motifs of a file, where one is given, or else random."""

    def __init__(
        self,
        *,
        num_motif: int = 637,
        kernel_size: int = 29,
        motifs: str | None = None,
        prior: Prior = "probability",
        learnable: bool = False,
        **scanner: Any,
    ) -> None:
        super().__init__(num_motif=num_motif, kernel_size=kernel_size, learnable=learnable, **scanner)
        if motifs is not None:
            found = read_meme(motifs)
            _check_fit(motifs, found, num_motif, kernel_size, learnable)
            if not self._conv.weight.is_meta:
                self._fill(found, prior)

    @torch.no_grad()
    def _fill(self, motifs: Sequence[Motif], prior: Prior) -> None:
        weight, bias = self._conv.weight, self._conv.bias
        for i, motif in enumerate(motifs):
            kernel, threshold = kernel_of(motif, prior)
            padded = F.pad(kernel, (0, weight.shape[2] - motif.width))
            weight[i] = padded
            if bias is not None:
                bias[i] = threshold
            if len(weight) > self.num_motif:
                weight[self.num_motif + i] = padded.flip(0, 1)
                if bias is not None:
                    bias[self.num_motif + i] = threshold


class MotifScanPool(MotifScanner):
    """A scanner that pools what it finds, as SplitPool does, in one kernel: the compiler makes it of the two.

    x [B, L, 4], peak_lengths [B, R] -> [B, R, M]. x may be codes [B, L] too (uint8: A C G T N are 0 to 4).
    Without lengths it scans.
    """

    def __init__(self, *, pool_method: Literal["mean", "sum", "max"] = "mean", **scanner: Any) -> None:
        super().__init__(**scanner)
        self.pool_method = pool_method

    def forward(
        self, x: Tensor, peak_lengths: Tensor | None = None, *, motif_mean_std: Tensor | None = None
    ) -> Tensor:
        if peak_lengths is None:
            return super().forward(x, motif_mean_std=motif_mean_std)
        if motif_mean_std is not None and motif_mean_std.requires_grad:  # the kernel takes it for data
            return segment_pool(
                super().forward(x, motif_mean_std=motif_mean_std), peak_lengths, self.pool_method
            )
        return motif_scan_pool(
            x,
            self._conv.weight,
            self._conv.bias,
            peak_lengths,
            self.pool_method,
            strands="tied" if self.tied else "both" if self.both_strands else "forward",
            own_strands=self.ctcf,
            mean_std=motif_mean_std if self.motif_prior else None,
        )


def kernel_of(motif: Motif, prior: Prior) -> tuple[Tensor, float]:
    """The motif's kernel [4, width] in float64, and its bias.

    "probability": p / width, bias 0.
    "log_odds": ln((p + 0.01) / 1.04 / 0.25), bias minus half of the best score that a sequence can have.
    """
    p = torch.tensor(motif.matrix, dtype=torch.float64).T
    if prior == "probability":
        return p / motif.width, 0.0
    odds = ((p + 0.01) / (1.04 * 0.25)).log()
    return odds, -0.5 * math.fsum(odds.amax(0).tolist())


def _check_fit(path: str, motifs: Sequence[Motif], num_motif: int, kernel_size: int, learnable: bool) -> None:
    for motif in motifs:
        if motif.width > kernel_size:
            raise ValueError(
                f"{path}: motif {motif.name} is {motif.width} bp wide, and kernel_size is {kernel_size}"
            )
    if len(motifs) > num_motif:
        raise ValueError(f"{path}: {len(motifs)} motifs, and num_motif is {num_motif}")
    if len(motifs) < num_motif and not learnable:
        raise ValueError(
            f"{path}: {len(motifs)} motifs, and num_motif is {num_motif}; "
            "kernels without a motif are random, so they must be learnable"
        )

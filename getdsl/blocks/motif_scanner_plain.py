"""The scan of `motif_scanner.get`, without the motifs that fill its weights."""

from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class MotifScanner(nn.Module):
    """x [B, L, 4], channels A C G T and zeros for N -> [B, L, M].

    Kernels stand as in GET: the second half is the first flipped in width and in base order.
    With an even kernel_size the two strands' windows are one base apart.
    """

    def __init__(
        self,
        *,
        num_motif: int = 637,
        kernel_size: int = 29,
        include_reverse_complement: bool = True,
        bidirectional_except_ctcf: bool = False,
        ctcf_index: int = 77,
        motif_prior: bool = True,
        learnable: bool = False,
        tie_strands: bool = False,
        has_bias: bool = True,
    ) -> None:
        super().__init__()
        self.num_motif = num_motif
        self.motif_prior = motif_prior
        self.both_strands = include_reverse_complement
        self.tied = include_reverse_complement and tie_strands
        self.ctcf = ctcf_index if bidirectional_except_ctcf and include_reverse_complement else None
        self.pad = ((kernel_size - 1) // 2, kernel_size // 2)
        kernels = 2 * num_motif if include_reverse_complement and not tie_strands else num_motif
        self.motif = nn.Sequential(nn.Conv1d(4, kernels, kernel_size, bias=has_bias))
        self.above_zero, self.above_mean = nn.ReLU(), nn.ReLU()  # modules, which libraries of attribution see
        self._conv.weight.requires_grad_(learnable)

    @property
    def _conv(self) -> nn.Conv1d:
        return cast(nn.Conv1d, self.motif[0])

    def forward(self, x: Tensor, *, motif_mean_std: Tensor | None = None) -> Tensor:
        return self._over(F.pad(x.transpose(1, 2), self.pad), motif_mean_std)

    def unpadded(self, x: Tensor, *, motif_mean_std: Tensor | None = None) -> Tensor:
        """The positions that read nothing beyond x, padded already: [B, L + D - 1, 4] -> [B, L, M]."""
        return self._over(x.transpose(1, 2), motif_mean_std)

    def _over(self, channels_first: Tensor, motif_mean_std: Tensor | None) -> Tensor:
        hits = self._hits(channels_first)  # [B, K, L]
        if self.both_strands:
            forward, reverse = hits[:, : self.num_motif], hits[:, self.num_motif :]
            hits = forward + reverse  # [B, M, L]
            if self.ctcf is not None:
                strands = [strand[:, self.ctcf : self.ctcf + 1] for strand in (forward, reverse)]
                hits = torch.cat([hits, *strands], dim=1)
        hits = hits.transpose(1, 2)  # [B, L, M]
        if motif_mean_std is not None and self.motif_prior:
            mean, std = motif_mean_std[:, :1], motif_mean_std[:, 1:]  # [B, 1, M]
            hits = self.above_mean((hits - mean) / std)
        return hits

    def _hits(self, x: Tensor) -> Tensor:
        if not self.tied:
            return cast(Tensor, self.above_zero(self.motif(x)))
        weight, bias = self._conv.weight, self._conv.bias
        both = torch.cat([weight, weight.flip(1, 2)])
        hits = F.conv1d(x, both, None if bias is None else torch.cat([bias, bias]))
        return cast(Tensor, self.above_zero(hits))

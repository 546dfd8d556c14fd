"""Random scans, and the float64 answer that kernels are held against."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor


@dataclass(frozen=True)
class Case:
    """Arguments of a scan and a pool; x are codes."""

    x: Tensor
    weight: Tensor
    bias: Tensor | None
    lengths: Tensor
    reduce: str
    strands: str
    own_strands: int | None
    mean_std: Tensor | None

    def options(self) -> dict[str, Any]:
        return {"strands": self.strands, "own_strands": self.own_strands, "mean_std": self.mean_std}

    def to(self, dtype: torch.dtype) -> "Case":
        return replace(
            self,
            weight=self.weight.to(dtype),
            bias=None if self.bias is None else self.bias.to(dtype),
            mean_std=None if self.mean_std is None else self.mean_std.to(dtype),
        )


def draw(
    *,
    batch: int = 2,
    length: int = 120,
    regions: int = 4,
    motifs: int = 5,
    width: int = 7,
    reduce: str = "mean",
    strands: str = "forward",
    own_strands: int | None = None,
    bias: bool = True,
    normalise: bool = False,
    seed: int = 0,
) -> Case:
    generator = torch.Generator().manual_seed(seed)
    kernels = 2 * motifs if strands == "both" else motifs
    channels = motifs + 2 if own_strands is not None else motifs
    return Case(
        x=torch.randint(0, 5, (batch, length), generator=generator, dtype=torch.uint8),
        weight=torch.randn(kernels, 4, width, generator=generator) / width**0.5,
        bias=0.2 * torch.randn(kernels, generator=generator) if bias else None,
        lengths=ragged(batch, regions, length, generator),
        reduce=reduce,
        strands=strands,
        own_strands=own_strands,
        mean_std=torch.rand(batch, 2, channels, generator=generator) + 0.1 if normalise else None,
    )


def ragged(batch: int, regions: int, length: int, generator: torch.Generator) -> Tensor:
    """Lengths [B, R] that sum to L at most, some of them 0."""
    cuts = torch.randint(0, length + 1, (batch, regions), generator=generator).sort(1).values
    lengths = cuts.diff(dim=1, prepend=torch.zeros(batch, 1, dtype=torch.long))
    return lengths * (torch.rand(batch, regions, generator=generator) > 0.2)


def one_hot(codes: Tensor, dtype: torch.dtype = torch.float32) -> Tensor:
    return F.one_hot(codes.long(), 5)[..., :4].to(dtype)


def scanned(case: Case, x: Tensor) -> Tensor:
    """[B, L, M], as the scanner's page in the design says, by the convolution of one-hot or soft x."""
    weight, bias, motifs = case.weight, case.bias, len(case.weight)
    if case.strands == "tied":
        weight = torch.cat([weight, weight.flip(1, 2)])
        bias = None if bias is None else torch.cat([bias, bias])
    elif case.strands == "both":
        motifs //= 2
    width = weight.shape[2]
    padded = F.pad(x.transpose(1, 2), ((width - 1) // 2, width // 2))
    hits = F.relu(F.conv1d(padded, weight, bias)).transpose(1, 2)
    if case.strands != "forward":
        one, other = hits[..., :motifs], hits[..., motifs:]
        hits = one + other
        if case.own_strands is not None:
            own = slice(case.own_strands, case.own_strands + 1)
            hits = torch.cat([hits, one[..., own], other[..., own]], dim=2)
    if case.mean_std is not None:
        hits = F.relu((hits - case.mean_std[:, :1]) / case.mean_std[:, 1:])
    return hits


def pooled(case: Case, x: Tensor) -> Tensor:
    """[B, R, M], region by region."""
    hits = scanned(case, x)
    samples = []
    for sample, lengths in zip(hits, case.lengths.tolist(), strict=True):
        parts = sample[: sum(lengths)].split(lengths)
        reduced = {
            "sum": lambda part: part.sum(0),
            "mean": lambda part: part.mean(0),
            "max": lambda part: part.amax(0),
        }
        nothing = sample[:0].sum(0)
        samples.append(torch.stack([reduced[case.reduce](part) if len(part) else nothing for part in parts]))
    return torch.stack(samples)


def error(got: Tensor, want: Tensor) -> float:
    """The largest difference, against the largest value."""
    if not want.numel():
        return 0.0
    return float((got.double() - want).abs().max() / want.abs().max().clamp(min=1e-3))


def guarded(values: Tensor, poison: float) -> Tensor:
    """The values between poisoned margins: what reads past an edge reads those."""
    whole = torch.full((values.numel() + 256,), poison, dtype=values.dtype, device=values.device)
    whole[128:-128] = values.reshape(-1)
    return whole[128:-128].view(values.shape)


def poisoned(shape: Any, dtype: Any = np.float64) -> Any:
    """In the place of numpy.empty."""
    return np.full(shape, np.nan if np.issubdtype(dtype, np.floating) else 4, dtype)

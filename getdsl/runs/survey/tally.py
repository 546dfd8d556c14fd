"""The values of one key of a batch, added up batch by batch."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from torch import Tensor

KEPT = 1 << 18
"""How many values of a key are kept for its histogram, at most and about."""
BINS = 40
SKEWED = 20  # a range so much wider than its mean is shown on a logarithmic axis

Values = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True)
class KeyFigures:
    """Of the values that are numbers: the lowest, the highest, the mean and how many are 0, as shares.

    `shape` is a sample's, None where it differs between them. `counts` [n] are those between `edges`
    [n + 1]; for DNA `letters` has the share of each base, and there are neither.
    """

    name: str
    dtype: str
    shape: tuple[int, ...] | None
    values: int
    low: float
    high: float
    mean: float
    zeros: float
    nan: float
    edges: Values
    counts: Values
    letters: dict[str, float] = field(default_factory=dict)

    @property
    def logarithmic(self) -> bool:
        """Whether the bins widen along the axis."""
        return len(self.edges) > 2 and not np.allclose(np.diff(self.edges), self.edges[1] - self.edges[0])

    def degenerate(self) -> str | None:
        """What is wrong with values that nothing can be learnt from; None where nothing is."""
        if self.nan == 1:
            return "holds no numbers"
        if self.values > 1 and self.low == self.high:
            return f"is {self.low:g} everywhere"
        return f"is NaN or infinite in {self.nan:.2%} of its values" if self.nan else None


class Tally:
    """Adds up the batches of one key, of `samples` samples in all."""

    def __init__(self, name: str, samples: int, *, dna: bool) -> None:
        self.name, self.samples, self.dna = name, samples, dna
        self.dtype = ""
        self.shape: tuple[int, ...] | None = None
        self.values = self.finite = self.zeros = 0
        self.sum, self.low, self.high = 0.0, math.inf, -math.inf
        self.bases = np.zeros(4)
        self.kept: list[Values] = []
        self.seen = False

    def add(self, batch: Tensor) -> None:
        shape = tuple(batch.shape[1:])
        self.shape = shape if not self.seen or shape == self.shape else None
        self.dtype, self.seen = str(batch.dtype).removeprefix("torch."), True
        self.values += batch.numel()
        if self.dna:
            self.bases += batch.flatten(0, -2).sum(dim=0).double().numpy()
        values = batch.detach().double().flatten().numpy()
        real = values[np.isfinite(values)]
        self.finite += real.size
        if not real.size:
            return
        self.zeros += int((real == 0).sum())
        self.sum += float(real.sum())
        self.low, self.high = min(self.low, float(real.min())), max(self.high, float(real.max()))
        step = max(1, self.samples * (batch.numel() // max(1, len(batch))) // KEPT)
        self.kept.append(real[::step].copy())

    def figures(self) -> KeyFigures:
        mean = self.sum / self.finite if self.finite else math.nan
        edges, counts = self._histogram(mean)
        return KeyFigures(
            self.name,
            self.dtype,
            self.shape,
            self.values,
            self.low if self.finite else math.nan,
            self.high if self.finite else math.nan,
            mean,
            self.zeros / self.values if self.values else 0.0,
            1 - self.finite / self.values if self.values else 0.0,
            edges,
            counts,
            self._letters(),
        )

    def _letters(self) -> dict[str, float]:
        if not self.dna or not self.values:
            return {}
        positions = self.values / 4
        shares = dict(zip("ACGT", (self.bases / positions).tolist(), strict=True))
        return {**shares, "N": 1 - float(self.bases.sum()) / positions}

    def _histogram(self, mean: float) -> tuple[Values, Values]:
        if self.dna or not self.kept:
            return np.empty(0), np.empty(0)
        values = np.concatenate(self.kept)
        if self.low == self.high:
            edges = np.array([self.low - 0.5, self.low + 0.5])
        elif self.low >= 0 and self.high > SKEWED * max(1.0, mean):
            edges = np.expm1(np.linspace(math.log1p(self.low), math.log1p(self.high), BINS + 1))
        else:
            edges = np.linspace(self.low, self.high, BINS + 1)
        edges[-1] = max(edges[-1], self.high)
        counts, edges = np.histogram(values, edges)
        return edges, counts.astype(np.float64)

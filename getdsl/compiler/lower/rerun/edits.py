"""What is other than in the reference."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Edits:
    """V alternates: row v of `values` [V, W, …] stands at positions `start[v]` on of sample `sample[v]`.

    Positions are those of axis 1 of the edited input, `sample` and `start` [V] hold int64.
    """

    sample: Tensor
    start: Tensor
    values: Tensor

    def __len__(self) -> int:
        return len(self.start)

    def chosen(self, rows: Tensor) -> Edits:
        return Edits(self.sample[rows], self.start[rows], self.values[rows])

    @classmethod
    def substitutions(cls, sequence: Tensor, start: int = 0, stop: int | None = None) -> Edits:
        """Each other base at each position from `start` to `stop` of one-hot sequences [B, L, 4].

        In the order of samples, positions and bases; the base that is there is left out, at an N none.
        """
        there = sequence[:, start:stop]
        sample, place, base = (there == 0).nonzero(as_tuple=True)
        values = torch.eye(4, dtype=sequence.dtype, device=sequence.device)[base]
        return cls(sample, place + start, values[:, None])

"""Straight ways from references to a sample, and what the model says on them."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from getdsl.runs.interpret.explained import Explained

ROWS = 128  # through the model at once


@dataclass(frozen=True)
class Ways:
    """From each of the references [K, C, P] to the sample `row`.

    A place is the number of a way, and how far it lies on it, from 0 to 1.
    """

    explained: Explained
    references: Tensor
    row: int

    def __len__(self) -> int:
        return len(self.references)

    @property
    def steps(self) -> Tensor:
        """What changes along each, [K, C, P]."""
        return self.explained.x[self.row] - self.references

    def values(self, way: Tensor, at: Tensor) -> Tensor:
        """The explained number at places, [n], of float64."""
        parts = zip(torch.split(way, ROWS), torch.split(at, ROWS), strict=True)
        found = [self.explained.values(self._inputs(*part), self._rows(part[0])) for part in parts]
        return torch.cat(found).double()

    def gradients(self, way: Tensor, at: Tensor) -> Tensor:
        """Of the explained number at places, [n, C, P]."""
        x = self._inputs(way, at).requires_grad_()
        found: Tensor = torch.autograd.grad(self.explained(x, self._rows(way)).sum(), x)[0]
        return found

    def _inputs(self, way: Tensor, at: Tensor) -> Tensor:
        return torch.lerp(
            self.references[way], self.explained.x[self.row], at.to(self.references)[:, None, None]
        )

    def _rows(self, way: Tensor) -> Tensor:
        return torch.full_like(way, self.row)

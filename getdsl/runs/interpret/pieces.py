"""Ways in pieces, each of which knows what its gradients miss."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from getdsl.runs.interpret.ways import ROWS, Ways

RULE = 4  # points of a piece, by Gauss and Legendre


@dataclass(frozen=True)
class Pieces:
    """Piece n lies on the way `way[n]` from `bounds[n, 0]` to `bounds[n, 1]`.

    `values` [n, 2] are the explained number there, `gradients` [n, C, P] the integral of its gradient, and
    `missed` [n] what that makes too much of the difference between the values.
    """

    way: Tensor
    bounds: Tensor
    values: Tensor
    gradients: Tensor
    missed: Tensor

    def __len__(self) -> int:
        return len(self.way)

    @property
    def differences(self) -> Tensor:
        """Of the explained number between the ends of each, [n]."""
        return self.values[:, 1] - self.values[:, 0]

    def whole(self, ways: Ways) -> Tensor:
        """The gradients of each way, all its pieces together, [K, C, P]."""
        return torch.zeros_like(ways.references).index_add_(0, self.way, self.gradients)

    def halved(self, ways: Ways, chosen: Tensor) -> Pieces:
        """With some in two."""
        way, (start, end) = self.way[chosen], self.bounds[chosen].unbind(1)
        middle = (start + end) / 2
        between = ways.values(way, middle)
        first, last = self.values[chosen].unbind(1)
        halves = _integrated(
            ways,
            way.repeat(2),
            torch.cat([_both(start, middle), _both(middle, end)]),
            torch.cat([_both(first, between), _both(between, last)]),
        )
        left = torch.ones_like(self.way, dtype=torch.bool)
        left[chosen] = False
        old, new = vars(self), vars(halves)
        return Pieces(**{name: torch.cat([old[name][left], new[name]]) for name in old})


def equal_pieces(ways: Ways, number: int) -> Pieces:
    """So many of each way."""
    bounds = torch.linspace(0, 1, number + 1, dtype=torch.float64, device=ways.references.device)
    way = torch.arange(len(ways), device=bounds.device)
    values = ways.values(way.repeat_interleave(number + 1), bounds.repeat(len(ways)))
    values = values.reshape(len(ways), number + 1)
    return _integrated(
        ways,
        way.repeat_interleave(number),
        _both(bounds[:-1], bounds[1:]).repeat(len(ways), 1),
        _both(values[:, :-1], values[:, 1:]).flatten(0, 1),
    )


def _integrated(ways: Ways, way: Tensor, bounds: Tensor, values: Tensor) -> Pieces:
    points, weights = (torch.from_numpy(each).to(bounds) for each in np.polynomial.legendre.leggauss(RULE))
    half = (bounds[:, 1] - bounds[:, 0]) / 2
    at = bounds.mean(1)[:, None] + half[:, None] * points  # [n, RULE]
    shares = (half[:, None] * weights).to(ways.references)
    parts = torch.split(torch.arange(len(way), device=way.device), ROWS // RULE)
    gradients = torch.cat([_weighted(ways, way[part], at[part], shares[part]) for part in parts])
    told = (ways.steps[way] * gradients).flatten(1).sum(1).double()
    return Pieces(way, bounds, values, gradients, told - (values[:, 1] - values[:, 0]))


def _weighted(ways: Ways, way: Tensor, at: Tensor, shares: Tensor) -> Tensor:
    """Gradients at places [n, RULE], each piece's together by their shares, [n, C, P]."""
    found = ways.gradients(way.repeat_interleave(RULE), at.flatten())
    return torch.einsum("nr,nrcp->ncp", shares, found.reshape(*at.shape, *found.shape[1:]))


def _both(one: Tensor, other: Tensor) -> Tensor:
    return torch.stack([one, other], dim=-1)

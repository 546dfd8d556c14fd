"""In-silico mutagenesis: the explained number for every sequence that differs in one base."""

from __future__ import annotations

import torch
from torch import Tensor

from getdsl.runs.interpret.explained import Explained

AT_ONCE = 128  # sequences


def mutagenesis(explained: Explained) -> Tensor:
    """The difference that each base at each position makes, [B, 4, P]; 0 for the base that stands there."""
    return torch.stack([_of_sample(explained, row) for row in range(len(explained.x))])


def _of_sample(explained: Explained, row: int) -> Tensor:
    """[4, P]. Every mutant is computed in full."""
    x = explained.x[row]
    bases, positions = torch.nonzero(x == 0, as_tuple=True)
    parts = zip(torch.split(bases, AT_ONCE), torch.split(positions, AT_ONCE), strict=True)
    mutants = [_values(explained, row, _mutated(x, *part)) for part in parts]
    found = torch.zeros_like(x)
    if mutants:
        found[bases, positions] = torch.cat(mutants) - _values(explained, row, x[None])
    return found


def _values(explained: Explained, row: int, x: Tensor) -> Tensor:
    return explained.values(x, torch.full((len(x),), row, device=x.device))


def _mutated(x: Tensor, bases: Tensor, positions: Tensor) -> Tensor:
    """[n, 4, P]: the sequence with one base put at one position, n times."""
    found = x.repeat(len(bases), 1, 1)
    each = torch.arange(len(bases), device=x.device)
    found[each, :, positions] = 0
    found[each, bases, positions] = 1
    return found

"""Samples beside their references, in chunks that fit memory."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from getdsl.runs.interpret.explained import Explained

AT_ONCE = 64  # pairs

Paired = Callable[[Tensor, Tensor, Tensor], Tensor]
"""Of inputs [n, C, P], references [n, C, P] and rows [n] something for each pair, [n, …]."""


def over_pairs(explained: Explained, references: Tensor, of: Paired) -> Tensor:
    """[B, K, …] for references [B, K, C, P]."""
    samples, number = references.shape[:2]
    rows = torch.arange(samples, device=explained.device).repeat_interleave(number)
    flat = references.flatten(0, 1)
    found = [
        of(explained.x[part], other, part)
        for part, other in zip(torch.split(rows, AT_ONCE), torch.split(flat, AT_ONCE), strict=True)
    ]
    values = torch.cat(found)
    return values.reshape(samples, number, *values.shape[1:])


def missed(explained: Explained, references: Tensor, multipliers: Tensor) -> tuple[Tensor, Tensor]:
    """The output less that of the references, and what contributions add up to beyond it, [B] each."""
    rows = torch.arange(len(references), device=explained.device)
    others = over_pairs(explained, references, lambda _, other, rows: explained.values(other, rows))
    difference = explained.values(explained.x, rows) - others.mean(1)
    told = ((explained.x[:, None] - references) * multipliers).flatten(2).sum(2).mean(1)
    return difference, told - difference

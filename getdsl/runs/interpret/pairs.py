"""Samples beside their references, in chunks that fit memory."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from getdsl.runs.interpret.explained import Explained

AT_ONCE = 64  # pairs
COMPLETE = 1e-3  # the share of the difference that contributions may miss

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


@dataclass(frozen=True)
class Gap:
    """Of each sample, [B]: its `difference` from its references and what contributions make too much of it.

    `apart` is how far its output lies from those of its references, each by itself: their differences may
    cancel.
    """

    difference: Tensor
    delta: Tensor
    apart: Tensor


def missed(explained: Explained, references: Tensor, multipliers: Tensor) -> Gap:
    """What contributions by these multipliers [B, K, C, P] add up to beside what they should."""
    rows = torch.arange(len(references), device=explained.device)
    others = over_pairs(explained, references, lambda _, other, rows: explained.values(other, rows))
    differences = explained.values(explained.x, rows)[:, None] - others  # [B, K]
    told = ((explained.x[:, None] - references) * multipliers).flatten(2).sum(2)
    return Gap(differences.mean(1), (told - differences).mean(1), differences.abs().mean(1))

"""The pools that a change reaches."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from getdsl.compiler.lower.rerun.patches import Patch
from getdsl.compiler.work.reach import Along


class Pools(NamedTuple):
    """K pools of each alternate from `first[v]` on, and the stretch of x that they and the kernel read.

    `lengths` [V, K'] begin with what the kernel reads before the first pool, where it does.
    """

    first: Tensor
    lengths: Tensor
    start: Tensor
    width: int


def touched_pools(reach: Along, patch: Patch, lengths: Tensor) -> Pools:
    """Of pools with `lengths` [V, R] those that read what a patch of their x has changed."""
    lengths = lengths.cpu().long()
    ends = lengths.cumsum(1)  # [V, R]
    low = (patch.start + reach.before - (reach.span - 1)).clamp(min=0)
    high = patch.stop - 1 + reach.before
    bounds = torch.stack([low, high], dim=1)
    held = torch.searchsorted(ends, bounds, right=True)  # the pools that hold the first and the last position
    count = lengths.shape[1]
    number = min(count, int((held[:, 1] - held[:, 0]).max()) + 1)
    first = held[:, 0].clamp(max=count - number)
    chosen = first[:, None] + torch.arange(number)
    own = lengths.gather(1, chosen)
    start = ends.gather(1, first[:, None])[:, 0] - own[:, 0]
    after = reach.span - 1 - reach.before
    ahead = own.new_full((len(own), 1), reach.before)
    padded = torch.cat([ahead, own], dim=1) if reach.before else own
    return Pools(first, padded, start - reach.before, reach.before + int(own.sum(1).max()) + after)

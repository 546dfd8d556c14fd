"""Operations that move along one axis, and tensors that are made anew."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional


def pad(x: Tensor, before: int, after: int, dim: int = -1, value: float = 0) -> Tensor:
    behind = x.dim() - 1 - dim % x.dim()
    return functional.pad(x, [0, 0] * behind + [before, after], value=value)


def roll(x: Tensor, shift: int, dim: int) -> Tensor:
    return torch.roll(x, shift, dim)


def every(x: Tensor, step: int, dim: int) -> Tensor:
    return x[(*[slice(None)] * (dim % x.dim()), slice(None, None, step))]


def unfold(x: Tensor, size: int, step: int = 1, dim: int = 1) -> Tensor:
    return x.unfold(dim, size, step)


def interpolate(x: Tensor, size: int, dim: int = 1, mode: str = "linear") -> Tensor:
    """By `torch.nn.functional.interpolate`, which takes a batch, channels and one axis."""
    lines = x.movedim(dim, -1)
    rows = functional.interpolate(lines.reshape(-1, 1, lines.shape[-1]), size, mode=mode)
    return rows.reshape(*lines.shape[:-1], size).movedim(-1, dim)


def arange(
    start: int, stop: int | None = None, step: int = 1, *, dtype: torch.dtype, device: torch.device
) -> Tensor:
    first, last = (0, start) if stop is None else (start, stop)
    return torch.arange(first, last, step, dtype=dtype, device=device)


def eye(n: int, m: int | None = None, *, dtype: torch.dtype, device: torch.device) -> Tensor:
    return torch.eye(n, n if m is None else m, dtype=dtype, device=device)

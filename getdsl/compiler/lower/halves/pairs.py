"""Fourier transforms in float32, and complex numbers as pairs of floats on the last axis."""

from __future__ import annotations

import torch
from torch import Tensor


def fft(x: Tensor, n: int | None = None, dim: int = -1) -> Tensor:
    return torch.view_as_real(torch.fft.fft(x.float(), n, dim))


def rfft(x: Tensor, n: int | None = None, dim: int = -1) -> Tensor:
    return torch.view_as_real(torch.fft.rfft(x.float(), n, dim))


def irfft(x: Tensor, n: int, dim: int = -1) -> Tensor:
    x = x.float()
    values: Tensor = torch.fft.irfft(torch.complex(x[..., 0], x[..., 1]), n, dim)
    return values


def complex_product(left: Tensor, right: Tensor) -> Tensor:
    a, b = left.unbind(-1)
    c, d = right.unbind(-1)
    return torch.stack([a * c - b * d, a * d + b * c], dim=-1)

"""What attention makes of the places of tokens: rotations, biases, and who is too far to be seen."""

from __future__ import annotations

import math
from typing import Literal, TypeAlias

import torch
from torch import Tensor

Positions: TypeAlias = Literal["none", "rotary", "alibi"]
BASE = 10_000.0  # of the rotations, as in RoFormer


def rotated(x: Tensor) -> Tensor:
    """Queries or keys [..., N, d] turned by their places: feature k with k + d / 2, by n / BASE^(2k / d).

    The product of a query and a key then depends on how far apart they are (Su et al. 2021). Features are
    paired by halves, as in GPT-NeoX, ESM-2 and the nucleotide transformers.
    """
    n, width = x.shape[-2:]
    frequencies = BASE ** (-torch.arange(0, width, 2, device=x.device, dtype=torch.float32) / width)
    angles = torch.arange(n, device=x.device, dtype=torch.float32)[:, None] * frequencies  # [N, d / 2]
    cos, sin = angles.cos().to(x.dtype), angles.sin().to(x.dtype)
    first, second = x.chunk(2, dim=-1)
    return torch.cat([first * cos - second * sin, second * cos + first * sin], dim=-1)


def alibi(heads: int, n: int, like: Tensor) -> Tensor:
    """What is added to scores [H, N, N]: a slope for each head times how far apart two tokens are.

    Press et al. 2022; to both sides, for tokens that see both.
    """
    slopes = torch.tensor(alibi_slopes(heads), device=like.device, dtype=torch.float32)
    return (-slopes[:, None, None] * _apart(n, n, like).abs()).to(like.dtype)


def alibi_slopes(heads: int) -> list[float]:
    """2^(-8 / heads), its square, …; of the next power of two every other one too, as far as heads go."""
    whole = 2 ** int(math.log2(heads))
    slopes = [2 ** (-8 * (head + 1) / whole) for head in range(whole)]
    between = [2 ** (-8 * (head + 1) / (2 * whole)) for head in range(0, 2 * whole, 2)]
    return slopes + between[: heads - whole]


def unseen(n: int, m: int, like: Tensor, *, causal: bool, window: int | None) -> Tensor | None:
    """True where token i does not look at token j, [N, M]: a later one, or one beyond the window."""
    if not causal and window is None:
        return None
    apart = _apart(n, m, like)
    far = torch.zeros_like(apart, dtype=torch.bool) if window is None else apart.abs() > window
    return far | (apart > 0) if causal else far


def _apart(n: int, m: int, like: Tensor) -> Tensor:
    """How far token j of M lies behind token i of N, [N, M]."""
    return torch.arange(m, device=like.device) - torch.arange(n, device=like.device)[:, None]

"""Weights made of the parts that a file keeps them in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from getdsl.weights.reparametrised import MAIN, axes_of

if TYPE_CHECKING:
    from torch import Tensor


def composed(kind: str, parts: Sequence[Tensor]) -> Tensor:
    """The weight, of its parts in the order of their form; computed in float32 at least."""
    import torch

    wide = [part.to(torch.promote_types(part.dtype, torch.float32)) for part in parts]
    whole = _weight_norm(*wide) if kind == "weight norm" else _spectral_norm(*wide)
    return whole.to(parts[MAIN[kind]].dtype)


def _weight_norm(lengths: Tensor, directions: Tensor) -> Tensor:
    import torch

    axes = [axis for axis in range(directions.dim()) if lengths.dim() == 0 or lengths.shape[axis] == 1]
    norms = torch.linalg.vector_norm(directions, dim=axes, keepdim=True) if axes else directions.abs()
    return directions * (lengths / norms)


def _spectral_norm(weight: Tensor, left: Tensor, right: Tensor) -> Tensor:
    """Where rows may lie along several axes, they lie where `left` is what `right` is led to."""
    axes = axes_of(tuple(weight.shape), len(left), len(right))
    led = [weight.movedim(axis, 0).reshape(len(left), -1) @ right for axis in axes]
    return weight / max((left @ one for one in led), key=lambda sigma: float(abs(sigma)))

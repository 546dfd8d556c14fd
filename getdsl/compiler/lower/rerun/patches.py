"""Stretches of a tensor that are other than in the reference, and stretches read of both."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Patch:
    """New values [V, …, W, …] of positions `start[v]` to `start[v] + W` of an axis; the rest is as it was.

    `start` [V] holds int64 on the CPU.
    """

    values: Tensor
    axis: int
    start: Tensor

    @property
    def width(self) -> int:
        return self.values.shape[self.axis]

    @property
    def stop(self) -> Tensor:
        return self.start + self.width


def stretches(rows: Tensor, sample: Tensor, axis: int, start: Tensor, width: int) -> Tensor:
    """[V, …, width, …]: of `rows[sample[v]]` the positions from `start[v]`, zeros beyond the axis."""
    moved = rows.movedim(axis, 1)  # [B, L, …]
    length = moved.shape[1]
    places = start[:, None] + torch.arange(width)  # [V, W]
    outside = (places < 0) | (places >= length)
    inside = places.clamp(0, max(length - 1, 0))
    if moved.is_contiguous():
        flat = (sample.cpu()[:, None] * length + inside).flatten().to(rows.device)
        found = moved.view(-1, *moved.shape[2:]).index_select(0, flat)
        found = found.view(len(start), width, *moved.shape[2:])
    else:
        found = moved[sample.to(rows.device)[:, None], inside.to(rows.device)]
    if outside.any():
        found[outside.to(rows.device)] = 0
    return found.movedim(1, axis)


def overlaid(found: Tensor, start: Tensor, patch: Patch) -> Tensor:
    """Stretches from `start` on with what of a patch lies in them written over them."""
    target, source = found.movedim(patch.axis, 1), patch.values.movedim(patch.axis, 1)
    width = target.shape[1]
    places = (patch.start - start)[:, None] + torch.arange(patch.width)  # [V, W] in the stretch
    inside = (places >= 0) & (places < width)
    flat = torch.arange(len(start))[:, None] * width + places
    if not inside.all():
        flat, source = flat[inside], source[inside.to(source.device)]
    else:
        flat, source = flat.flatten(), source.flatten(0, 1)
    if target.is_contiguous():
        target.view(-1, *target.shape[2:]).index_copy_(0, flat.to(found.device), source)
    else:
        target[(flat // width).to(found.device), (flat % width).to(found.device)] = source
    return found


def cut_from(patch: Patch, start: Tensor, width: int) -> Tensor | None:
    """A stretch that lies in the patch; None where it does not."""
    if width == patch.width and torch.equal(start, patch.start):
        return patch.values
    if bool((start < patch.start).any()) or bool((start + width > patch.stop).any()):
        return None
    return stretches(patch.values, torch.arange(len(start)), patch.axis, start - patch.start, width)

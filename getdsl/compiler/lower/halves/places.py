"""Operations by numbers of places. A place that is none is told with where it stands, on the CPU."""

from __future__ import annotations

import torch
from torch import Tensor

from getdsl.compiler.lower.inputs import InputError


def hold_places(index: Tensor, size: int, name: str) -> None:
    """Raises InputError where a place is no place of an axis. A GPU fails by itself."""
    if torch.compiler.is_compiling() or index.device.type != "cpu" or not index.numel():
        return
    wrong = (index < 0) | (index >= size)
    if wrong.any():
        at = wrong.nonzero()[0].tolist()
        raise InputError(
            f"`{name}` of the place {int(index[tuple(at)])}, which stands at {at} of its index: "
            f"the axis has places 0 to {size - 1}"
        )


def take(x: Tensor, index: Tensor, dim: int = 0) -> Tensor:
    dim %= x.dim()
    hold_places(index, x.shape[dim], "take")
    rows = x.index_select(dim, index.reshape(-1))
    return rows.reshape([*x.shape[:dim], *index.shape, *x.shape[dim + 1 :]])


def gather(x: Tensor, index: Tensor, dim: int = -1) -> Tensor:
    hold_places(index, x.shape[dim], "gather")
    return torch.gather(x, dim, index)


def scatter_add(x: Tensor, index: Tensor, source: Tensor, dim: int = -1) -> Tensor:
    hold_places(index, x.shape[dim], "scatter_add")
    return torch.scatter_add(x, dim, index, source)


def one_hot(x: Tensor, classes: int) -> Tensor:
    return (x.unsqueeze(-1) == torch.arange(classes, device=x.device)).float()


def sort(x: Tensor, dim: int = -1, descending: bool = False) -> Tensor:
    return torch.sort(x, dim=dim, descending=descending).values


def topk(x: Tensor, k: int, dim: int = -1) -> Tensor:
    return torch.topk(x, k, dim=dim).values


def argtopk(x: Tensor, k: int, dim: int = -1) -> Tensor:
    return torch.topk(x, k, dim=dim).indices

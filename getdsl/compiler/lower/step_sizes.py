"""What lowered and emitted models hold sizes to while they run. Each raises SizeError, which says why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from getdsl.compiler.lower.inputs import InputError

KINDS = {"float": "floats", "int": "integers", "bool": "true or false"}


class SizeError(InputError):
    """A size that only a step of the model tells, and that is not what the model declares or needs."""


def ranked(value: object, rank: int, kind: str, told: str) -> None:
    """Holds what a block returned to the number of axes and the kind of elements of its face."""
    if not isinstance(value, Tensor):
        raise SizeError(f"{told}, and it returned a {type(value).__name__}")
    if value.dim() != rank:
        raise SizeError(f"{told}, and it returned the shape {list(value.shape)}")
    if kind_of(value) != kind:
        raise SizeError(f"{told}, and it returned {KINDS[kind_of(value)]}, not {KINDS[kind]}")


def returned(value: Tensor, shape: Sequence[int], told: str) -> None:
    """Holds a tensor against the shape that its block's face declares."""
    if any(wanted != size for wanted, size in zip(shape, value.shape, strict=True)):
        raise SizeError(f"{told}, {list(shape)} here, and it returned the shape {list(value.shape)}")


def kind_of(value: Tensor) -> str:
    """The kind of a tensor's elements, as types of a spec tell them."""
    if value.dtype == torch.bool:
        return "bool"
    return "float" if value.is_floating_point() or value.is_complex() else "int"


def at_least(size: int, number: int, told: str, sizes: Mapping[str, int]) -> None:
    """Holds a size to be at least a number."""
    if size < number:
        raise SizeError(f"{told}, and {_shown(sizes)}")


def multiple(size: int, of: int, told: str, sizes: Mapping[str, int]) -> None:
    """Holds a size to be a multiple of another."""
    if of < 1 or size % of:
        raise SizeError(f"{told}, and {_shown(sizes)}")


def _shown(sizes: Mapping[str, int]) -> str:
    return " and ".join(f"{name} is {size}" for name, size in sizes.items())

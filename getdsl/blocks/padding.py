"""What convolutions and pools add around an axis: positions before and behind."""

from __future__ import annotations

from typing import Literal, TypeAlias

import torch

Padding: TypeAlias = Literal["same", "valid", "causal"] | int


def padded(padding: Padding, length: int, reach: int, stride: int) -> tuple[int, int]:
    """How many positions are added to an axis of `length`.

    `reach` is the distance from the first position that a kernel reads to the last. "same" adds as few as
    give one result for each stride of positions, begun or whole, the odd one behind, as TensorFlow does.
    """
    if padding == "valid":
        return 0, 0
    if padding == "causal":
        return reach, 0
    if padding != "same":
        return padding, padding
    missing: int = reach
    if stride > 1:  # a maximum that exported graphs can hold
        missing = torch.sym_max((length - 1) // stride * stride + reach + 1 - length, 0)  # type: ignore[no-untyped-call]
    return missing // 2, missing - missing // 2


def pair(value: int | list[int]) -> tuple[int, int]:
    """A number for both axes of a map, or one for each."""
    first, second = value if isinstance(value, list) else (value, value)
    return first, second


def padding_pair(padding: Padding | list[int]) -> tuple[Padding, Padding]:
    """What is added along each of the two axes of a map."""
    return pair(padding) if isinstance(padding, list) else (padding, padding)

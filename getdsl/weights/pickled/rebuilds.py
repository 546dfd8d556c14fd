"""The functions by which torch's pickles make tensors, as they are claimed: nothing is made but a Leaf."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

from getdsl.formats.checkpoint_header import TensorInfo
from getdsl.weights.dtypes import BYTES, TORCH
from getdsl.weights.pickled.claims import Leaf, MalformedError, Opaque, Storage, StoredLeaf

MAX_AXES = 64
LARGEST = 2**48  # of an axis, a stride or an offset
Numbers = tuple[int, ...]


def tensor(storage: Any, offset: Any, shape: Any, stride: Any, *rest: Any) -> StoredLeaf:
    """Raises MalformedError where it does not lie in its storage."""
    if not isinstance(storage, Storage) or not isinstance(shape, tuple) or not isinstance(stride, tuple):
        raise MalformedError("a tensor is not made from a storage, a shape and strides")
    _check_numbers((offset, *shape, *stride))
    if len(shape) != len(stride) or len(shape) > MAX_AXES:
        raise MalformedError("a tensor's shape and strides differ in length")
    _check_reach(storage, offset, shape, stride)
    lazy = len(rest) > 2 and bool(rest[2])
    return StoredLeaf(TensorInfo(shape, storage.dtype), storage, offset, stride, lazy)


def _check_numbers(numbers: Iterable[Any]) -> None:
    for number in numbers:
        if not isinstance(number, int) or isinstance(number, bool) or number < 0:
            raise MalformedError("a tensor's shape or stride is no number from 0 on")
        if number > LARGEST:
            raise MalformedError("a tensor's shape or stride is absurd")


def _check_reach(storage: Storage, offset: int, shape: Numbers, stride: Numbers) -> None:
    reach = offset + sum((size - 1) * step for size, step in zip(shape, stride, strict=True)) + 1
    if math.prod(shape) and reach > storage.count:
        reached = f"its storage of {storage.count:,} numbers"
        raise MalformedError(f"a tensor of shape {list(shape)} reaches beyond {reached}")


def typed_tensor(
    storage: Any, offset: Any, shape: Any, stride: Any, grad: Any, hooks: Any, dtype: Any, *rest: Any
) -> StoredLeaf:
    """torch's third form: an untyped storage, and the type beside it; the offset counts numbers."""
    name = TORCH.get(dtype.name.removeprefix("torch.")) if isinstance(dtype, Opaque) else None
    if name is None or not isinstance(storage, Storage):
        raise MalformedError("a tensor has no type that is known")
    if storage.size % BYTES[name]:
        raise MalformedError("a storage is no whole number of its elements")
    typed = Storage(storage.key, name, storage.size // BYTES[name])
    return tensor(typed, offset, shape, stride, grad, hooks, *rest)


def parameter(data: Any, *rest: Any) -> Leaf:
    if not isinstance(data, Leaf):
        raise MalformedError("a parameter holds no tensor")
    return data


REBUILDS: dict[str, Callable[..., Leaf]] = {
    "_rebuild_tensor": tensor,
    "_rebuild_tensor_v2": tensor,
    "_rebuild_tensor_v3": typed_tensor,
    "_rebuild_parameter": parameter,
    "_rebuild_parameter_with_state": parameter,
}

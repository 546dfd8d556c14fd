"""What a pickle claims: storages, tensors in them, and plain things that are neither."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from getdsl.formats.checkpoint_header import TensorInfo
from getdsl.weights.dtypes import BYTES


class MalformedError(Exception):
    """A pickle that is broken, or whose tensors do not fit their storages."""


@dataclass(frozen=True)
class Storage:
    """A storage as the pickle claims it; whether the file holds as much is for the reader to check."""

    key: str
    dtype: str
    count: int

    @property
    def size(self) -> int:
        return self.count * BYTES[self.dtype]

    def __setstate__(self, state: object) -> None: ...


class Leaf:
    """A tensor; what a pickle would set on it is let go. `info` is None where it holds no numbers."""

    __slots__ = ("info",)

    def __init__(self, info: TensorInfo | None) -> None:
        self.info = info

    def __setstate__(self, state: object) -> None: ...


class StoredLeaf(Leaf):
    """A tensor in a storage of the file. `lazy`: its values are yet to be negated or such."""

    __slots__ = ("lazy", "offset", "storage", "stride")

    def __init__(
        self, info: TensorInfo, storage: Storage, offset: int, stride: tuple[int, ...], lazy: bool
    ) -> None:
        super().__init__(info)
        self.storage, self.offset, self.stride, self.lazy = storage, offset, stride, lazy


class InlineLeaf(Leaf):
    """An array of NumPy's, whose bytes lie in the pickle itself, little-endian and in C's order."""

    __slots__ = ("data",)

    def __init__(self) -> None:
        super().__init__(None)
        self.data = b""


class Opaque:
    """Something plain that is no tensor: a dtype, a device, a size."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def __call__(self, *arguments: object) -> Opaque:
        return self

    def __setstate__(self, state: object) -> None: ...


class Function:
    """Stands for a function that makes tensors, or a container; a pickle can change nothing about it."""

    __slots__ = ("_make",)

    def __init__(self, make: Callable[..., Any]) -> None:
        self._make = make

    def __call__(self, *arguments: Any) -> Any:
        return self._make(*arguments)

    def __setstate__(self, state: object) -> None: ...

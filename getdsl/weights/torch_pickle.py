"""The pickle of a torch checkpoint, read as data: no name in it is ever imported or called.

By default a name beyond tensors and plain containers ends the reading; for a trusted file stand-ins take its
place. Nothing runs in either case. The default still refuses, for three reasons: the same file does run where
someone opens it with `torch.load(weights_only=False)`, so its name is worth a look; a tensor inside an object
of unknown make is found by its look alone; and torch's own reader, which reads all other files a second time,
does not take such a file, so that one reader's mistake would go unseen.
"""

from __future__ import annotations

import io
import math
import pickle
from _compat_pickle import IMPORT_MAPPING, NAME_MAPPING
from collections import Counter, OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, BinaryIO, ClassVar

from getdsl.formats.checkpoint_header import TensorInfo
from getdsl.weights.dtypes import BYTES, STORAGES, TORCH
from getdsl.weights.foreign import Foreign

MAX_AXES = 64
LARGEST = 2**48  # of an axis, a stride or an offset
NEWEST = 3  # protocol that `torch.load(weights_only=True)` knows


class ForeignNameError(Exception):
    """A pickle that asks for a name beyond tensors and plain containers: loading it would run code."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


class MalformedError(Exception):
    """A pickle that is broken, or whose tensors do not fit their storages."""


class UnsupportedError(Exception):
    """A pickle of a protocol that torch reads only by running it."""

    def __init__(self, protocol: int) -> None:
        super().__init__(protocol)
        self.protocol = protocol


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
    """A tensor; what a pickle would set on it is let go. `lazy`: its values are yet to be negated or such."""

    __slots__ = ("info", "lazy", "offset", "storage", "stride")

    def __init__(
        self, info: TensorInfo, storage: Storage, offset: int, stride: tuple[int, ...], lazy: bool
    ) -> None:
        self.info, self.storage, self.offset, self.stride, self.lazy = info, storage, offset, stride, lazy

    def __setstate__(self, state: object) -> None: ...


class Opaque:
    """Something plain that is no tensor: a dtype, a device, a size."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def __call__(self, *arguments: object) -> Opaque:
        return self

    def __setstate__(self, state: object) -> None: ...


class _Function:
    """Stands for a function that makes tensors, or a container; a pickle can change nothing about it."""

    __slots__ = ("_make",)

    def __init__(self, make: Callable[..., Any]) -> None:
        self._make = make

    def __call__(self, *arguments: Any) -> Any:
        return self._make(*arguments)

    def __setstate__(self, state: object) -> None: ...


def _tensor(storage: Any, offset: Any, shape: Any, stride: Any, *rest: Any) -> Leaf:
    if not isinstance(storage, Storage) or not isinstance(shape, tuple) or not isinstance(stride, tuple):
        raise MalformedError("a tensor is not made from a storage, a shape and strides")
    numbers = (offset, *shape, *stride)
    if any(not isinstance(item, int) or isinstance(item, bool) or item < 0 for item in numbers):
        raise MalformedError("a tensor's shape or stride is no number from 0 on")
    if max(numbers) > LARGEST:
        raise MalformedError("a tensor's shape or stride is absurd")
    if len(shape) != len(stride) or len(shape) > MAX_AXES:
        raise MalformedError("a tensor's shape and strides differ in length")
    reach = offset + sum((size - 1) * step for size, step in zip(shape, stride, strict=True)) + 1
    if math.prod(shape) and reach > storage.count:
        reached = f"its storage of {storage.count:,} numbers"
        raise MalformedError(f"a tensor of shape {list(shape)} reaches beyond {reached}")
    return Leaf(TensorInfo(shape, storage.dtype), storage, offset, stride, len(rest) > 2 and bool(rest[2]))


def _typed_tensor(
    storage: Any, offset: Any, shape: Any, stride: Any, grad: Any, hooks: Any, dtype: Any, *rest: Any
) -> Leaf:
    """torch's third form: an untyped storage, and the type beside it; the offset counts numbers."""
    name = TORCH.get(dtype.name.removeprefix("torch.")) if isinstance(dtype, Opaque) else None
    if name is None or not isinstance(storage, Storage):
        raise MalformedError("a tensor has no type that is known")
    if storage.size % BYTES[name]:
        raise MalformedError("a storage is no whole number of its elements")
    typed = Storage(storage.key, name, storage.size // BYTES[name])
    return _tensor(typed, offset, shape, stride, grad, hooks, *rest)


def _parameter(data: Any, *rest: Any) -> Leaf:
    if not isinstance(data, Leaf):
        raise MalformedError("a parameter holds no tensor")
    return data


REBUILDS: dict[str, Callable[..., Leaf]] = {
    "_rebuild_tensor": _tensor,
    "_rebuild_tensor_v2": _tensor,
    "_rebuild_tensor_v3": _typed_tensor,
    "_rebuild_parameter": _parameter,
    "_rebuild_parameter_with_state": _parameter,
}
UNSUPPORTED = {  # harmless, and in torch's own list, but no plain tensor
    "torch._utils._rebuild_qtensor": "quantized",
    "torch._utils._rebuild_sparse_tensor": "sparse",
    "torch._utils._rebuild_nested_tensor": "nested",
    "torch._utils._rebuild_meta_tensor_no_storage": "empty (meta)",
    "torch._utils._rebuild_wrapper_subclass": "wrapped",
    "torch._tensor._rebuild_from_type_v2": "subclassed",
}
CONTAINERS: dict[tuple[str, str], Callable[..., Any]] = {
    ("collections", "OrderedDict"): OrderedDict,
    ("collections", "Counter"): Counter,
    ("builtins", "set"): set,
}


_DISPATCH = pickle._Unpickler.dispatch
_NEVER_WRITTEN = {  # by torch: codes that reach outside of the pickle, or that set memory aside
    code[0]
    for code in (
        pickle.EXT1, pickle.EXT2, pickle.EXT4, pickle.PERSID,
        pickle.BYTEARRAY8, pickle.NEXT_BUFFER, pickle.READONLY_BUFFER,
    )
}  # fmt: skip


class Unpickler(pickle._Unpickler):
    """Reads a pickle of torch's into dicts, lists, numbers, texts and Leaves.

    The pure Python class: the C one sets aside memory for whatever index a damaged file names.
    """

    dispatch: ClassVar = {
        code: function for code, function in _DISPATCH.items() if code not in _NEVER_WRITTEN
    }

    def __init__(self, file: BinaryIO, *, trusted: bool = False) -> None:
        super().__init__(file, encoding="latin-1")
        self.proto = 0
        self.trusted = trusted
        self.foreign: list[str] = []
        self.storages: dict[str, Storage] = {}

    def find_class(self, module: str, name: str) -> Any:
        if self.proto < 3:  # names are written as Python 2 has them
            module, name = NAME_MAPPING.get((module, name), (IMPORT_MAPPING.get(module, module), name))
        if module in ("torch", "torch.cuda") and name in STORAGES:
            return Opaque(name)
        if (module, name) == ("torch.storage", "UntypedStorage"):
            return Opaque(name)
        if module == "torch._utils" and name in REBUILDS:
            return _Function(REBUILDS[name])
        if (module, name) == ("torch.serialization", "_get_layout") or (
            module == "torch" and (name in TORCH or name in ("Size", "device"))
        ):
            return Opaque(f"torch.{name}")
        if (module, name) in CONTAINERS:
            return _Function(CONTAINERS[module, name])
        if f"{module}.{name}" in UNSUPPORTED:
            raise MalformedError(
                f"it holds {UNSUPPORTED[f'{module}.{name}']} tensors, which cannot be loaded"
            )
        if not self.trusted:
            raise ForeignNameError(f"{module}.{name}")
        self.foreign.append(f"{module}.{name}")
        return Foreign(f"{module}.{name}")

    def persistent_load(self, saved: Any) -> Storage:
        if not isinstance(saved, tuple) or len(saved) < 5 or saved[0] not in ("storage", b"storage"):
            raise MalformedError("a storage is not described as torch describes one")
        kind, key, count = saved[1], saved[2], saved[4]
        well_typed = isinstance(kind, Opaque) and isinstance(key, str) and isinstance(count, int)
        if not well_typed or count < 0:
            raise MalformedError("a storage is not described as torch describes one")
        if len(saved) > 5 and saved[5] is not None:
            raise MalformedError("it holds views of storages, as torch wrote them before 0.4")
        dtype = "U8" if kind.name == "UntypedStorage" else STORAGES.get(kind.name)
        if dtype is None:
            raise MalformedError("a storage has no type that is known")
        storage = Storage(key, dtype, count)
        if self.storages.setdefault(key, storage) != storage:
            raise MalformedError(f"the storage {key} is described twice, and differently")
        return storage


@dataclass(frozen=True)
class Pickled:
    """The content of a pickle, the storages that it speaks of, and the foreign names in it."""

    content: Any
    storages: dict[str, Storage]
    foreign: tuple[str, ...]


def read_pickle(file: BinaryIO, *, trusted: bool = False) -> Pickled:
    """The next pickle of a file as plain data, with stand-ins for foreign objects where it is `trusted`.

    Raises ForeignNameError, MalformedError, UnsupportedError; nothing that the pickle names is imported.
    """
    reader = Unpickler(file, trusted=trusted)
    try:
        content = reader.load()
        if reader.proto > NEWEST:
            raise UnsupportedError(reader.proto)
        return Pickled(content, reader.storages, tuple(dict.fromkeys(reader.foreign)))
    except (ForeignNameError, MalformedError, UnsupportedError):
        raise
    except MemoryError as error:
        raise MalformedError("it claims an absurd size") from error
    except Exception as error:  # a broken pickle raises whatever it trips over
        raise MalformedError("its description of the tensors cannot be read") from error


def read_pickle_bytes(data: bytes, *, trusted: bool = False) -> Pickled:
    return read_pickle(io.BytesIO(data), trusted=trusted)

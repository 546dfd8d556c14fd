"""The pickle of a torch checkpoint, read as data: no name in it is ever imported or called."""

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


class Leaf:
    """A tensor; what a pickle would set on it is let go."""

    __slots__ = ("info", "storage")

    def __init__(self, info: TensorInfo, storage: Storage) -> None:
        self.info, self.storage = info, storage

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
    """Stands for one of torch's functions that make tensors; a pickle can change nothing about it."""

    __slots__ = ("_rebuild",)

    def __init__(self, rebuild: Callable[..., Leaf]) -> None:
        self._rebuild = rebuild

    def __call__(self, *arguments: Any) -> Leaf:
        return self._rebuild(*arguments)

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
    return Leaf(TensorInfo(shape, storage.dtype), storage)


def _typed_tensor(
    storage: Any, offset: Any, shape: Any, stride: Any, grad: Any, hooks: Any, dtype: Any, *rest: Any
) -> Leaf:
    """torch's third form: an untyped storage, and the type beside it; the offset counts numbers."""
    name = TORCH.get(dtype.name.removeprefix("torch.")) if isinstance(dtype, Opaque) else None
    if name is None or not isinstance(storage, Storage):
        raise MalformedError("a tensor has no type that is known")
    if storage.size % BYTES[name]:
        raise MalformedError("a storage is no whole number of its elements")
    return _tensor(Storage(storage.key, name, storage.size // BYTES[name]), offset, shape, stride)


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

    def __init__(self, file: BinaryIO) -> None:
        super().__init__(file, encoding="latin-1")
        self.proto = 0
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
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if (module, name) == ("collections", "Counter"):
            return Counter
        if (module, name) == ("builtins", "set"):
            return set
        if f"{module}.{name}" in UNSUPPORTED:
            raise MalformedError(
                f"it holds {UNSUPPORTED[f'{module}.{name}']} tensors, which cannot be loaded"
            )
        raise ForeignNameError(f"{module}.{name}")

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


def read_pickle(file: BinaryIO) -> tuple[Any, dict[str, Storage]]:
    """The next pickle of a file as plain data, and the storages that it speaks of.

    Raises ForeignNameError, MalformedError, UnsupportedError; nothing that the pickle names is imported.
    """
    reader = Unpickler(file)
    try:
        content = reader.load()
        if reader.proto > NEWEST:
            raise UnsupportedError(reader.proto)
        return content, reader.storages
    except (ForeignNameError, MalformedError, UnsupportedError):
        raise
    except MemoryError as error:
        raise MalformedError("it claims an absurd size") from error
    except Exception as error:  # a broken pickle raises whatever it trips over
        raise MalformedError("its description of the tensors cannot be read") from error


def read_pickle_bytes(data: bytes) -> tuple[Any, dict[str, Storage]]:
    return read_pickle(io.BytesIO(data))

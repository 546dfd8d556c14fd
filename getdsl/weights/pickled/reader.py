"""The pickle of a torch checkpoint, read as data: no name in it is ever imported or called.

Names of metadata that can do no harm have stand-ins. Any other ends the reading by default; for a trusted
file stand-ins take its place as well. Nothing runs in either case. The default still refuses, for two
reasons: the same file does run where someone opens it with `torch.load(weights_only=False)`, so its name is
worth a look; and a tensor inside an object of unknown make is found by its look alone. A file that torch's
own reader of data would take is read by it a second time, so that one reader's mistake does not go unseen.
"""

from __future__ import annotations

import io
import pickle
from dataclasses import dataclass
from typing import Any, BinaryIO, ClassVar, TypeGuard

from getdsl.weights.dtypes import STORAGES
from getdsl.weights.pickled.claims import MalformedError, Opaque, Storage
from getdsl.weights.pickled.foreign import Foreign
from getdsl.weights.pickled.inert import INERT, Name
from getdsl.weights.pickled.names import BEYOND_TORCH, KNOWN, of_python_3

OF_TORCH = 2  # the protocol that torch writes, and that its reader of data takes


class ForeignNameError(Exception):
    """A pickle that asks for a name beyond tensors and plain containers: loading it would run code."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


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
        self.by_torch = True
        self.foreign: list[str] = []
        self.storages: dict[str, Storage] = {}

    def find_class(self, module: str, name: str) -> Any:
        named = of_python_3(module, name) if self.proto < 3 else (module, name)
        if named in KNOWN:
            return KNOWN[named]
        self.by_torch = False
        return BEYOND_TORCH[named] if named in BEYOND_TORCH else self._foreign(named)

    def _foreign(self, named: Name) -> Foreign:
        name = ".".join(named)
        if named not in INERT and not self.trusted:
            raise ForeignNameError(name)
        self.foreign.append(name)
        return Foreign(name)

    def persistent_load(self, saved: Any) -> Storage | Foreign:
        if _is_class_with_source(saved):
            return saved[1]
        storage = _storage(*_described(saved))
        if self.storages.setdefault(storage.key, storage) != storage:
            raise MalformedError(f"the storage {storage.key} is described twice, and differently")
        return storage


def _is_class_with_source(saved: Any) -> TypeGuard[tuple[str, Foreign]]:
    """Before 1.6 torch wrote a module's class with its source, `("module", class, file, source)`."""
    named = isinstance(saved, tuple) and len(saved) > 1 and saved[0] == "module"
    return named and isinstance(saved[1], Foreign)


def _described(saved: Any) -> tuple[Opaque, str, int]:
    """Type, key and count in torch's words for a storage: `("storage", type, key, device, count, …)`."""
    if not isinstance(saved, tuple) or len(saved) < 5 or saved[0] not in ("storage", b"storage"):
        raise MalformedError("a storage is not described as torch describes one")
    kind, key, count = saved[1], saved[2], saved[4]
    if not isinstance(kind, Opaque) or not isinstance(key, str) or not isinstance(count, int) or count < 0:
        raise MalformedError("a storage is not described as torch describes one")
    if len(saved) > 5 and saved[5] is not None:
        raise MalformedError("it holds views of storages, as torch wrote them before 0.4")
    return kind, key, count


def _storage(kind: Opaque, key: str, count: int) -> Storage:
    dtype = "U8" if kind.name == "UntypedStorage" else STORAGES.get(kind.name)
    if dtype is None:
        raise MalformedError("a storage has no type that is known")
    return Storage(key, dtype, count)


@dataclass(frozen=True)
class Pickled:
    """The content of a pickle, the storages that it speaks of, and the foreign names in it.

    `by_torch`: whether torch's own reader of data takes it as well.
    """

    content: Any
    storages: dict[str, Storage]
    foreign: tuple[str, ...] = ()
    by_torch: bool = True


def read_pickle(file: BinaryIO, *, trusted: bool = False) -> Pickled:
    """The next pickle of a file as plain data, with stand-ins for foreign objects where it is `trusted`.

    Raises ForeignNameError, MalformedError; nothing that the pickle names is imported.
    """
    reader = Unpickler(file, trusted=trusted)
    try:
        content = reader.load()
        by_torch = reader.by_torch and reader.proto <= OF_TORCH
        return Pickled(content, reader.storages, tuple(dict.fromkeys(reader.foreign)), by_torch)
    except (ForeignNameError, MalformedError):
        raise
    except MemoryError as error:
        raise MalformedError("it claims an absurd size") from error
    except Exception as error:  # a broken pickle raises whatever it trips over
        raise MalformedError("its description of the tensors cannot be read") from error


def read_pickle_bytes(data: bytes, *, trusted: bool = False) -> Pickled:
    return read_pickle(io.BytesIO(data), trusted=trusted)

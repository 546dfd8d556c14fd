"""The values of a checkpoint, mapped from its files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from getdsl.formats.checkpoint_header import Header, Place, TensorInfo
from getdsl.weights import ours
from getdsl.weights.archive import is_unpacked
from getdsl.weights.array_files import ARRAYS
from getdsl.weights.array_values import OpenArrays
from getdsl.weights.composing import composed
from getdsl.weights.dtypes import TORCH
from getdsl.weights.errors import CheckpointError, UntrustedError, damaged
from getdsl.weights.regular_file import open_regular, stamp
from getdsl.weights.safetensors_file import read_content
from getdsl.weights.stored import StoredTensors
from getdsl.weights.torch_zip import read_archive

if TYPE_CHECKING:
    from torch import Tensor


@contextmanager
def open_tensors(header: Header) -> Iterator[Mapping[str, Tensor]]:
    """The tensors of a checkpoint by the keys of its header, each made when it is asked for, and not kept.

    They are views of the mapped file: copy what is to stay, for the system ends a process whose mapped file
    another program cuts short. Before each tensor the file is held against what its header was read from.
    What the header left unchecked, the hash of a checkpoint of ours or the checksums of a torch archive, is
    compared first. Of a torch file with foreign objects the tensors are read, and nothing is run.
    Raises CheckpointError.
    """
    for path, expected in zip(header.paths, header.stamps, strict=True):
        _check_unchanged(path, expected)
    if header.sha256 is None:
        _check_values(header)
    kinds = {"torch": _Torch if header.by_torch else _Stored} | dict.fromkeys(ARRAYS, _Arrays)
    opened = kinds.get(header.format, _Safetensors)(header)
    try:
        yield opened
    finally:
        opened.close()


def _check_unchanged(path: Path, expected: tuple[int, int]) -> None:
    with open_regular(path) as file:
        if stamp(file) != expected:
            raise CheckpointError(f"`{path}` has changed since its header was read", "run it again")


def _check_values(header: Header) -> None:
    path = header.paths[0]
    with open_regular(path) as file:
        if header.format == "getdsl":
            ours.check_content(path, file, read_content(path).metadata)
        elif header.format == "torch" and file.read(2) == b"PK":
            read_archive(path, file, header.size).check_all(path, file)


class _Mapped(Mapping[str, "Tensor"]):
    def __init__(self, header: Header) -> None:
        self.header = header

    def __iter__(self) -> Iterator[str]:
        return iter(self.header.tensors)

    def __len__(self) -> int:
        return len(self.header.tensors)

    def __getitem__(self, name: str) -> Tensor:
        whole = self.header.composed.get(name)
        if whole is not None:
            parts = [self._checked(part.name, part.info, part.place) for part in whole.parts]
            return composed(whole.kind, parts)
        return self._checked(name, self.header.tensors[name], self.header.places[name])

    def _checked(self, name: str, info: TensorInfo, place: Place) -> Tensor:
        """A tensor of the file, held against its header."""
        path = self.header.paths[place.file]
        refuse_unread(path, name, info.unread)
        _check_unchanged(path, self.header.stamps[place.file])
        tensor = self.read(place)
        dtype = TORCH.get(str(tensor.dtype).removeprefix("torch."))
        if tuple(tensor.shape) != info.shape or dtype != info.dtype:
            raise damaged(path, f"`{name}` is not what the header says")
        return tensor

    def read(self, place: Place) -> Tensor:
        raise NotImplementedError

    def close(self) -> None:
        raise NotImplementedError


def refuse_unread(path: Path, name: str, why: str) -> None:
    if why:
        raise CheckpointError(f"`{name}` in `{path}` is {why}", "or take it away with `drop`")


class _Safetensors(_Mapped):
    def __init__(self, header: Header) -> None:
        super().__init__(header)
        self._files: dict[int, Any] = {}

    def read(self, place: Place) -> Tensor:
        from safetensors import SafetensorError, safe_open

        path = self.header.paths[place.file]
        try:
            if place.file not in self._files:
                self._files[place.file] = safe_open(
                    path, framework="pt"
                )  # closed with the last of its tensors
            tensor: Tensor = self._files[place.file].get_tensor(str(place.steps[-1]))
        except (SafetensorError, OSError, ValueError, TypeError, RuntimeError) as error:
            raise damaged(path, "a tensor in it cannot be read") from error
        return tensor

    def close(self) -> None:
        self._files.clear()


class _Torch(_Mapped):
    @cached_property
    def content(self) -> Any:
        return load_plain(self.header.paths[0])

    def read(self, place: Place) -> Tensor:
        import torch

        level = self.content
        try:
            for step in place.steps:
                level = level[step]
        except (KeyError, TypeError) as error:
            raise damaged(self.header.paths[0], "torch reads it differently") from error
        if not isinstance(level, torch.Tensor):
            raise damaged(self.header.paths[0], "torch reads it differently")
        return level.detach()

    def close(self) -> None:
        self.__dict__.pop("content", None)


class _Stored(_Mapped):
    """A torch file that holds more than torch reads as data."""

    @cached_property
    def content(self) -> StoredTensors:
        return StoredTensors(self.header.paths[0])

    def read(self, place: Place) -> Tensor:
        return self.content.tensor(place.steps)

    def close(self) -> None:
        self.__dict__.pop("content", None)


class _Arrays(_Mapped):
    """A file of arrays, NumPy's or Keras's."""

    @cached_property
    def content(self) -> OpenArrays:
        return OpenArrays(self.header.paths[0], self.header.format)

    def read(self, place: Place) -> Tensor:
        return self.content.tensor(str(place.steps[-1]))

    def close(self) -> None:
        if "content" in self.__dict__:
            self.content.close()


def load_plain(path: Path) -> Any:
    """A torch file by torch, as data and mapped where its format can be. Raises CheckpointError."""
    import pickle
    import re

    import torch

    with open_regular(path) as file, TemporaryDirectory() as folder:
        mapped = file.read(2) == b"PK" and is_unpacked(path, file)
        alias = Path(folder) / "checkpoint"  # torch takes `x.safetensors` for what it says
        alias.symlink_to(path.absolute())
        try:
            return torch.load(alias, map_location="cpu", weights_only=True, mmap=mapped)
        except pickle.UnpicklingError as error:
            name = re.search(r"GLOBAL ([\w.]+)", str(error))
            raise UntrustedError(path, name.group(1) if name else "code of its own") from error
        except Exception as error:  # torch raises RuntimeError, EOFError, KeyError … for broken files
            raise damaged(path, "torch cannot read it") from error

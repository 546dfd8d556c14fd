"""The tensors of a torch file, made from its bytes where torch's own reader would not take its pickle."""

from __future__ import annotations

import math
import mmap
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from getdsl.weights.dtypes import BYTES, TORCH
from getdsl.weights.errors import CheckpointError, damaged
from getdsl.weights.pickled.claims import InlineLeaf, StoredLeaf
from getdsl.weights.pickled.foreign import entries
from getdsl.weights.regular_file import open_regular, stamp
from getdsl.weights.torch_file import TorchFile, read_torch
from getdsl.weights.tree import Steps

if TYPE_CHECKING:
    import torch
    from torch import Tensor

NAMES = {name: torch_name for torch_name, name in TORCH.items()}


class StoredTensors:
    """Tensors by the way to them inside the file, as views of its mapped bytes. Nothing of it is run."""

    def __init__(self, path: Path) -> None:
        """Raises CheckpointError, as the reading of its header did."""
        self.path = path
        with open_regular(path) as file:
            self._read: TorchFile = read_torch(path, file, stamp(file)[0], trusted=True)
            # private pages: torch takes memory that can be written to, and the file must stay as it is
            self._bytes = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)

    def tensor(self, steps: Steps) -> Tensor:
        """Raises CheckpointError where there is none."""
        level: Any = self._read.content
        for step in steps:
            inner: Mapping[Any, Any] = entries(level) or {}
            level = inner.get(step)
        if isinstance(level, StoredLeaf):
            return self._made(level)
        if isinstance(level, InlineLeaf):
            return _inline(level)
        raise damaged(self.path, "it is read differently than its header was")

    def _made(self, leaf: StoredLeaf) -> Tensor:
        import torch

        assert leaf.info is not None
        if leaf.lazy:
            raise CheckpointError(
                f"`{self.path}` holds conjugated or negated views, whose values are not in it",
                "save it anew, with `resolve_conj()` and `resolve_neg()` of such tensors",
            )
        dtype = _torch_type(leaf.info.dtype)
        if not math.prod(leaf.info.shape):
            return torch.empty(leaf.info.shape, dtype=dtype)
        memory, start = self._memory(leaf)
        try:
            whole = torch.frombuffer(memory, dtype=dtype, count=leaf.storage.count, offset=start)
            return whole.as_strided(leaf.info.shape, leaf.stride, leaf.offset)
        except (RuntimeError, ValueError) as error:
            raise damaged(self.path, "a tensor in it cannot be read") from error

    def _memory(self, leaf: StoredLeaf) -> tuple[Any, int]:
        """The bytes of a tensor's storage, and where in them it begins."""
        values, size = self._read.values[leaf.storage.key], BYTES[leaf.storage.dtype]
        aligned = values.start % size == 0  # not so in the format before 1.6
        if values.packed is None and aligned:
            return self._bytes, values.start
        there = self._bytes[values.start : values.start + values.stored]
        return bytearray(values.unpacked(self.path, there)), 0


def _inline(leaf: InlineLeaf) -> Tensor:
    import torch

    assert leaf.info is not None
    dtype = _torch_type(leaf.info.dtype)
    if not leaf.data:
        return torch.empty(leaf.info.shape, dtype=dtype)
    return torch.frombuffer(bytearray(leaf.data), dtype=dtype).reshape(leaf.info.shape)


def _torch_type(name: str) -> torch.dtype:
    import torch

    found: torch.dtype = getattr(torch, NAMES[name])
    return found

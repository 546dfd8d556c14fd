"""The tensors of a trusted torch file, made from its bytes: torch's own reader would not take its pickle."""

from __future__ import annotations

import math
import mmap
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from getdsl.weights.dtypes import BYTES, TORCH
from getdsl.weights.errors import CheckpointError, damaged
from getdsl.weights.pickled.claims import Leaf
from getdsl.weights.pickled.foreign import entries
from getdsl.weights.regular_file import open_regular, stamp
from getdsl.weights.torch_file import TorchFile, read_torch

if TYPE_CHECKING:
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

    def tensor(self, steps: tuple[str | int, ...]) -> Tensor:
        """Raises CheckpointError where there is none."""
        level: Any = self._read.content
        for step in steps:
            inner: Mapping[Any, Any] = entries(level) or {}
            level = inner.get(step)
        if not isinstance(level, Leaf):
            raise damaged(self.path, "it is read differently than its header was")
        return self._made(level)

    def _made(self, leaf: Leaf) -> Tensor:
        import torch

        if leaf.lazy:
            raise CheckpointError(
                f"`{self.path}` holds conjugated or negated views, whose values are not in it",
                "save it anew, with `resolve_conj()` and `resolve_neg()` of such tensors",
            )
        dtype: torch.dtype = getattr(torch, NAMES[leaf.info.dtype])
        if not math.prod(leaf.info.shape):
            return torch.empty(leaf.info.shape, dtype=dtype)
        start, size = self._read.starts[leaf.storage.key], BYTES[leaf.storage.dtype]
        memory: Any = self._bytes
        if start % size:  # the format before 1.6 does not align
            memory, start = bytearray(self._bytes[start : start + leaf.storage.size]), 0
        try:
            whole = torch.frombuffer(memory, dtype=dtype, count=leaf.storage.count, offset=start)
            return whole.as_strided(leaf.info.shape, leaf.stride, leaf.offset)
        except (RuntimeError, ValueError) as error:
            raise damaged(self.path, "a tensor in it cannot be read") from error

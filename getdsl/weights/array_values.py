"""The values of files of arrays, as tensors."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from getdsl.weights.array_files import opened
from getdsl.weights.regular_file import open_regular, stamp

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor


class OpenArrays:
    """The values of a file of arrays, each read when it is asked for. Raises CheckpointError."""

    def __init__(self, path: Path, kind: str) -> None:
        self._stack = ExitStack()
        file = self._stack.enter_context(open_regular(path))
        self._arrays = self._stack.enter_context(opened(path, file, stamp(file)[0], kind))

    def tensor(self, place: str) -> Tensor:
        return as_tensor(self._arrays.array(place))

    def close(self) -> None:
        self._stack.close()


def as_tensor(array: np.ndarray[Any, Any]) -> Tensor:
    """In memory of its own, little-endian and in C's order."""
    import numpy
    import torch

    whole = numpy.asarray(array)  # HDF5 gives a single number as such
    return torch.from_numpy(whole.astype(whole.dtype.newbyteorder("<"), order="C", copy=True))

"""Arrays of NumPy's as tensors: their types, and their values in the order that torch has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from getdsl.formats.checkpoint_header import TensorInfo
from getdsl.weights.dtypes import NUMPY

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor


def array_info(shape: tuple[int, ...], dtype: np.dtype[Any], unread: str = "") -> TensorInfo | None:
    """None where it holds texts, records or objects."""
    name = NUMPY.get(dtype.str[1:])
    return TensorInfo(shape, name, unread) if name is not None else None


def as_tensor(array: np.ndarray[Any, Any]) -> Tensor:
    """In memory of its own, little-endian and in C's order."""
    import numpy
    import torch

    whole = numpy.asarray(array)  # HDF5 gives a single number as such
    return torch.from_numpy(whole.astype(whole.dtype.newbyteorder("<"), order="C", copy=True))

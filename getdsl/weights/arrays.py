"""What NumPy says of an array, as a tensor's header."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from getdsl.formats.checkpoint_header import TensorInfo
from getdsl.weights.dtypes import NUMPY

if TYPE_CHECKING:
    import numpy as np


def array_info(shape: tuple[int, ...], dtype: np.dtype[Any], unread: str = "") -> TensorInfo | None:
    """None where it holds texts, records or objects."""
    name = NUMPY.get(dtype.str[1:])
    return TensorInfo(shape, name, unread) if name is not None else None

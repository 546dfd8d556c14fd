"""Arrays of NumPy's in a pickle, put together as data: nothing of NumPy is called."""

from __future__ import annotations

import math
from typing import Any

from getdsl.formats.checkpoint_header import TensorInfo
from getdsl.weights.dtypes import BYTES, NUMPY
from getdsl.weights.pickled.claims import InlineLeaf, MalformedError, Opaque


class ArrayType:
    """`numpy.dtype("f4")`; its state says in which order the bytes of a number stand."""

    __slots__ = ("name", "swapped")

    def __init__(self, name: object, *rest: object) -> None:
        self.name, self.swapped = str(name), False

    def __setstate__(self, state: object) -> None:
        self.swapped = isinstance(state, tuple) and len(state) > 1 and state[1] == ">"


class Array(InlineLeaf):
    """`info` stays None where it holds texts, records or objects."""

    __slots__ = ()

    def __init__(self, *arguments: object) -> None:
        super().__init__()

    def __setstate__(self, state: object) -> None:
        match state:
            case (_, tuple(shape), ArrayType() as kind, columns_first, bytes(data)):
                self._take(shape, kind, bool(columns_first), data)

    def _take(self, shape: tuple[Any, ...], kind: ArrayType, columns_first: bool, data: bytes) -> None:
        dtype = NUMPY.get(kind.name)
        if dtype is None:
            return
        if not all(isinstance(axis, int) and axis >= 0 for axis in shape):
            raise MalformedError("an array's shape is no number from 0 on")
        if math.prod(shape) * BYTES[dtype] != len(data):
            raise MalformedError(f"an array of shape {list(shape)} has {len(data):,} bytes")
        self.info, self.data = TensorInfo(shape, dtype), _in_order(shape, kind, columns_first, data)


def _in_order(shape: tuple[int, ...], kind: ArrayType, columns_first: bool, data: bytes) -> bytes:
    """The numbers little-endian and in C's order."""
    if not kind.swapped and not columns_first:
        return data
    import numpy

    read = numpy.frombuffer(data, numpy.dtype(kind.name).newbyteorder(">" if kind.swapped else "<"))
    whole = read.reshape(shape, order="F" if columns_first else "C")
    return whole.astype(kind.name, order="C").tobytes()


def encoded(text: Any = "", *encoding: Any) -> bytes:
    """Bytes as protocols below 3 write them: a text, one character a byte; none at all without one."""
    try:
        return bytes(text, "latin-1")
    except (TypeError, UnicodeEncodeError) as error:
        raise MalformedError("bytes in it cannot be read") from error


def scalar(*arguments: object) -> Opaque:
    return Opaque("numpy scalar")

"""Constants in files of data."""

from __future__ import annotations

from collections.abc import Mapping

from getdsl.compiler.graph.dimensions import Dim
from getdsl.compiler.graph.types import DType
from getdsl.compiler.operations import kept
from getdsl.compiler.operations.operand import Operand, Shape, ShapeError
from getdsl.compiler.operations.registry import operation
from getdsl.diagnostics.mistakes import operands
from getdsl.diagnostics.suggest import suggestion_or_list
from getdsl.formats.array_data import ArrayDataError, ArrayHeader, NoSuchTensorError, array_header


def stored(path: str, key: str | None = None) -> Shape:
    return tuple(map(Dim.of, _header(path, key).shape))


def _dtype(given: Mapping[str, Operand]) -> DType:
    return _header(given["path"], given.get("key")).kind


def _header(path: Operand, key: Operand) -> ArrayHeader:
    assert isinstance(path, str)
    try:
        return array_header(path, key if isinstance(key, str) else None)
    except NoSuchTensorError as error:
        near = suggestion_or_list(error.key, error.names, "tensors")
        raise ShapeError(operands.Misfit(str(error), near)) from error
    except ArrayDataError as error:
        raise ShapeError(operands.Misfit(str(error), error.help)) from error


operation(
    "read",
    "The array of a .npy, .csv or .tsv file, or of a safetensors file by its key; in a `Buffer` alone.",
    'Buffer(read("spline.npy"))',
    shape=stored,
    dtype=_dtype,
    cost=kept.nothing,
    gradient=False,
)

"""What batches hold, beside what the spec takes them for: sizes that a file alone knows, among others."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from torch import Tensor

from getdsl.compiler.graph.dimensions import Dim
from getdsl.compiler.graph.symbols import Symbol
from getdsl.compiler.graph.types import TensorType
from getdsl.data.errors import DataError

_MEND = "change the size in the spec, or the reader's params, or give another file"


def refuse_other_shapes(
    batch: Mapping[str, Tensor], outputs: Mapping[str, TensorType], files: Mapping[str, Path]
) -> None:
    """Raises DataError where a key of a batch is not what the spec took it for, with both.

    `outputs` are in the model's terms, its sizes put in where the data settle them; `files` are those
    that messages name.
    """
    sizes: dict[Symbol, Dim] = {}
    for key, type in outputs.items():
        if not _agrees(batch[key], type, sizes):
            held = f"[{', '.join(['B', *map(str, batch[key].shape[1:])])}]"
            whole = (
                ""
                if batch[key].is_floating_point() == (type.dtype == "float")
                else " of another kind of number"
            )
            problem = f"`{key}` is {held}{whole}, and the spec takes it for {type.substitute(sizes)}"
            raise DataError(files.get(key, "data"), problem, _MEND)


def _agrees(values: Tensor, type: TensorType, sizes: dict[Symbol, Dim]) -> bool:
    """Whether values have a type; binds the sizes that they settle, but for the batch's."""
    if values.dim() != len(type.shape) or values.is_floating_point() != (type.dtype == "float"):
        return False
    for dim, size in zip(type.shape[1:], values.shape[1:], strict=True):
        known = dim.substitute(sizes)
        symbols = list(known.symbols)
        solved = known.solve(symbols[0], Dim.of(size)) if len(symbols) == 1 else None
        if solved is not None:
            sizes[symbols[0]] = solved
        elif known.value is not None and known.value != size:
            return False
    return True

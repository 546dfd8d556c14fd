"""The zarr layout `getdsl/predictions`, version 1: a model's outputs for samples of a data set.

| array | shape | type |
|---|---|---|
| outputs/NAME | [N, …] | as the model gives it, bfloat16 as float32; one for each output |
| samples/index | [N] | int64, the number of the sample in its data set |
| samples/COLUMN | [N] | what identifies a sample there: name, chrom, start, end, strand, celltype … |
| samples/regions | [N, R] | int64, where samples are windows: the regions of each, as rows of `regions` |
| regions/COLUMN | [M] | name, chrom, start, end, strand of all regions that windows are made of, and `gene` |

The attributes hold what the outputs were made from: hashes of the checkpoint, its spec and the data.
All outputs are cut into pieces of the same samples, whole batches: a piece is a chunk of each of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
import zarr
from numpy.typing import NDArray
from torch import Tensor

from getdsl.diagnostics import UserError
from getdsl.runs.run_folder.checkpoint import saving

LAYOUT, VERSION = "getdsl/predictions", 1
OUTPUTS, SAMPLES, REGIONS = "outputs", "samples", "regions"
CHUNK = 4 << 20  # bytes, about, of a chunk
MOST_ROWS = 1024  # samples of a piece: what a kill may cost
COLUMN_ROWS = 1 << 16

Array = NDArray[np.generic]
Axes = Mapping[str, tuple[str | None, ...]]


class PredictionWriter:
    """Writes batches as they come. At most a piece and a batch of each output are in memory.

    `path` is what messages name. Raises UserError where there is no room.
    All batches but the last are of one size. `written` is called after each piece with the samples that are
    done; a writer that goes on starts at `done`, the end of a piece of `piece` samples.
    """

    def __init__(
        self,
        group: zarr.Group,
        samples: int,
        axes: Axes,
        path: Path,
        written: Callable[[PredictionWriter], None] = lambda writer: None,
        *,
        done: int = 0,
        piece: int | None = None,
    ) -> None:
        self.group, self.samples, self.axes = group, samples, axes
        self.path, self.written = path, written
        self.done, self.piece = done, piece
        self.nan: Counter[str] = Counter()  # values that are NaN, by output
        self._arrays: dict[str, zarr.Array[Any]] = {}
        if done:
            stored: Any = group[OUTPUTS]
            self._arrays = dict(stored.arrays())
        self._waiting: list[dict[str, Array]] = []
        self._rows = 0

    def add(self, outputs: Mapping[str, Tensor], size: int) -> None:
        """The outputs of the next `size` samples. Raises UserError where they do not fit those before."""
        values = {name: _plain(tensor) for name, tensor in outputs.items()}
        for name, value in values.items():
            _refuse_no_sample_axis(name, value, size)
        if self.piece is None:
            with saving(self.path):
                self.piece = self._begin(values, size)
        for name, value in values.items():
            self._refuse_other_shape(name, value)
            self.nan[name] += int(np.isnan(value).sum()) if value.dtype.kind == "f" else 0
        self._waiting.append(values)
        self._rows += size
        if self._rows >= self.piece:
            self._write()

    def close(self) -> dict[str, tuple[int, ...]]:
        """Writes what is left; the shapes of all outputs."""
        if self._rows:
            self._write()
        return {name: array.shape for name, array in self._arrays.items()}

    def _begin(self, values: Mapping[str, Array], size: int) -> int:
        """Makes the arrays; the samples of a piece."""
        most = max((value.nbytes for value in values.values()), default=1)
        piece = size * max(1, min(MOST_ROWS // size, CHUNK // max(1, most)))
        for name, value in values.items():
            axes = self.axes.get(name, ())
            self._arrays[name] = self.group.create_array(
                f"{OUTPUTS}/{name}",
                shape=(self.samples, *value.shape[1:]),
                dtype=value.dtype,
                chunks=(piece, *(max(1, size) for size in value.shape[1:])),
                dimension_names=("sample", *axes[1:]) if len(axes) == value.ndim else None,
            )
        return piece

    def _refuse_other_shape(self, name: str, value: Array) -> None:
        first = self._arrays[name].shape[1:]
        if value.shape[1:] != first:
            raise UserError(
                f"the output `{name}` is {list(value.shape[1:])} for some samples and "
                f"{list(first)} for others, which one array cannot hold",
                "choose a data set whose samples are of one size",
            )

    def _write(self) -> None:
        with saving(self.path):
            for name, array in self._arrays.items():
                values = np.concatenate([batch[name] for batch in self._waiting])
                array[self.done : self.done + self._rows] = values
            self.done += self._rows
            self._waiting, self._rows = [], 0
            self.written(self)


def _refuse_no_sample_axis(name: str, value: Array, size: int) -> None:
    if value.ndim == 0 or len(value) != size:
        raise UserError(
            f"the output `{name}` is {list(value.shape)} for {size} samples, and not one for each",
            "give it a first axis B, or take it out of the model's outputs",
        )


def write_columns(table: zarr.Group, columns: Mapping[str, Array]) -> None:
    """Writes the columns of a table, arrays [N, …]."""
    for column, values in columns.items():
        text = values.dtype.kind in "TUO"
        array = table.create_array(
            column,
            shape=values.shape,
            dtype="string" if text else values.dtype,
            chunks=(max(1, min(COLUMN_ROWS, len(values))), *values.shape[1:]),
        )
        array[...] = values.astype(object) if text else values


def _plain(tensor: Tensor) -> Array:
    tensor = tensor.detach().cpu()
    found: Array = (tensor.float() if tensor.dtype == torch.bfloat16 else tensor).numpy()
    return found

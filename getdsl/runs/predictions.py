"""The zarr layout `getdsl/predictions`, version 1: a model's outputs for samples of a data set.

| array | shape | type |
|---|---|---|
| outputs/NAME | [N, …] | as the model gives it, bfloat16 as float32; one for each output |
| samples/index | [N] | int64, the number of the sample in its data set |
| samples/COLUMN | [N] | what identifies a sample there: name, chrom, start, end, strand … |

The attributes hold what the outputs were made from: hashes of the checkpoint, its spec and the data.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
import zarr
from numpy.typing import NDArray
from torch import Tensor

from getdsl.diagnostics import UserError

LAYOUT, VERSION = "getdsl/predictions", 1
CHUNK = 4 << 20  # bytes, about, of a chunk
MOST_ROWS = 4096

Array = NDArray[np.generic]


class PredictionWriter:
    """Writes batches as they come. At most a chunk and a batch of each output are in memory."""

    def __init__(self, group: zarr.Group, samples: int, axes: Mapping[str, tuple[str | None, ...]]) -> None:
        self.outputs = group.create_group("outputs")
        self.samples = samples
        self.axes = axes
        self._columns: dict[str, _Column] = {}
        self.nan: Counter[str] = Counter()  # values that are NaN, by output

    def add(self, outputs: Mapping[str, Tensor], size: int) -> None:
        """The outputs of the next `size` samples. Raises UserError where they do not fit those before."""
        for name, tensor in outputs.items():
            value = _plain(tensor)
            if value.ndim == 0 or len(value) != size:
                raise UserError(
                    f"the output `{name}` is {list(value.shape)} for {size} samples, and not one for each",
                    "give it a first axis B, or take it out of the model's outputs",
                )
            if name not in self._columns:
                self._columns[name] = _Column(self._create(name, value))
            self._columns[name].add(name, value)
            self.nan[name] += int(np.isnan(value).sum()) if value.dtype.kind == "f" else 0

    def close(self) -> dict[str, tuple[int, ...]]:
        """Writes what is left; the shapes of all outputs."""
        for column in self._columns.values():
            column.flush()
        return {name: column.array.shape for name, column in self._columns.items()}

    def _create(self, name: str, value: Array) -> zarr.Array[Any]:
        rows = max(1, min(MOST_ROWS, self.samples, CHUNK // max(1, value[:1].nbytes)))
        axes = self.axes.get(name, ())
        return self.outputs.create_array(
            name,
            shape=(self.samples, *value.shape[1:]),
            dtype=value.dtype,
            chunks=(rows, *(max(1, size) for size in value.shape[1:])),
            dimension_names=("sample", *axes[1:]) if len(axes) == value.ndim else None,
        )


class _Column:
    """One array, filled from its beginning in whole chunks."""

    def __init__(self, array: zarr.Array[Any]) -> None:
        self.array = array
        self.waiting: list[Array] = []
        self.rows = self.written = 0

    def add(self, name: str, value: Array) -> None:
        if value.shape[1:] != self.array.shape[1:]:
            raise UserError(
                f"the output `{name}` is {list(value.shape[1:])} for some samples and "
                f"{list(self.array.shape[1:])} for others, which one array cannot hold",
                "choose a data set whose samples are of one size",
            )
        self.waiting.append(value)
        self.rows += len(value)
        chunk = self.array.chunks[0]
        if self.rows >= chunk:
            self._write(self.rows - self.rows % chunk)

    def flush(self) -> None:
        self._write(self.rows)

    def _write(self, rows: int) -> None:
        if not rows:
            return
        joined = np.concatenate(self.waiting)
        self.array[self.written : self.written + rows] = joined[:rows]
        self.written += rows
        self.waiting = [joined[rows:].copy()]
        self.rows -= rows


def write_samples(group: zarr.Group, columns: Mapping[str, Array]) -> None:
    samples = group.create_group("samples")
    for name, values in columns.items():
        text = values.dtype.kind in "TUO"
        array = samples.create_array(
            name,
            shape=values.shape,
            dtype="string" if text else values.dtype,
            chunks=(max(1, min(MOST_ROWS, len(values))), *values.shape[1:]),
        )
        array[...] = values.astype(object) if text else values


def _plain(tensor: Tensor) -> Array:
    tensor = tensor.detach().cpu()
    found: Array = (tensor.float() if tensor.dtype == torch.bfloat16 else tensor).numpy()
    return found

"""Targets that teach nothing, found before a run starts: constant ones, and those that are not numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from torch import Tensor

from getdsl.data.data_source import DataSource, Indices
from getdsl.data.errors import DataError

LOOKED_AT = 1024  # samples, or windows with as many regions
_AT_ONCE = 32
Array = np.ndarray[Any, Any]


def refuse_degenerate(source: DataSource, samples: Indices, targets: Sequence[str]) -> None:
    """Raises DataError where a target is one value everywhere, or NaN or infinite somewhere.

    `targets` are keys of the batch that a loss compares with. All samples are looked at, or where there are
    many, 1,024 of them that lie evenly among all. NaN is left to a reader that puts it for what is not known.
    """
    chosen = _spread(source, samples)
    seen = {key: _Seen(key, _knows_nan(source, key)) for key in targets}
    for indices, batch in _batches(source, chosen):
        for key, target in seen.items():
            if key in batch:
                target.look(source, indices, batch[key].numpy())
    for target in seen.values():
        target.refuse_constant(source, len(chosen))


def _spread(source: DataSource, samples: Indices) -> Indices:
    rows: Array = getattr(source, "rows", samples)
    most = max(_AT_ONCE, LOOKED_AT // (rows.shape[1] if rows.ndim > 1 else 1))
    if len(samples) <= most:
        return samples
    return samples[np.linspace(0, len(samples) - 1, most).astype(np.int64)]


def _batches(source: DataSource, samples: Indices) -> Iterator[tuple[Indices, Mapping[str, Tensor]]]:
    for start in range(0, len(samples), _AT_ONCE):
        indices = samples[start : start + _AT_ONCE]
        yield indices, source.batch(indices)


class _Seen:
    """What was seen of a target so far."""

    def __init__(self, key: str, nan_is_unknown: bool) -> None:
        self.key, self.nan_is_unknown = key, nan_is_unknown
        self.least, self.most = np.inf, -np.inf
        self.any = False

    def look(self, source: DataSource, indices: Indices, values: Array) -> None:
        known = np.isfinite(values)
        wrong = ~known & ~np.isnan(values) if self.nan_is_unknown else ~known
        if wrong.any():
            row = int(np.argmax(wrong.reshape(len(values), -1).any(axis=1)))
            what = "NaN" if np.isnan(values[row]).any() else "infinite"
            problem = f"`{self.key}` is {what} at {_place(source, int(indices[row]))}"
            fix = "leave such regions out, or say what stands for them: `missing = 0.0`"
            raise DataError(_file(source, self.key), problem, fix)
        self.any |= values.size > 0
        if known.any():
            self.least = min(self.least, float(values[known].min()))
            self.most = max(self.most, float(values[known].max()))

    def refuse_constant(self, source: DataSource, number: int) -> None:
        if not self.any or self.least < self.most:
            return
        value = f"{self.least:g}" if np.isfinite(self.least) else "NaN"
        problem = f"`{self.key}` is {value} in all of {number:,} training samples, which teaches nothing"
        fix = "look at it with `getdsl data`, and give a file that covers the regions"
        raise DataError(_file(source, self.key), problem, fix)


def _readers(source: DataSource) -> Mapping[str, Any]:
    """The readers by key, where a batch is declared key by key."""
    return getattr(source, "readers", {})


def _knows_nan(source: DataSource, key: str) -> bool:
    return bool(getattr(_readers(source).get(key), "nan_is_unknown", False))


def _file(source: DataSource, key: str) -> str:
    """The first file that a target is read from; what the regions are read from where it has none."""
    declared = getattr(source, "declared", None)
    if declared is None or key not in declared.readers:
        return source.path
    return str(next(iter(declared.readers[key].paths(declared.celltypes)), source.path))


def _place(source: DataSource, sample: int) -> str:
    table = source.table
    if not {"chrom", "start", "end"} <= table.keys():
        return f"sample {sample}"
    return f"{table['chrom'][sample]}:{table['start'][sample]}-{table['end'][sample]}"

"""The samples of a run: its data source, opened, and its splits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from getdsl.compiler.lower.build import extern_class
from getdsl.compiler.spec import Spec
from getdsl.data.data_source import DataSource, Indices
from getdsl.data.declared import DeclaredData
from getdsl.data.errors import DataError
from getdsl.data.splits import Split, split
from getdsl.diagnostics import UserError

SPLITS = ("test", "validation", "train")
ALL = "all"


def open_source(spec: Spec) -> DataSource:
    """The spec's data source. Raises UserError where there is none, or its data cannot be used."""
    data = spec.data
    if data is None:
        raise UserError(f"{_named(spec)} has no data", "add `data { … }` with `regions` and a `batch`")
    try:
        with reading():
            if data.whole is None:
                return DeclaredData(data, spec.data_settings)
            source: DataSource = extern_class(data.whole.extern)(**data.whole.params)
    except ImportError as error:
        raise UserError(f"a data source of the spec cannot be loaded: {error}") from error
    return source


def split_source(spec: Spec, source: DataSource) -> Split:
    """The samples as `data` splits them. Raises UserError where they cannot be split so."""
    with reading():
        return split(source, spec.data_settings)


@contextmanager
def reading() -> Iterator[None]:
    """Turns what a data source says of its data into a UserError."""
    try:
        yield
    except DataError as error:
        raise UserError(f"{error.path}: {error.problem}", error.fix) from error


def refuse_gone_data(source: DataSource) -> None:
    """Raises UserError where the data of a run that goes on were taken away: it may have read a part."""
    for path in getattr(source, "files", None) or (Path(source.path),):
        if path.is_absolute() and not path.exists():
            raise UserError(
                f"the data `{path}` were taken away while the run read them",
                "bring them back, and go on with `--resume`",
            )


def _named(spec: Spec) -> Path | str:
    return spec.path or "the spec"


def names_of(source: DataSource, indices: Indices) -> list[str]:
    """Samples as people know them: `YAL068C (chrI:2169-2669)`, or by number where the data have no more."""
    table = {name: np.asarray(column)[indices].tolist() for name, column in source.table.items()}
    rows = [dict(zip(table, row, strict=True)) for row in zip(*table.values(), strict=True)]
    if not rows:
        return [f"sample {index}" for index in indices.tolist()]
    return [_named_row(row, index) for row, index in zip(rows, indices.tolist(), strict=True)]


def _named_row(row: Mapping[str, object], index: int) -> str:
    place = f"{row['chrom']}:{row['start']}-{row['end']}" if {"chrom", "start", "end"} <= row.keys() else ""
    name = str(row.get("name", "") or "")
    return f"{name} ({place})" if name and place else name or place or f"sample {index}"

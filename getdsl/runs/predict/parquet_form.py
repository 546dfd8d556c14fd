"""Predictions as a Parquet table: a row a sample, or of windows a row a sample and region."""

from __future__ import annotations

import json
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
import zarr

from getdsl.data.extras import optional
from getdsl.data.table import Column
from getdsl.runs.genes.starts import genes_of_regions
from getdsl.runs.opened.samples import reading
from getdsl.runs.predict.chosen import Chosen
from getdsl.runs.predict.form import begins_with
from getdsl.runs.predict.located import Located, located
from getdsl.runs.predict.partial import Partial
from getdsl.runs.predict.stored import StoredOutput
from getdsl.runs.predict.writer import OUTPUTS, Array
from getdsl.runs.run_folder.checkpoint import saving
from getdsl.text.whole import whole_file

MOST_COLUMNS = 64  # of an axis of tracks that become columns of their own
ROWS = 1 << 14  # of samples that are put together at once


@dataclass(frozen=True)
class ParquetForm:
    targets: list[Path]
    chosen: Chosen
    places: Located | None
    genes: Column | None  # that start in each region

    @staticmethod
    def of(output: Path, chosen: Chosen) -> ParquetForm:
        """Raises UserError where pyarrow is absent."""
        _pyarrow(output)
        places = located(chosen.source)
        windows = places is not None and places.windows
        return ParquetForm([output], chosen, places, genes_of_regions(chosen.source) if windows else None)

    def ours(self, path: Path) -> bool:
        return begins_with(b"PAR1")(path)

    def finish(self, partial: Partial) -> None:
        parquet = _pyarrow(self.targets[0], ".parquet")
        group: Any = zarr.open_group(partial.store, mode="r")
        outputs = {name: StoredOutput(group, name) for name in sorted(group[OUTPUTS].array_keys())}
        regions = self._regions(outputs)
        size = next((item.piece for item in outputs.values()), ROWS)
        writer = None
        with saving(self.targets[0]), whole_file(self.targets[0]) as aside:
            try:
                for start in range(0, len(self.chosen.indices), size):
                    part = slice(start, min(start + size, len(self.chosen.indices)))
                    table = self._table(outputs, part, regions)
                    if writer is None:
                        schema = table.schema.with_metadata({"getdsl": json.dumps(dict(group.attrs))})
                        writer = parquet.ParquetWriter(aside, schema)
                    writer.write_table(table.cast(writer.schema))
            finally:
                if writer is not None:
                    writer.close()

    def _regions(self, outputs: dict[str, StoredOutput]) -> int | None:
        """The regions of a sample, where any output has a value for each of them."""
        if self.places is None or not self.places.windows:
            return None
        number = self.places.rows(self.chosen.indices[:1]).shape[1]
        return number if any(item.shape[1:2] == (number,) for item in outputs.values()) else None

    def _table(self, outputs: dict[str, StoredOutput], part: slice, regions: int | None) -> Any:
        columns = self._columns(part, regions)
        for name, stored in outputs.items():
            values = stored.part(part)
            if regions is not None and stored.shape[1:2] == (regions,):
                values = values.reshape(-1, *values.shape[2:])
            elif regions is not None:
                values = np.repeat(values, regions, axis=0)
            columns |= _of_output(name, values)
        arrow = _pyarrow(self.targets[0])
        return arrow.table({name: _arrow(arrow, values) for name, values in columns.items()})

    def _columns(self, part: slice, regions: int | None) -> dict[str, Array]:
        """What identifies each row."""
        indices = self.chosen.indices[part]
        table = {name: column[indices] for name, column in self.chosen.source.table.items()}
        if regions is None or self.places is None:
            return {"index": indices} | table
        found = {"index": np.repeat(indices, regions), "sample": np.repeat(table["name"], regions)}
        rows = self.places.rows(indices).ravel()
        found |= self.places.columns(rows)
        if self.genes is not None:
            found["gene"] = self.genes[rows]
        if "celltype" in table:
            found["celltype"] = np.repeat(table["celltype"], regions)
        return found


def _pyarrow(output: Path, module: str = "") -> Any:
    """Raises UserError where it is absent."""
    with reading():
        return optional(f"pyarrow{module}", output, doing="writing")


def _of_output(name: str, values: Array) -> dict[str, Array]:
    """One column of numbers [n], one a track, or one of lists [n, …]."""
    rest = values.shape[1:]
    if prod(rest) == 1:
        return {name: values.reshape(-1)}
    if len(rest) == 1 and rest[0] <= MOST_COLUMNS:
        return {f"{name}_{number}": values[:, number] for number in range(rest[0])}
    return {name: values.reshape(len(values), -1)}


def _arrow(arrow: Any, values: Array) -> Any:
    if values.ndim == 2:
        return arrow.FixedSizeListArray.from_arrays(arrow.array(values.ravel()), values.shape[1])
    return arrow.array(values.astype(object) if values.dtype.kind == "T" else values)

"""What identifies samples, and the regions of windows, in a store of predictions."""

from __future__ import annotations

import numpy as np
import zarr

from getdsl.runs.genes.starts import genes_of_regions
from getdsl.runs.predict.chosen import Chosen
from getdsl.runs.predict.located import Located, located
from getdsl.runs.predict.writer import REGIONS, SAMPLES, write_columns

_AT_ONCE = 4096  # samples


def write_tables(group: zarr.Group, chosen: Chosen) -> None:
    """Writes `samples`, and where samples are windows `regions`."""
    indices = chosen.indices
    samples = group.create_group(SAMPLES)
    columns = {name: column[indices] for name, column in chosen.source.table.items()}
    write_columns(samples, columns | {"index": indices})
    places = located(chosen.source)
    if places is not None and places.windows:
        genes = genes_of_regions(chosen.source)
        columns = places.columns(np.arange(len(places.start)))
        write_columns(group.create_group(REGIONS), columns | ({} if genes is None else {"gene": genes}))
        _write_rows(samples, chosen, places)


def _write_rows(samples: zarr.Group, chosen: Chosen, places: Located) -> None:
    """The regions of each sample [N, R]."""
    number = len(chosen.indices)
    each = places.rows(chosen.indices[:1]).shape[1]
    chunks = (max(1, min(_AT_ONCE, number)), each)
    array = samples.create_array(REGIONS, shape=(number, each), dtype="int64", chunks=chunks)
    for start in range(0, number, _AT_ONCE):
        part = slice(start, min(start + _AT_ONCE, number))
        array[part] = places.rows(chosen.indices[part])

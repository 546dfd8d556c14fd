"""Predictions as an xarray.Dataset in memory."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import zarr

from getdsl.compiler.refusals import refuse_untrusted
from getdsl.data.extras import optional
from getdsl.runs.opened.samples import reading
from getdsl.runs.opened.session import Session
from getdsl.runs.predict.attributes import attributes
from getdsl.runs.predict.chosen import choose
from getdsl.runs.predict.predict import refuse_other_outputs, run_through
from getdsl.runs.predict.tables import write_tables
from getdsl.runs.predict.wanted import Wanted
from getdsl.runs.predict.writer import OUTPUTS, REGIONS, SAMPLES, PredictionWriter
from getdsl.runs.process.machine import using_threads
from getdsl.runs.process.quiet import quiet_lightning

SAMPLE, REGION = "sample", "region"
ORDER = ("index", "name", "chrom", "start", "end", "strand", "celltype")


def dataset_of(session: Session, wanted: Wanted) -> Any:
    """Each output with the axes (sample, …), or of windows (sample, region, …).

    Coordinates identify samples; of windows `region_chrom`, … say where their regions lie. Raises UserError.
    """
    refuse_untrusted(session.spec, session.options.trust)
    refuse_other_outputs(session, wanted)
    with reading():
        xarray = optional("xarray", "predict", doing="giving")
    with using_threads(session.threads), quiet_lightning():
        chosen = choose(session, wanted)
        group: Any = zarr.open_group(zarr.storage.MemoryStore(), mode="w")
        write_tables(group, chosen)
        writer = PredictionWriter(group, len(chosen.indices), {}, Path("predictions"))
        run_through(session, chosen, wanted, writer, lambda done, samples: None)
        writer.close()
        about = attributes(session, chosen, wanted)
    coordinates = _coordinates(group)
    regions = coordinates["region_start"][1].shape[1] if "region_start" in coordinates else None
    stored = dict(group[OUTPUTS].arrays())
    variables = {
        name: (_axes(name, stored[name].shape, regions), stored[name][...])
        for name in session.spec.graph.outputs
        if name in stored
    }
    return xarray.Dataset(variables, coordinates, {"model": about["model"], "split": about["split"]})


def _axes(name: str, shape: tuple[int, ...], regions: int | None) -> list[str]:
    """The names of an output's axes; those that are neither samples nor regions are its own."""
    names = [SAMPLE, *(f"{name}_{axis}" for axis in range(1, len(shape)))]
    if regions is not None and shape[1:2] == (regions,):
        names[1] = REGION
    return names


def _coordinates(group: Any) -> dict[str, tuple[Any, Any]]:
    samples = _in_order(group[SAMPLES])
    rows = samples.pop(REGIONS, None)
    found: dict[str, tuple[Any, Any]] = {name: (SAMPLE, _plain(array)) for name, array in samples.items()}
    if rows is not None:
        for name, array in _in_order(group[REGIONS]).items():
            found[f"region_{name}"] = ((SAMPLE, REGION), _plain(array)[rows[...]])
    return found


def _in_order(table: Any) -> dict[str, Any]:
    """The columns of a table, as people read them."""
    columns = dict(table.arrays())
    return {name: columns[name] for name in (*(each for each in ORDER if each in columns), *sorted(columns))}


def _plain(array: Any) -> Any:
    values = np.asarray(array[...])
    return np.array(values.tolist(), str) if values.dtype.kind in "OT" else values

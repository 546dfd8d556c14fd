"""The samples that are predicted for: of the run's own data, of other regions, or of a FASTA."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from getdsl.compiler.elaborate.declared_data import Data
from getdsl.compiler.lower.build import extern_class
from getdsl.compiler.spec import Spec
from getdsl.data.data_source import DataSource, Indices
from getdsl.data.declared import DeclaredData
from getdsl.data.records import Records
from getdsl.data.regions.rows import rows_of
from getdsl.diagnostics import UserError
from getdsl.diagnostics.listing import first_of
from getdsl.formats.layouts import SUMMIT
from getdsl.runs.predict.wanted import ALL, Wanted
from getdsl.runs.ranks.whole_batch import Read
from getdsl.runs.samples import reading, split_source
from getdsl.runs.session import Session
from getdsl.runs.strands import Turn, reverse_complement_of

REGIONS = "getdsl.data.regions.regions:Regions"


@dataclass(frozen=True)
class Chosen:
    """Samples of a source by their numbers, and how they are read from the other strand, where they are.

    `own` says whether they are of the run's own data.
    """

    source: DataSource
    split: str
    indices: Indices
    own: bool = True
    turn: Turn | None = None
    notes: tuple[str, ...] = ()  # what was left out of a file, in sentences


def choose(session: Session, wanted: Wanted, *, measured: bool = False) -> Chosen:
    """Samples to predict for, or where they are `measured` with all that the loss compares with.

    Raises UserError where there are no such samples.
    """
    if wanted.fasta is not None and wanted.regions is not None:
        raise UserError("`--fasta` and `--regions` are two things to predict for", "give one of them")
    if wanted.fasta is not None:
        source: DataSource = _records(session.spec, wanted.fasta)
        split = ALL
    elif wanted.regions is not None:
        source = _other_regions(session.spec, wanted.regions, measured=measured)
        split = wanted.split or ALL
    else:
        source, split = session.source, wanted.split or session.default_split
    own = wanted.fasta is None and wanted.regions is None
    indices = _indices(session, source, split, own=own)
    notes = source.notes if wanted.regions is not None and isinstance(source, DeclaredData) else ()
    return Chosen(source, split, indices, own, _turn(session, source), notes)


def _indices(session: Session, source: DataSource, split: str, *, own: bool) -> Indices:
    if split == ALL:
        return np.arange(len(source), dtype=np.int64)
    splits = session.splits if own else split_source(session.spec, source)
    found: Indices = getattr(splits, split)
    if not len(found):
        raise UserError(f"the {split} split is empty", "`--split all` takes every sample of the data")
    return found


def read_by_model(spec: Spec) -> set[str]:
    """The batch keys that the model's inputs are, or are derived from."""
    derived = {name.removeprefix("batch.") for name in spec.prepare.inputs if name.startswith("batch.")}
    return derived | (spec.graph.inputs.keys() - spec.prepare.outputs.keys())


def _turn(session: Session, source: DataSource) -> Turn | None:
    """The other strand, where the run averages over both and nothing it is measured on turns with them."""
    if not session.settings.reverse_complement:
        return None
    turn = reverse_complement_of(source, session.spec)
    data = session.spec.data
    if data is None or data.whole is not None:
        return turn  # whose first batch tells
    readers = [data.readers[key] for key in Read.of(session.spec).keys if key in data.readers]
    return None if any(extern_class(each.extern)(**each.params).turns for each in readers) else turn


# -- other regions


def _other_regions(spec: Spec, path: Path, *, measured: bool) -> DeclaredData:
    data = spec.data
    if data is None or data.whole is not None:
        whose = f"`{data.name}` yields whole batches" if data is not None else "the spec has no data"
        raise UserError(
            f"`--regions` has no say here: {whose}",
            "declare `regions` and a `batch` in `data`, or predict for a `--split`",
        )
    with reading():
        keys = data.readers.keys() if measured else read_by_model(spec)
        return DeclaredData(_of_regions(data, path, keys), spec.data_settings, direct=True)


def _of_regions(data: Data, path: Path, keys: Set[str]) -> Data:
    """The same declaration of other regions, every one of them, and of what the model reads alone."""
    kept = {f"batch.{key}" for key in keys} | {"samples"}
    sources = {name: source for name, source in data.sources.items() if name in kept}
    regions = data.sources["regions"]
    params = {"files": str(path), "duplicates": "keep"}
    if regions.extern == REGIONS:
        summits = SUMMIT in rows_of(path).columns
        around = regions.params["around"] if summits else "centre"
        params |= {"width": regions.params["width"], "around": around}
    sources["regions"] = replace(regions, name="Regions", extern=REGIONS, params=params)
    outputs = {key: type for key, type in data.outputs.items() if key in keys}
    return replace(data, sources=sources, outputs=outputs)


# -- a FASTA


def _records(spec: Spec, path: Path) -> Records:
    keys = read_by_model(spec)
    declared = spec.data.outputs if spec.data is not None else {}
    types = {key: declared.get(key) or spec.graph.inputs.get(key) for key in sorted(keys)}
    dna = [key for key, type in types.items() if type is not None and type.domain == "onehot"]
    if len(types) != 1 or len(dna) != 1:
        raise UserError(
            f"a FASTA gives one sequence, and the model reads {first_of(list(types))}",
            "give regions of a genome: `--regions peaks.bed`",
        )
    type = types[dna[0]]
    assert type is not None
    with reading():
        return Records(path, dna[0], type.shape[1].value)

"""Data as a spec declares them: regions, samples of them, and a reader for each key of a batch."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from getdsl.compiler.elaborate.declared_data import CELLTYPE, Data
from getdsl.compiler.elaborate.sources import GENOME
from getdsl.compiler.lower.build import extern_class
from getdsl.compiler.sections.data import DataSettings
from getdsl.data.data_source import Indices
from getdsl.data.declared_shapes import refuse_other_shapes
from getdsl.data.draws import Draws
from getdsl.data.errors import DataError
from getdsl.data.genome import Genome
from getdsl.data.negatives import with_negatives
from getdsl.data.places import Ints, Places
from getdsl.data.reader import Array, Context, Reader
from getdsl.data.store.declaration import (
    Declaration,
    Record,
    genome_record,
    reader_record,
    rows_sha256,
    table_sha256,
)
from getdsl.data.store.stored import StoredRows, open_store
from getdsl.data.table import RegionTable

Batch = dict[str, Tensor]
View = Callable[[Genome], Genome]
_AT_ONCE = 1 << 14  # samples whose weights are read at once


class DeclaredData:
    """Samples of regions, read as `data` declares: from its store where there is one, else from the files.

    Beside the regions' table, and the rows of each sample, nothing is held that grows with the data.
    Raises DataError where files, or the store, cannot be used.
    """

    def __init__(
        self, data: Data, settings: DataSettings, *, direct: bool = False, seen_as: View | None = None
    ) -> None:
        """`direct` reads the files, store or not. Readers see what `seen_as` makes of the genome."""
        self.declared = data
        renamed = dict(settings.rename_chromosomes or {})
        genome = _genome(data, renamed)
        genome = seen_as(genome) if genome is not None and seen_as is not None else genome
        self.regions = _regions(data, genome, renamed)
        self.path = str(self.regions.files[0])
        self.context = Context(self.regions, genome, data.celltypes, renamed)
        self.rows = _rows(data, self.context)  # [W], or [W, R] where samples are windows
        self.readers: dict[str, Reader] = {key: _made(data, f"batch.{key}") for key in data.readers}
        self._stored: dict[str, tuple[StoredRows, Record]] = {}
        if settings.store is not None and not direct:
            self._open_store(Path(settings.store))
        for key, reader in self.readers.items():
            if key not in self._stored or not reader.stands_alone:
                _open(key, reader, self.context)
        _refuse_other_shapes(self)

    def __len__(self) -> int:
        return len(self.rows) * max(1, len(self.declared.celltypes))

    @property
    def files(self) -> tuple[Path, ...]:
        """All files that samples follow from, whether they are read or were, into the store."""
        data = self.declared
        named = [path for source in data.readers.values() for path in source.paths(data.celltypes)]
        genome = self.context.genome.files if self.context.genome is not None else ()
        return tuple(dict.fromkeys([*self.regions.files, *genome, *map(Path, named)]))

    @property
    def notes(self) -> tuple[str, ...]:
        """What was left out of the files, or is not in them, in sentences."""
        return (*self.regions.notes, *dict.fromkeys(self.context.notes))

    def _open_store(self, store: Path) -> None:
        if store.exists():
            self._stored = open_store(store, self._around, self._records, self.regions)
        else:
            self.context.notes.append(
                f"there is no store {store} yet, and files are read directly: `getdsl prepare` writes it"
            )

    # -- batches

    def batch(self, indices: Indices, draws: Draws | None = None, keys: Iterable[str] = ()) -> Batch:
        """The samples under the keys that `data` declares, or some; without `draws` nothing is drawn."""
        indices = np.asarray(indices)
        chance = draws if draws is not None else Draws.of(0, 0, indices)
        found = {
            key: reader.drawn(self._tensor(key, indices, draws), chance)
            for key, reader in self.readers.items()
            if not keys or key in keys
        }
        if self.declared.celltypes and CELLTYPE not in found:
            found[CELLTYPE] = torch.from_numpy(indices // len(self.rows))
        return found

    def _tensor(self, key: str, indices: Indices, draws: Draws | None) -> Tensor:
        reader = self.readers[key]
        values = self._values(key, indices)
        shifts = _shifts(reader, draws, len(indices))
        if reader.whole_windows or self.rows.ndim == 1:
            return reader.tensor(values, shifts)
        regions = self.rows.shape[1]
        tensor = reader.tensor(values, np.repeat(shifts, regions))
        return tensor.reshape(len(indices), regions, *tensor.shape[1:])

    def _values(self, key: str, indices: Indices) -> Array:
        """What the reader, or the store, has for samples, or for all regions of all of them."""
        reader = self.readers[key]
        if key not in self._stored:
            places = self.places(indices)
            return reader.read(places if reader.whole_windows else places.flat())
        celltype, sample = np.divmod(indices, len(self.rows))
        rows = sample if reader.whole_windows else self.rows[sample]
        per_sample = rows.size // max(1, len(rows))
        return self._stored[key][0].rows(rows.ravel(), np.repeat(celltype, per_sample))

    def weights(self) -> Array | None:
        """How often each sample [S] is drawn, by `weights`; of a window the mean of its regions."""
        if "weights" not in self.declared.sources:
            return None
        reader: Reader = _made(self.declared, "weights")
        _open("weights", reader, self.context)
        parts = np.array_split(np.arange(len(self)), 1 + len(self) // _AT_ONCE)
        found = [reader.read(self.places(part).flat()).reshape(len(part), -1) for part in parts]
        values: Array = np.concatenate(found).mean(axis=1)
        return values

    @property
    def reverse_complement(self) -> Callable[[Batch], Batch] | None:
        """The same samples, each region read along its other strand; None where a reader cannot."""
        return self._turned if all(reader.two_strands for reader in self.readers.values()) else None

    def _turned(self, batch: Batch) -> Batch:
        return {
            key: self.readers[key].reverse_complement(value) if key in self.readers else value
            for key, value in batch.items()
        }

    # -- places

    def places(self, indices: Indices) -> Places:
        """Where some samples lie: [n], or [n, R]."""
        celltype, sample = np.divmod(indices, len(self.rows))
        return self._places(self.rows[sample], celltype)

    def places_of_rows(self, key: str, numbers: Ints, celltype: int) -> Places:
        """Where a reader reads for its array in a store: regions by row, or windows by number."""
        rows = self.rows[numbers] if self.readers[key].whole_windows else numbers
        return self._places(rows, np.full(len(numbers), celltype))

    def _places(self, rows: Ints, celltype: Ints) -> Places:
        table = self.regions
        return Places(
            table.chrom[rows],
            table.start[rows],
            table.end[rows],
            np.where(table.strand[rows] < 0, -1, 1).astype(np.int8),
            rows,
            np.broadcast_to(celltype.reshape(-1, *(1,) * (rows.ndim - 1)), rows.shape),
            table.chromosomes,
            self.declared.celltypes,
        )

    # -- what identifies samples, and all of the data

    @cached_property
    def chromosomes(self) -> np.ndarray[Any, Any]:
        """The chromosome of each sample, as text."""
        found: Array = np.array(self.regions.chromosomes, str)[self._first("chrom")]
        return found

    @cached_property
    def table(self) -> dict[str, np.ndarray[Any, Any]]:
        """What identifies each sample; a window by its first region's name and the stretch of all."""
        last = self.regions.end[self.rows]
        found = {
            "name": self._first("name"),
            "chrom": self.chromosomes,
            "start": self._first("start"),
            "end": self._by_celltype(last if last.ndim == 1 else last.max(axis=1)),
            "strand": np.array([".", "+", "-"])[self._first("strand")],
        }
        if self.declared.celltypes:
            found["celltype"] = np.repeat(np.array(self.declared.celltypes), len(self.rows))
        return found

    def _first(self, name: str) -> Any:
        """A column of the first region of each sample."""
        rows = self.rows if self.rows.ndim == 1 else self.rows[:, 0]
        return self._by_celltype(getattr(self.regions, name)[rows])

    def _by_celltype(self, values: Array) -> Array:
        """[S], of all samples of a cell type after each other."""
        found: Array = np.tile(values, max(1, len(self.declared.celltypes)))
        return found

    def fingerprint(self) -> str:
        """sha256 of the declaration, the regions and the bytes of all files, wherever they are read from."""
        return self.declaration.sha256()

    @cached_property
    def declaration(self) -> Declaration:
        """What the batches follow from; of what was stored, as the store says it."""
        stored = {key: record for key, (_, record) in self._stored.items()}
        return Declaration(self._around, {**self._records, **stored})

    @cached_property
    def _around(self) -> Record:
        """What all readers share."""
        windows = "samples" in self.declared.sources
        return {
            "genome": genome_record(self.context.genome) if self.context.genome is not None else None,
            "rename_chromosomes": dict(self.context.renamed or {}),
            "regions": table_sha256(self.regions),
            "samples": rows_sha256(self.rows) if windows else None,
        }

    @cached_property
    def _records(self) -> dict[str, Record]:
        celltypes = self.declared.celltypes
        sources = self.declared.readers
        return {key: reader_record(sources[key], item, celltypes) for key, item in self.readers.items()}


def _refuse_other_shapes(data: DeclaredData) -> None:
    """The first sample is what the spec takes it for."""
    if len(data):
        celltypes = data.declared.celltypes
        paths = {key: source.paths(celltypes) for key, source in data.declared.readers.items()}
        files = {key: Path(named[0]) for key, named in paths.items() if named}
        taken = {key: type.substitute(data.declared.sizes) for key, type in data.declared.outputs.items()}
        refuse_other_shapes(data.batch(np.array([0])), taken, files)


def _made(data: Data, name: str) -> Any:
    source = data.sources[name]
    return extern_class(source.extern)(**source.params)


def _genome(data: Data, renamed: Mapping[str, str]) -> Genome | None:
    if GENOME in data.sources:
        genome: Genome = _made(data, GENOME).genome(renamed)
        return genome
    return Genome(data.genome) if data.genome is not None else None


def _regions(data: Data, genome: Genome | None, renamed: Mapping[str, str]) -> RegionTable:
    regions: RegionTable = _made(data, "regions").table(genome, renamed)
    if "negatives" in data.sources:
        return with_negatives(regions, _made(data, "negatives"), genome, renamed)
    return regions


def _rows(data: Data, context: Context) -> Any:
    if "samples" not in data.sources:
        return np.arange(len(context.table))
    return _made(data, "samples").rows(context)


def _open(key: str, reader: Reader, context: Context) -> None:
    try:
        reader.open(context)
    except DataError as error:
        raise DataError(error.path, f"{error.problem} (for `{key}`)", error.fix) from error


def _shifts(reader: Reader, draws: Draws | None, number: int) -> Any:
    return draws.bp(reader.jitter) if draws is not None and reader.jitter else np.zeros(number, np.int64)

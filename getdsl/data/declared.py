"""Data as a spec declares them: regions, samples of them, and a reader for each key of a batch."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from getdsl.compiler.elaborate.declared_data import CELLTYPE, Data
from getdsl.compiler.lower.build import extern_class
from getdsl.compiler.sections.data import DataSettings
from getdsl.data.data_source import Indices
from getdsl.data.declared_shapes import refuse_other_shapes
from getdsl.data.draws import Draws
from getdsl.data.errors import DataError
from getdsl.data.genome import Genome
from getdsl.data.hashing import sha256_of
from getdsl.data.negatives import with_negatives
from getdsl.data.places import Places
from getdsl.data.reader import Array, Context, Reader
from getdsl.data.table import RegionTable

Batch = dict[str, Tensor]
_AT_ONCE = 1 << 14  # samples whose weights are read at once


class DeclaredData:
    """Samples of regions, read as `data` declares. Raises DataError where files cannot be used."""

    def __init__(self, data: Data, settings: DataSettings) -> None:
        self.declared = data
        genome = Genome(data.genome) if data.genome is not None else None
        renamed = dict(settings.rename_chromosomes or {})
        self.regions = _regions(data, genome, renamed)
        self.path = str(self.regions.files[0])
        self.context = Context(self.regions, genome, data.celltypes, renamed)
        self.readers = {key: _reader(data, f"batch.{key}", self.context) for key in data.readers}
        rows = _rows(data, self.regions)
        celltypes = max(1, len(data.celltypes))
        self.rows = np.concatenate([rows] * celltypes)  # [S] or [S, R]
        self.celltype = np.repeat(np.arange(celltypes), len(rows))  # [S]
        self.chromosomes = np.array(self.regions.chromosomes, str)[self._first("chrom")]
        self.table = self._table()
        self._refuse_other_shapes()

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def files(self) -> tuple[Path, ...]:
        """All files that are read."""
        named = [path for reader in self.readers.values() for path in reader.files()]
        return tuple(dict.fromkeys([*self.regions.files, *named]))

    @property
    def notes(self) -> tuple[str, ...]:
        """What was left out of the files, in sentences."""
        return self.regions.notes

    def places(self, indices: Indices) -> Places:
        """Where some samples lie: [n], or [n, R]."""
        rows = self.rows[indices]
        celltype = self.celltype[indices]
        table = self.regions
        strand = np.where(table.strand[rows] < 0, -1, 1).astype(np.int8)
        return Places(
            table.chrom[rows],
            table.start[rows],
            table.end[rows],
            strand,
            rows,
            np.broadcast_to(celltype.reshape(-1, *(1,) * (rows.ndim - 1)), rows.shape),
            table.chromosomes,
            self.declared.celltypes,
        )

    def batch(self, indices: Indices, draws: Draws | None = None) -> Batch:
        """The samples under the keys that `data` declares."""
        places = self.places(np.asarray(indices))
        found = {key: self._read(reader, places, draws) for key, reader in self.readers.items()}
        if self.declared.celltypes and CELLTYPE not in found:
            found[CELLTYPE] = torch.from_numpy(self.celltype[indices])
        return found

    def weights(self) -> Array | None:
        """How often each sample [S] is drawn, by `weights`; of a window the mean of its regions."""
        if "weights" not in self.declared.sources:
            return None
        reader = _reader(self.declared, "weights", self.context)
        parts = np.array_split(np.arange(len(self)), 1 + len(self) // _AT_ONCE)
        found = [self._read(reader, self.places(part), None).numpy() for part in parts]
        values: Array = np.concatenate(found).reshape(len(self), -1).mean(axis=1)
        return values

    def _read(self, reader: Reader, places: Places, draws: Draws | None) -> Tensor:
        shape = places.start.shape
        if reader.whole_windows or len(shape) == 1:
            return reader.tensor(reader.read(places), _shifts(reader, draws, len(places)))
        shifts = np.repeat(_shifts(reader, draws, len(places)), shape[1])
        values = reader.tensor(reader.read(places.flat()), shifts)
        return values.reshape(*shape, *values.shape[1:])

    def reverse_complement(self, batch: Batch) -> Batch:
        """The same samples, each region read along its other strand."""
        return {
            key: self.readers[key].reverse_complement(value) if key in self.readers else value
            for key, value in batch.items()
        }

    def fingerprint(self) -> str:
        """sha256 of the declaration, the regions and the bytes of all files."""
        sources = {name: [item.name, item.params] for name, item in self.declared.sources.items()}
        digest = hashlib.sha256(json.dumps(_without_paths(sources), sort_keys=True, default=str).encode())
        for path in self.files:
            digest.update(sha256_of(path).encode())
        for values in (self.rows, self.regions.chrom, self.regions.start, self.regions.end):
            digest.update(np.ascontiguousarray(values).tobytes())
        return digest.hexdigest()

    def _refuse_other_shapes(self) -> None:
        """The first sample is what the spec takes it for."""
        if len(self):
            files = {key: reader.files()[0] for key, reader in self.readers.items() if reader.files()}
            taken = {key: type.substitute(self.declared.sizes) for key, type in self.declared.outputs.items()}
            refuse_other_shapes(self.batch(np.array([0])), taken, files)

    def _first(self, name: str) -> Any:
        """A column of the first region of each sample."""
        rows = self.rows if self.rows.ndim == 1 else self.rows[:, 0]
        return getattr(self.regions, name)[rows]

    def _table(self) -> dict[str, np.ndarray[Any, Any]]:
        """What identifies each sample; a window by its first region's name and the stretch of all."""
        last = self.regions.end[self.rows]
        strand = np.array([".", "+", "-"])[self._first("strand")]
        found = {
            "name": self._first("name"),
            "chrom": self.chromosomes,
            "start": self._first("start"),
            "end": last if last.ndim == 1 else last.max(axis=1),
            "strand": strand,
        }
        if self.declared.celltypes:
            found["celltype"] = np.array(self.declared.celltypes)[self.celltype]
        return found


def _made(data: Data, name: str) -> Any:
    source = data.sources[name]
    return extern_class(source.extern)(**source.params)


def _regions(data: Data, genome: Genome | None, renamed: Mapping[str, str]) -> RegionTable:
    regions: RegionTable = _made(data, "regions").table(genome, renamed)
    if "negatives" in data.sources:
        return with_negatives(regions, _made(data, "negatives"), genome, renamed)
    return regions


def _rows(data: Data, table: RegionTable) -> Any:
    if "samples" not in data.sources:
        return np.arange(len(table))
    return _made(data, "samples").rows(table)


def _reader(data: Data, key: str, context: Context) -> Reader:
    reader: Reader = _made(data, key)
    try:
        reader.open(context)
    except DataError as error:
        name = key.removeprefix("batch.")
        raise DataError(error.path, f"{error.problem} (for `{name}`)", error.fix) from error
    return reader


def _shifts(reader: Reader, draws: Draws | None, number: int) -> Any:
    return draws.bp(reader.jitter) if draws is not None and reader.jitter else np.zeros(number, np.int64)


def _without_paths(sources: Mapping[str, Any]) -> Any:
    """Where a file lies says nothing of what is in it."""
    from getdsl.compiler.constants.paths import PathText

    def bare(value: Any) -> Any:
        if isinstance(value, PathText):
            return None
        if isinstance(value, Mapping):
            return {key: bare(item) for key, item in value.items()}
        return [bare(item) for item in value] if isinstance(value, list) else value

    return bare(sources)

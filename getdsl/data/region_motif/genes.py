"""Windows around the starts of genes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

import numpy as np

from getdsl.data.errors import DataError, suggest
from getdsl.data.places import Ints
from getdsl.data.region_motif.peaks import Peaks
from getdsl.data.region_motif.steps import runs
from getdsl.data.region_motif.store import MotifStore
from getdsl.data.table import Column

ABSENT = -1


@dataclass(frozen=True)
class GeneWindows:
    """The windows of one cell type [S], positions counting its kept peaks: by gene, then by start of it.

    `tss` [S, size] are the positions in the window of all peaks where the gene starts, then -1.
    """

    starts: Ints
    names: Column
    strands: Ints  # 0 where the gene is on the forward strand, 1 on the other
    tss: Ints

    def __len__(self) -> int:
        return len(self.starts)


@dataclass(frozen=True)
class Genes:
    """The starts of the genes that are asked for, by name: the row of the peak, the name, the strand."""

    rows: Ints
    names: Column
    strands: Ints

    def windows(self, peaks: Peaks, kept: Ints, size: int) -> GeneWindows:
        """Windows of `size` kept peaks, `size // 2` of them before a peak where a gene starts.

        What would cross a chromosome's end is left out, as is a start whose peak is not kept.
        """
        at = np.full(len(peaks), ABSENT)
        at[kept] = np.arange(len(kept))
        first, last = np.empty(len(kept), np.int64), np.empty(len(kept), np.int64)
        for start, end in runs(peaks.chrom[kept]):
            first[start:end], last[start:end] = start, end
        found = []
        for start, end in _runs_of_text(self.names):
            centres = np.unique(at[self.rows[start:end]])
            centres = centres[centres != ABSENT]
            starts = centres - size // 2
            inside = (starts >= first[centres]) & (starts + size <= last[centres])
            found += [(start, each, _padded(centres - each, size)) for each in starts[inside].tolist()]
        gene = np.array([item[0] for item in found], np.int64)
        return GeneWindows(
            np.array([item[1] for item in found], np.int64),
            self.names[gene],
            self.strands[gene],
            np.stack([item[2] for item in found]) if found else np.empty((0, size), np.int64),
        )


def genes_of(store: MotifStore, wanted: str | Sequence[str]) -> Genes:
    """Genes by name or pattern (`HOX*`). Raises DataError where one is not in the store."""
    rows, names, strands = store.genes()
    patterns = [
        part.strip() for item in ([wanted] if isinstance(wanted, str) else wanted) for part in item.split(",")
    ]
    known = np.unique(names)
    chosen: set[str] = set()
    for pattern in filter(None, patterns):
        if any(sign in pattern for sign in "*?["):
            matches = [name for name in known.tolist() if fnmatchcase(name, pattern)]
        else:
            matches = [pattern] if pattern in known else []
        if not matches:
            raise DataError(store.path, f"it has no gene {pattern!r}", _some(pattern, known.tolist()))
        chosen.update(matches)
    order = np.argsort(names, kind="stable")
    order = order[np.isin(names[order], list(chosen))]
    return Genes(rows[order], names[order], np.where(strands[order] == "-", 1, 0))


def _some(name: str, known: list[str]) -> str:
    if len(known) <= 20:
        return suggest(name, known)
    return f"{suggest(name, known).partition('there are: ')[0]}it has {len(known):,}, such as {known[0]}"


def _runs_of_text(names: Column) -> list[tuple[int, int]]:
    return runs(np.unique(names, return_inverse=True)[1])


def _padded(positions: Ints, size: int) -> Ints:
    found = np.full(size, ABSENT)
    inside = positions[(positions >= 0) & (positions < size)]
    found[: len(inside)] = inside
    return found

"""Files of fragments, with a tabix index or without: which fragments lie at a place."""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from operator import attrgetter
from pathlib import Path
from typing import Protocol

import numpy as np

from getdsl.data.barcodes import Barcodes, Cell
from getdsl.data.errors import DataError
from getdsl.data.fragment_ends import NONE, FragmentEnds, distinct
from getdsl.data.opened import PerProcess
from getdsl.data.reader import Context
from getdsl.formats.fragments import Fragment, IndexedFragments, index_of, is_whole, read_fragments
from getdsl.formats.text import FormatError

MOST_HELD = 1 << 29  # rows of a file without an index: 4 GiB
_ANY = Cell(0, 0)
_BY_PLACE = "sort it with `sort -k1,1 -k2,2n`, pack it with `bgzip`, index it with `tabix -p bed`"


class Counting:
    """Which fragments count, and where they begin and end."""

    def __init__(self, *, distinct: bool, shift: tuple[int, int], barcodes: Barcodes | None) -> None:
        self.distinct, self.shift, self.barcodes = distinct, shift, barcodes

    def cell(self, barcode: str) -> Cell | None:
        """Of a fragment that counts; without barcodes all are of one."""
        return _ANY if self.barcodes is None else self.barcodes.cells.get(barcode)

    def ends(self, start: array[int], end: array[int], barcode: array[int]) -> FragmentEnds:
        """Of fragments of one cell type, given by column."""
        starts, ends = np.asarray(start, np.int64), np.asarray(end, np.int64)
        if self.distinct:
            starts, ends = distinct(starts, ends, np.asarray(barcode, np.int64))
        starts, ends = starts + self.shift[0], ends + self.shift[1]
        left = starts < ends
        return FragmentEnds.of(starts[left], ends[left])


class FragmentFile(Protocol):
    """A file of fragments."""

    def ends(self, chrom: str, start: int, end: int, celltype: int) -> FragmentEnds:
        """Of those of a cell type that touch a place, and perhaps of others on its chromosome."""
        ...


def open_fragments(path: Path, context: Context, counting: Counting) -> FragmentFile:
    """A file, read by place where it has an index. Raises DataError where it cannot be used."""
    index = index_of(path)
    with _sentences():
        if index is None:
            return HeldFragments(path, context, counting)
        return PlacedFragments(path, index, context, counting)


@contextmanager
def _sentences() -> Iterator[None]:
    """Turns what is wrong with a file into a DataError."""
    try:
        yield
    except FormatError as error:
        problem = f"line {error.line}: {error.problem}" if error.line else error.problem
        raise DataError(error.path, problem, "give fragments as `chrom start end`, with tabs") from error


def _names_in(path: Path, context: Context, chromosomes: Sequence[str]) -> dict[str, str]:
    if not chromosomes:
        raise DataError(path, "it holds no fragments", "give fragments as `chrom start end`, with tabs")
    return context.names_in(path, chromosomes)


class HeldFragments:
    """A file without an index: the ends of what counts on the regions' chromosomes, 8 bytes a fragment."""

    def __init__(self, path: Path, context: Context, counting: Counting) -> None:
        names: dict[str, str] = {}
        columns = _columns(path, context, counting, names)
        _names_in(path, context, list(names))
        if counting.barcodes is not None and not columns:
            counting.barcodes.refuse_others(path, (row.barcode for row in read_fragments(path)))
        self._ends = {key: counting.ends(*columns.pop(key)) for key in list(columns)}

    def ends(self, chrom: str, start: int, end: int, celltype: int) -> FragmentEnds:
        return self._ends.get((chrom, celltype), NONE)


_Columns = tuple["array[int]", "array[int]", "array[int]"]  # starts, ends and barcodes


def _columns(
    path: Path, context: Context, counting: Counting, names: dict[str, str]
) -> dict[tuple[str, int], _Columns]:
    """What counts, by the regions' chromosome and cell type; `names` takes the genome's by the file's."""
    found: dict[tuple[str, int], _Columns] = defaultdict(lambda: (array("i"), array("i"), array("i")))
    used, lengths = frozenset(context.used), context.lengths
    for number, row in enumerate(read_fragments(path)):
        if number >= MOST_HELD:
            problem = f"it holds more than {MOST_HELD:,} fragments, and has no index to be read by place"
            raise DataError(path, problem, _BY_PLACE)
        chrom = names.get(row.chrom) or names.setdefault(row.chrom, context.genome_name(row.chrom))
        cell = counting.cell(row.barcode)
        if chrom not in used or cell is None:
            continue
        if row.end > lengths.get(chrom, row.end):
            raise _beyond(path, row, lengths[chrom], f"line {row.line}")
        start, end, barcode = found[chrom, cell.celltype]
        start.append(row.start)
        end.append(row.end)
        barcode.append(cell.number)
    return dict(found)


def _beyond(path: Path, row: Fragment, length: int, where: str) -> DataError:
    problem = f"{where}: a fragment ends at {row.chrom}:{row.end}, past the chromosome's {length} bp"
    return DataError(path, problem, "give the genome that the reads were aligned to")


class PlacedFragments:
    """A file with its index, of which nothing is held."""

    def __init__(self, path: Path, index: Path, context: Context, counting: Counting) -> None:
        _refuse_stale(path, index)
        self._path, self._lengths, self._counting = path, context.lengths, counting
        self._file: PerProcess[IndexedFragments] = PerProcess(partial(IndexedFragments, path, index))
        self._names = _names_in(path, context, self._file.get().chromosomes)
        if counting.barcodes is not None:
            counting.barcodes.refuse_others(path, (row.barcode for row in read_fragments(path)))

    def ends(self, chrom: str, start: int, end: int, celltype: int) -> FragmentEnds:
        columns = array("q"), array("q"), array("q")
        for row in self._rows(chrom, start, end):
            cell = self._counting.cell(row.barcode)
            if cell is not None and cell.celltype == celltype:
                for column, value in zip(columns, (row.start, row.end, cell.number), strict=True):
                    column.append(value)
        return self._counting.ends(*columns)

    def _rows(self, chrom: str, start: int, end: int) -> list[Fragment]:
        """The rows whose shifted fragments may touch a place."""
        name = self._names.get(chrom)
        if name is None:
            return []
        reach = max(map(abs, self._counting.shift))
        with _sentences():
            rows = self._file.get().overlapping(name, start - reach, end + reach)
        length = self._lengths.get(chrom)
        if length is not None and rows and max(row.end for row in rows) > length:
            last = max(rows, key=attrgetter("end"))
            raise _beyond(self._path, last, length, f"the row {name} {last.start} {last.end}")
        return rows


def _refuse_stale(path: Path, index: Path) -> None:
    if not is_whole(path):
        problem = "it ends too early: the last block that bgzip writes is not there"
        raise DataError(path, problem, "copy or make it again")
    if index.stat().st_mtime_ns < path.stat().st_mtime_ns:
        problem = f"its index {index.name} is older than it is"
        fix = f"index it again by `tabix -f -p bed {path.name}`, or `touch` the index where it is right"
        raise DataError(path, problem, fix)

"""Files of fragments, with a tabix index or without: which fragments lie at a place."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from functools import partial
from operator import attrgetter
from pathlib import Path
from typing import Protocol

import numpy as np

from getdsl.data.barcodes import NO_CELL, Barcodes, Cell
from getdsl.data.errors import DataError
from getdsl.data.fragment_ends import NONE, FragmentEnds, Numbers, distinct
from getdsl.data.opened import PerProcess
from getdsl.data.reader import Context
from getdsl.formats.fragments import Fragment, IndexedFragments, barcodes_of, index_of
from getdsl.formats.region_blocks import Block, region_blocks
from getdsl.formats.text import FormatError, unpacked

MOST_HELD = 1 << 29  # rows of a file without an index: 4 GiB
_ANY = Cell(0, 0)
_WHAT_IT_TAKES = "give fragments as `chrom start end`, with tabs"
_BY_PLACE = "sort it with `sort -k1,1 -k2,2n`, pack it with `bgzip`, index it with `tabix -p bed`"


class Counting:
    """Which fragments count, and where they begin and end."""

    def __init__(self, *, distinct: bool, shift: tuple[int, int], barcodes: Barcodes | None) -> None:
        self.distinct, self.shift, self.barcodes = distinct, shift, barcodes

    def cell(self, barcode: str) -> Cell:
        """Of a fragment; without barcodes all are of one."""
        return _ANY if self.barcodes is None else self.barcodes.cells.get(barcode, NO_CELL)

    def ends(self, fragments: Numbers) -> FragmentEnds:
        """Of fragments of one cell type, given as starts, ends and numbers of cells [3, n]."""
        start, end, cell = fragments
        if self.distinct:
            start, end = distinct(start, end, cell)
        start, end = start + self.shift[0], end + self.shift[1]
        left = start < end
        return FragmentEnds.of(start[left], end[left])


class FragmentFile(Protocol):
    """A file of fragments."""

    def ends(self, chrom: str, start: int, end: int, celltype: int) -> FragmentEnds:
        """Of those of a cell type that touch a place, and perhaps of others on its chromosome."""
        ...


def open_fragments(path: Path, context: Context, counting: Counting) -> FragmentFile:
    """A file, read by place where it has an index. Raises DataError where it cannot be used."""
    index = index_of(path)
    try:
        if index is None:
            return HeldFragments(path, context, counting)
        return PlacedFragments(path, index, context, counting)
    except FormatError as error:
        raise DataError.of(error, _WHAT_IT_TAKES) from error


def _names_in(path: Path, context: Context, chromosomes: Collection[str]) -> dict[str, str]:
    if not chromosomes:
        raise DataError(path, "it holds no fragments", _WHAT_IT_TAKES)
    names = context.names_in(path, chromosomes)
    context.note_absent(path, names)
    return names


class HeldFragments:
    """A file without an index: the ends of what counts on the regions' chromosomes, 8 bytes a fragment."""

    def __init__(self, path: Path, context: Context, counting: Counting) -> None:
        names: dict[str, str] = {}
        parts = _counted(path, context, counting, names)
        _names_in(path, context, names)
        if counting.barcodes is not None and not parts:
            counting.barcodes.refuse_others(path, barcodes_of(path))
        self._ends = {key: counting.ends(np.concatenate(parts.pop(key), axis=1)) for key in list(parts)}

    def ends(self, chrom: str, start: int, end: int, celltype: int) -> FragmentEnds:
        return self._ends.get((chrom, celltype), NONE)


def _counted(
    path: Path, context: Context, counting: Counting, names: dict[str, str]
) -> dict[tuple[str, int], list[Numbers]]:
    """What counts, by the regions' chromosome and cell type; `names` takes the genome's by the file's."""
    found: dict[tuple[str, int], list[Numbers]] = defaultdict(list)
    rows = 0
    for block in region_blocks(path):
        rows += len(block.start)
        if rows > MOST_HELD:
            problem = f"it holds more than {MOST_HELD:,} fragments, and has no index to be read by place"
            raise DataError(path, problem, _BY_PLACE)
        cell, celltype = _cells(block, counting)
        for number, name in enumerate(block.chromosomes):
            chrom = names.setdefault(name, context.genome_name(name))
            here = (block.number == number) & (chrom in context.used)
            _refuse_beyond(path, block, here, context.lengths.get(chrom))
            for each in np.unique(celltype[here & (celltype >= 0)]).tolist():
                chosen = here & (celltype == each)
                columns = [column[chosen] for column in (block.start, block.end, cell)]
                found[chrom, each].append(np.array(columns, np.int32))
    return dict(found)


def _cells(block: Block, counting: Counting) -> tuple[Numbers, Numbers]:
    """The numbers of each row's cell and of its cell type [n]; -1 where it does not count."""
    if block.name is None or counting.barcodes is None:
        cells = np.array([counting.cell("")])
        return tuple(np.broadcast_to(cells.T, (2, len(block.start))))
    barcodes, number = np.unique(block.name, return_inverse=True)
    cells = np.array([counting.cell(name.decode(errors="replace")) for name in barcodes.tolist()])
    cell, celltype = cells[number].T
    return cell, celltype


def _refuse_beyond(path: Path, block: Block, here: Numbers, length: int | None) -> None:
    if length is None:
        return
    wrong = np.flatnonzero(here & (block.end > length))
    if wrong.size:
        row = int(wrong[0])
        chrom = block.chromosomes[block.number[row]]
        raise _beyond(path, f"line {block.line[row]}", chrom, int(block.end[row]), length)


def _beyond(path: Path, where: str, chrom: str, end: int, length: int) -> DataError:
    problem = f"{where}: a fragment ends at {chrom}:{end}, past the chromosome's {length} bp"
    return DataError(path, problem, "give the genome that the reads were aligned to")


class PlacedFragments:
    """A file with its index, of which nothing is held."""

    def __init__(self, path: Path, index: Path, context: Context, counting: Counting) -> None:
        _refuse_stale(path, index)
        self._path, self._lengths, self._counting = path, context.lengths, counting
        self._file: PerProcess[IndexedFragments] = PerProcess(partial(IndexedFragments, path, index))
        self._names = _names_in(path, context, self._file.get().chromosomes)
        if counting.barcodes is not None:
            counting.barcodes.refuse_others(path, barcodes_of(path))

    def ends(self, chrom: str, start: int, end: int, celltype: int) -> FragmentEnds:
        cells = ((row, self._counting.cell(row.barcode)) for row in self._rows(chrom, start, end))
        found = [(row.start, row.end, cell.number) for row, cell in cells if cell.celltype == celltype]
        return self._counting.ends(np.array(found, np.int64).reshape(-1, 3).T)

    def _rows(self, chrom: str, start: int, end: int) -> list[Fragment]:
        """The rows whose shifted fragments may touch a place."""
        name = self._names.get(chrom)
        if name is None:
            return []
        reach = max(map(abs, self._counting.shift))
        try:
            rows = self._file.get().overlapping(name, start - reach, end + reach)
        except FormatError as error:
            raise DataError.of(error, _WHAT_IT_TAKES) from error
        length = self._lengths.get(chrom)
        if length is not None and rows and max(row.end for row in rows) > length:
            last = max(rows, key=attrgetter("end"))
            raise _beyond(self._path, f"the row {name} {last.start} {last.end}", name, last.end, length)
        return rows


def _refuse_stale(path: Path, index: Path) -> None:
    """Raises DataError where an index is of an older file, FormatError where the file was cut off."""
    with unpacked(path):
        pass
    if index.stat().st_mtime_ns < path.stat().st_mtime_ns:
        problem = f"its index {index.name} is older than it is"
        fix = f"index it again by `tabix -f -p bed {path.name}`, or `touch` the index where it is right"
        raise DataError(path, problem, fix)

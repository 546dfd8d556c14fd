"""Which cells count, and as what: barcodes with their cell types."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from getdsl.data.errors import DataError, suggest
from getdsl.formats.text import FormatError, read_lines

CELLTYPE = "{celltype}"
_TYPES = ("celltype", "cell_type", "cell type", "cluster")
_FIX = "write a barcode and its cell type a line, with a tab or a comma between them"


class Cell(NamedTuple):
    """The number of a barcode, and of its cell type."""

    number: int
    celltype: int


NO_CELL = Cell(-1, -1)
"""Of a fragment that does not count."""


@dataclass(frozen=True)
class Barcodes:
    """The cells that count, by barcode, and the files that they stand in."""

    paths: tuple[Path, ...]
    cells: Mapping[str, Cell]

    def refuse_others(self, path: Path, barcodes: Iterable[str]) -> None:
        """Raises DataError where none of a file's barcodes counts; they are read up to one that does."""
        first = None
        for barcode in barcodes:
            if barcode in self.cells:
                return
            first = barcode if first is None else first
        if not first:
            fix = "give fragments with barcodes in their fourth column, or leave `barcodes` out"
            raise DataError(path, "its fragments have no barcodes", fix)
        problem = f"none of its barcodes, such as {first}, stands in {self.paths[0].name}"
        raise DataError(path, problem, f"write them alike: there they read {next(iter(self.cells))}")


def read_barcodes(path: Path, celltypes: Sequence[str]) -> Barcodes:
    """The barcodes of `celltypes`; of no cell types all barcodes, as number 0.

    A path with `{celltype}` is a list of barcodes for each. Raises DataError where a barcode has two cell
    types, or a cell type has no barcode.
    """
    if CELLTYPE in str(path):
        return _of_lists([Path(str(path).replace(CELLTYPE, name)) for name in celltypes])
    types = dict(typed_barcodes(path) if celltypes else _checked(path, typed=False))
    if not types:
        raise DataError(path, "it holds no barcodes", _FIX)
    numbers = {name: number for number, name in enumerate(celltypes)} or dict.fromkeys(types.values(), 0)
    for name in celltypes:
        if name not in types.values():
            known = list(dict.fromkeys(types.values()))
            raise DataError(path, f"no barcode is of the cell type {name!r}", suggest(name, known))
    chosen = [(barcode, numbers[name]) for barcode, name in types.items() if name in numbers]
    return Barcodes((path,), {barcode: Cell(number, type) for number, (barcode, type) in enumerate(chosen)})


def typed_barcodes(path: Path) -> Iterator[tuple[str, str]]:
    """Barcodes with their cell types. Raises DataError where one has none, or two."""
    yield from _checked(path, typed=True)


def _of_lists(paths: Sequence[Path]) -> Barcodes:
    """The barcodes of a file for each cell type."""
    cells: dict[str, Cell] = {}
    for celltype, path in enumerate(paths):
        barcodes = dict(_checked(path, typed=False))
        if not barcodes:
            raise DataError(path, "it holds no barcodes", "write a barcode a line")
        for barcode in barcodes:
            other = cells.setdefault(barcode, Cell(len(cells), celltype)).celltype
            if other != celltype:
                problem = f"it has {barcode}, and so has {paths[other].name}"
                raise DataError(path, problem, "give each barcode one cell type")
    return Barcodes(tuple(paths), cells)


def _checked(path: Path, *, typed: bool) -> Iterator[tuple[str, str]]:
    """Barcodes with their cell types, each as often as it stands there."""
    lines: dict[str, tuple[int, str]] = {}
    for number, barcode, name in _rows(path):
        if typed and not name:
            raise DataError(path, f"line {number}: {barcode} has no cell type", _FIX)
        first, other = lines.setdefault(barcode, (number, name))
        if other != name:
            problem = f"line {number}: {barcode} is {name!r}, and {other!r} on line {first}"
            raise DataError(path, problem, "give each barcode one cell type")
        yield barcode, name


def _rows(path: Path) -> Iterator[tuple[int, str, str]]:
    """Line, barcode and cell type; a header says which column is which, else they are the first two."""
    place = 1
    try:
        for position, (number, line) in enumerate(read_lines(path)):
            fields = [field.strip().strip('"') for field in line.split("\t" if "\t" in line else ",")]
            if position == 0 and fields[0].lower() in ("barcode", "barcodes", ""):
                place = next((at for at, name in enumerate(fields) if name.lower() in _TYPES), 1)
            else:
                yield number, fields[0], fields[place] if len(fields) > place else ""
    except FormatError as error:
        raise DataError(path, error.problem, _FIX) from error

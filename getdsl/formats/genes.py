"""A table of genes: tab-separated, with a header."""

from dataclasses import dataclass
from pathlib import Path

from getdsl.formats.text import FormatError, read_lines

COLUMNS = ("chrom", "start", "end", "strand", "systematic")


@dataclass(frozen=True)
class Gene:
    """A coding sequence, 0-based half-open; it starts at `end` where the strand is `-`."""

    name: str
    chrom: str
    start: int
    end: int
    strand: str


def read_genes(path: Path) -> list[Gene]:
    """Genes in the file's order; columns other than COLUMNS are ignored."""
    lines = read_lines(path)
    _, header = next(lines, (1, ""))
    names = header.split("\t")
    missing = [column for column in COLUMNS if column not in names]
    if missing:
        raise FormatError(path, 1, f"the header lacks {', '.join(missing)}")
    places = [names.index(column) for column in COLUMNS]
    return [_read_gene(path, number, line.split("\t"), places) for number, line in lines]


def _read_gene(path: Path, number: int, fields: list[str], places: list[int]) -> Gene:
    if len(fields) <= max(places):
        raise FormatError(path, number, f"found {len(fields)} columns, the header has more")
    chrom, start, end, strand, name = (fields[place] for place in places)
    if strand not in ("+", "-"):
        raise FormatError(path, number, f"strand must be + or -, found {strand!r}")
    if not (start.isdecimal() and end.isdecimal() and int(start) < int(end)):
        raise FormatError(
            path, number, f"start and end must be numbers, start below end, found {start!r} and {end!r}"
        )
    return Gene(name, chrom, int(start), int(end), strand)

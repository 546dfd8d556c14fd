"""A table of a value for each gene, with a header; separated by tabs or, where there are none, by commas."""

from __future__ import annotations

import math
from pathlib import Path

from getdsl.formats.text import FormatError, first_names, read_lines


def read_gene_values(path: Path, genes: str | None = None, column: str | None = None) -> dict[str, float]:
    """Values by gene. Raises FormatError at a line that is none, and where a gene stands twice.

    `genes` names the column of genes, the first by default; `column` that of values, else the only other.
    """
    lines = read_lines(path)
    _, header = next(lines, (1, ""))
    separator = "\t" if "\t" in header else ","
    names = [name.strip().lstrip("\ufeff") for name in header.split(separator)]
    named = _place(path, names, genes) if genes is not None else 0
    valued = _place(path, names, column) if column is not None else _only_other(path, names, named)
    values: dict[str, float] = {}
    first: dict[str, int] = {}
    for number, line in lines:
        fields = line.split(separator)
        if len(fields) <= max(named, valued):
            raise FormatError(path, number, f"found {len(fields)} columns, the header has {len(names)}")
        gene = fields[named].strip()
        if gene in values:
            raise FormatError(path, number, f"the gene {gene} stands on line {first[gene]} already")
        values[gene], first[gene] = _number(path, number, names[valued], fields[valued].strip()), number
    if not values:
        raise FormatError(path, 0, "it holds no genes")
    return values


def _place(path: Path, names: list[str], wanted: str) -> int:
    if wanted not in names:
        raise FormatError(path, 1, f"it has no column {wanted!r}, only {first_names(names)}")
    return names.index(wanted)


def _only_other(path: Path, names: list[str], genes: int) -> int:
    others = [at for at in range(len(names)) if at != genes]
    if len(others) != 1:
        raise FormatError(path, 1, f"of its columns ({first_names(names)}) `column` must name that of values")
    return others[0]


def _number(path: Path, line: int, column: str, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        raise FormatError(path, line, f"{column} is {text!r}, which is no number") from None
    if not math.isfinite(value):
        raise FormatError(path, line, f"{column} is {text}, and every gene needs a number")
    return value

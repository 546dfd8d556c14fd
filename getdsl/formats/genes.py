"""Genes: GTF and GFF3, which count from 1, and tables with a header, which are 0-based and half-open."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

import numpy as np

from getdsl.formats.delimited import Fields, fields_of, made_of
from getdsl.formats.layouts import NAMES
from getdsl.formats.region_blocks import factors
from getdsl.formats.text import FormatError, read_blocks

ANNOTATION = 9  # columns of GTF and GFF3
IDENTIFIERS = ("systematic", "gene_id", "id", "name", "gene_name", "gene", "symbol")
SYMBOLS = ("gene_name", "gene", "symbol", "Name")
_GTF = re.compile(r'([^\s;]+) +"?([^";]*)"?')


@dataclass(frozen=True)
class Gene:
    """A gene or a part of one, 0-based half-open; it starts at `end` where the strand is `-`.

    `identifier` is the file's own name of it, `symbol` what people call it, where the file says that, and
    `line` where it stands, from 1.
    """

    name: str
    chrom: str
    start: int
    end: int
    strand: str
    symbol: str = ""
    line: int = 0
    identifier: str = ""


def read_genes(path: Path, feature: str = "gene", name: str | None = None) -> list[Gene]:
    """Genes in the file's order, plain or gzipped; of GTF and GFF3 the rows of a feature.

    `name` is the attribute or column that names them: by default the identifier, which also stands in where a
    gene lacks the attribute. Raises FormatError.
    """
    found: list[Gene] = []
    features: set[str] = set()
    reading: Callable[[Fields], list[Gene]] | None = None
    for fields in _blocks(path):
        if reading is None and _is_annotation(fields):
            reading = _Annotation(feature, name, features).genes
        elif reading is None:
            reading = _Table(fields, name).genes
            fields = fields.chosen(np.arange(1, len(fields)))
        found += made_of(fields, reading)
    if features and not found:
        fix = f"write `feature = …`: it has {', '.join(sorted(features)[:12])}"
        raise FormatError(path, 0, f"it has no {feature!r}", fix)
    return found


def _blocks(path: Path) -> Iterator[Fields]:
    """Rows with their columns, without comments, up to the sequences that a GFF3 may hold."""
    for first, block in read_blocks(path):
        genes, sequences, _ = block.partition(b"\n##FASTA")
        fields = fields_of(path, first, genes if genes.endswith(b"\n") else genes + b"\n", "\t")
        fields = fields.chosen(fields.data[fields.starts] != ord("#"))
        if len(fields):
            yield fields
        if sequences:
            return


def _is_annotation(fields: Fields) -> bool:
    numbers = [fields.field(0, column) for column in (3, 4)] if fields.widths[0] == ANNOTATION else [""]
    return all(text.isdecimal() for text in numbers)


class _Annotation:
    """The rows of GTF or GFF3: of both the columns are the same, and attributes differ."""

    def __init__(self, feature: str, name: str | None, features: set[str]) -> None:
        self.feature, self.name, self.features = feature, name, features
        self.identifiers = tuple(dict.fromkeys([f"{feature}_id", "gene_id", "ID"]))

    def genes(self, fields: Fields) -> list[Gene]:
        problem = f"columns, where GTF and GFF3 have {ANNOTATION}"
        fields.refuse(fields.widths != ANNOTATION, lambda row: f"it has {fields.widths[row]} {problem}")
        names, numbers = factors(fields.bytes_of(2))
        self.features.update(names)
        if self.feature not in names:
            return []
        rows = fields.chosen(numbers == names.index(self.feature))
        start, end = rows.integers(3, "start"), rows.integers(4, "end")
        rows.refuse(start < 1, lambda row: f"it starts at {start[row]}, and GTF and GFF3 count from 1")
        rows.refuse(start > end, lambda row: f"it is reversed: start {start[row]}, end {end[row]}")
        return [
            self.gene(rows, row, first - 1, last)
            for row, (first, last) in enumerate(zip(start.tolist(), end.tolist(), strict=True))
        ]

    def gene(self, rows: Fields, row: int, start: int, end: int) -> Gene:
        found = self.attributes(rows.text(row, 8))
        identifier, name = self.called(rows, row, found)
        symbol = next((found[key] for key in SYMBOLS if found.get(key)), "")
        chrom, strand = rows.text(row, 0), rows.text(row, 6)
        return Gene(name, chrom, start, end, strand, symbol, int(rows.lines[row]), identifier)

    def attributes(self, text: str) -> Mapping[str, str]:
        first = text.partition(";")[0]
        if "=" in first and '"' not in first:
            pairs = (item.partition("=") for item in text.split(";") if "=" in item)
            return {key.strip(): unquote(value.strip()) for key, _, value in pairs}
        return dict(_GTF.findall(text))

    def called(self, rows: Fields, row: int, found: Mapping[str, str]) -> tuple[str, str]:
        """The identifier and the name of a gene."""
        identifier = next((found[key] for key in self.identifiers if found.get(key)), "")
        identifier = identifier.removeprefix(f"{self.feature}:")
        name = found.get(self.name, "") if self.name is not None else ""
        if not (name or identifier):
            problem = f"it has no {self.name or ' or '.join(self.identifiers)}"
            fix = f"`name` is one of its attributes: {', '.join(found) or 'it has none'}"
            raise FormatError(rows.path, int(rows.lines[row]), problem, fix)
        return identifier, name or identifier


class _Table:
    """A table with tabs; `header` is its first row."""

    def __init__(self, header: Fields, name: str | None) -> None:
        names = [header.text(0, column).lstrip("#") for column in range(int(header.widths[0]))]
        lower = [text.lower() for text in names]
        self.width = len(names)
        spellings = {key: NAMES[key] for key in ("chrom", "start", "end", "strand")}
        self.places = {
            key: next((at for at, text in enumerate(lower) if text in known), -1)
            for key, known in spellings.items()
        }
        self.identifier = next((lower.index(key) for key in IDENTIFIERS if key in lower), -1)
        self.name = names.index(name) if name in names else self.identifier
        self.symbol = next((names.index(key) for key in SYMBOLS if key in names), -1)
        lacking = [key for key, at in self.places.items() if at < 0]
        lacking += ["a column of names, such as gene_id"] if self.identifier < 0 else []
        if lacking:
            raise FormatError(header.path, int(header.lines[0]), f"the header lacks {', '.join(lacking)}")
        if name is not None and name not in names:
            raise FormatError(header.path, 1, f"it has no column {name!r}", f"it has {', '.join(names[:12])}")

    def genes(self, fields: Fields) -> list[Gene]:
        width = self.width
        fields.refuse(
            fields.widths != width, lambda row: f"found {fields.widths[row]} columns, the header has {width}"
        )
        start, end = (fields.integers(self.places[key], key) for key in ("start", "end"))
        fields.refuse(start < 0, lambda row: f"it starts at {start[row]}, before its chromosome")
        fields.refuse(
            start >= end, lambda row: f"start must lie below end, found {start[row]} and {end[row]}"
        )
        return [
            self.gene(fields, row, first, last)
            for row, (first, last) in enumerate(zip(start.tolist(), end.tolist(), strict=True))
        ]

    def gene(self, fields: Fields, row: int, start: int, end: int) -> Gene:
        identifier = fields.text(row, self.identifier)
        name = fields.text(row, self.name) or identifier
        symbol = fields.text(row, self.symbol) if self.symbol >= 0 else ""
        chrom, strand = (fields.text(row, self.places[key]) for key in ("chrom", "strand"))
        return Gene(name, chrom, start, end, strand, symbol, int(fields.lines[row]), identifier)

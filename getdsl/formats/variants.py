"""Variants of VCF files and tables, row by row as they stand: what a row says is judged by who scores it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from getdsl.formats.text import FormatError, read_lines

_COLUMNS = {
    "chrom": ("chrom", "chromosome", "chr", "#chrom"),
    "pos": ("pos", "position"),
    "ref": ("ref", "reference"),
    "alt": ("alt", "alternate"),
}
_FIXED = 8  # columns of a VCF without samples
FIX = "give a VCF, or a table with the columns chrom, pos, ref and alt"


@dataclass(frozen=True)
class Record:
    """A row: `pos` is text, from 1 where it is a number, `text` the whole line, `genotypes` by individual."""

    line: int
    text: str
    chrom: str
    pos: str
    id: str
    ref: str
    alts: tuple[str, ...]
    genotypes: tuple[str, ...] = ()


class VariantFile:
    """A VCF, or a table with a header, plain or gzipped. Raises FormatError where it is neither.

    `header` are a VCF's lines that begin with `##`, `columns` its last one; both empty for a table.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.header: list[str] = []
        self.columns = ""
        self._places: dict[str, int] = {}
        for line, text in read_lines(path):
            if text.startswith("##"):
                self.header.append(text)
                continue
            self._take_columns(line, text)
            return
        raise FormatError(path, 0, "it holds no variants", FIX)

    @property
    def is_vcf(self) -> bool:
        return bool(self.columns)

    @property
    def individuals(self) -> tuple[str, ...]:
        return tuple(self.columns.split("\t")[_FIXED + 1 :])

    def contigs(self) -> dict[str, int]:
        """The lengths that the header says chromosomes have."""
        found = {}
        for text in self.header:
            if text.startswith("##contig=<") and text.endswith(">"):
                pairs = [item.partition("=") for item in text[len("##contig=<") : -1].split(",")]
                said = {key: value for key, _, value in pairs}
                if "ID" in said and said.get("length", "").isdecimal():
                    found[said["ID"]] = int(said["length"])
        return found

    def records(self) -> Iterator[Record]:
        """The rows in their order. Raises FormatError at one that lacks columns."""
        for line, text in read_lines(self.path):
            if not text.startswith("#") and line > self._first:
                yield self._record(line, text)

    def _take_columns(self, line: int, text: str) -> None:
        names = text.split("\t")
        if names[:5] == ["#CHROM", "POS", "ID", "REF", "ALT"]:
            self.columns, self._first = text, line
            return
        lower = [name.strip().lower() for name in names]
        for column, spellings in _COLUMNS.items():
            found = [lower.index(name) for name in spellings if name in lower]
            if not found:
                raise FormatError(self.path, line, f"its header has no column `{column}`", FIX)
            self._places[column] = found[0]
        if "id" in lower:
            self._places["id"] = lower.index("id")
        self._first = line

    def _record(self, line: int, text: str) -> Record:
        fields = text.split("\t")
        if self.is_vcf:
            wanted = self.columns.count("\t") + 1
            if len(fields) != wanted:
                raise FormatError(self.path, line, f"it has {len(fields)} columns, not {wanted}")
            chrom, pos, name, ref, alt = fields[:5]
            calls = tuple(field.partition(":")[0] for field in fields[_FIXED + 1 :])
            return Record(line, text, chrom, pos, name, ref, tuple(alt.split(",")), calls)
        if len(fields) <= max(self._places.values()):
            raise FormatError(self.path, line, f"it has {len(fields)} columns, fewer than the header")
        named = {column: fields[place].strip() for column, place in self._places.items()}
        alts = tuple(named["alt"].split(","))
        return Record(line, text, named["chrom"], named["pos"], named.get("id", "."), named["ref"], alts)

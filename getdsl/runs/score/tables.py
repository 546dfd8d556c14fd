"""Results as files: tab-separated text, Parquet, or the VCF with a field more."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from getdsl.data.errors import DataError
from getdsl.data.extras import optional
from getdsl.diagnostics import UserError
from getdsl.formats.variants import Record, VariantFile
from getdsl.text.opener import open_file

Row = Mapping[str, Any]
"""A value by column; what has none is None."""

FIELD = "GETDSL"
_ESCAPED = {ord(letter): f"%{ord(letter):02X}" for letter in "%|,;= \t"}


class Table(Protocol):
    """How rows are written: in parts, which are joined."""

    def write(self, rows: Iterable[tuple[Record | None, list[Row]]], path: Path) -> None:
        """A part: records of variants, where rows are of such, with the rows of each."""

    def join(self, parts: Iterator[Path], path: Path) -> None: ...


def table_of(output: Path, columns: Mapping[str, type], variants: VariantFile | None) -> Table:
    """The kind of table that a file's name asks for. Raises UserError."""
    name = output.name.lower()
    packed = name.endswith(".gz")
    if name.endswith((".tsv", ".tsv.gz")):
        return TextTable(list(columns), packed)
    if name.endswith((".vcf", ".vcf.gz")):
        if variants is None or not variants.is_vcf:
            raise UserError(
                f"`{output}` cannot be a VCF: the rows are not those of one", "write .tsv or .parquet"
            )
        return VariantTable(list(columns), variants, packed)
    if name.endswith((".parquet", ".pq")):
        try:
            return ParquetTable(columns, optional("pyarrow.parquet", output), optional("pyarrow", output))
        except DataError as error:
            raise UserError(f"{error.path}: {error.problem}", error.fix) from error
    raise UserError(f"`{output}` names no format", "end it in .tsv, .tsv.gz, .vcf, .vcf.gz or .parquet")


def text_of(value: object) -> str:
    """A value as text tables have it, nothing where there is none."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    return f"{value:.6g}" if isinstance(value, float) else str(value)


@dataclass(frozen=True)
class TextTable:
    columns: list[str]
    packed: bool

    def write(self, rows: Iterable[tuple[Record | None, list[Row]]], path: Path) -> None:
        lines = ["\t".join(text_of(row.get(name)) for name in self.columns) for _, own in rows for row in own]
        path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")

    def join(self, parts: Iterator[Path], path: Path) -> None:
        joined(["\t".join(self.columns)], parts, path, packed=self.packed)


@dataclass(frozen=True)
class VariantTable:
    """The rows as the VCF has them; `GETDSL` of their INFO holds a piece for each allele and region."""

    columns: list[str]
    variants: VariantFile
    packed: bool

    def write(self, rows: Iterable[tuple[Record | None, list[Row]]], path: Path) -> None:
        lines = [self._line(record, own) for record, own in rows if record is not None]
        path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")

    @property
    def _pieces(self) -> list[str]:
        return ["alt", *self.columns[self.columns.index("region") :]]

    def _line(self, record: Record, rows: Sequence[Row]) -> str:
        pieces = (
            "|".join(text_of(row.get(name)).translate(_ESCAPED) for name in self._pieces) for row in rows
        )
        fields = record.text.split("\t")
        said = f"{FIELD}={','.join(pieces)}"
        fields[7] = said if fields[7] in (".", "") else f"{fields[7]};{said}"
        return "\t".join(fields)

    def join(self, parts: Iterator[Path], path: Path) -> None:
        told = (
            f"##INFO=<ID={FIELD},Number=.,Type=String,Description="
            f'"Effects by getdsl score, %-encoded. Format: {"|".join(self._pieces)}">'
        )
        joined([*self.variants.header, told, self.variants.columns], parts, path, packed=self.packed)


def joined(header: Sequence[str], parts: Iterator[Path], path: Path, *, packed: bool) -> None:
    """Writes a header and parts of text one after the other, in bgzip's blocks where it is packed."""
    import pysam

    with pysam.BGZFile(str(path), "wb", None) if packed else path.open("wb") as file:
        file.write("".join(f"{line}\n" for line in header).encode())
        for part in parts:
            with open_file(part) as content:
                file.write(content.read())


@dataclass(frozen=True)
class ParquetTable:
    columns: Mapping[str, type]
    parquet: Any
    arrow: Any

    def _schema(self) -> Any:
        types = {str: self.arrow.string(), int: self.arrow.int64(), float: self.arrow.float32()}
        return self.arrow.schema([(name, types[type]) for name, type in self.columns.items()])

    def write(self, rows: Iterable[tuple[Record | None, list[Row]]], path: Path) -> None:
        plain = [{name: row.get(name) for name in self.columns} for _, own in rows for row in own]
        self.parquet.write_table(self.arrow.Table.from_pylist(plain, self._schema()), str(path))

    def join(self, parts: Iterator[Path], path: Path) -> None:
        with self.parquet.ParquetWriter(str(path), self._schema()) as writer:
            for part in parts:
                writer.write_table(self.parquet.read_table(str(part)))

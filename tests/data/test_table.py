"""`Table` beside dictionaries of rows, and what it says of files that cannot be used."""

from __future__ import annotations

import gzip
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow
import pyarrow.parquet
import pytest

from getdsl.data.errors import DataError
from getdsl.data.readers.table import Table
from tests.data.made_regions import Region, context_of, places_of, read

GENES = [Region("chrI", 10 * at, 10 * at + 5, "+", f"gene{at}") for at in range(6)]
ROWS = {f"gene{at}": {"early": at + 0.5, "late": -at, "n": at * at} for at in (5, 3, 0, 1, 9, 2, 4)}
TSV = "gene\tearly\tlate\tn\n" + "".join(
    f"{gene}\t{row['early']}\t{row['late']}\t{row['n']}\n" for gene, row in ROWS.items()
)


def write(folder: Path, kind: str, text: str = TSV) -> Path:
    path = folder / f"table.{kind}"
    if kind == "parquet":
        header, *rows = (line.split("\t") for line in text.splitlines())
        columns = list(zip(*rows, strict=True))
        table = {
            name: [_value(text) for text in column] for name, column in zip(header, columns, strict=True)
        }
        pyarrow.parquet.write_table(pyarrow.table(table), path)
    elif kind == "tsv.gz":
        path.write_bytes(gzip.compress(text.encode()))
    else:
        path.write_text(text.replace("\t", ",") if kind == "csv" else text)
    return path


def _value(text: str) -> Any:
    try:
        return float(text) if "." in text else int(text)
    except ValueError:
        return None if text == "NA" else text


@pytest.mark.parametrize("kind", ["tsv", "csv", "tsv.gz", "parquet"])
class TestKinds:
    def test_one_column(self, tmp_path: Path, kind: str) -> None:
        found = read(Table(file=str(write(tmp_path, kind)), columns="early"), context_of(GENES))
        assert found.dtype == np.float32
        assert found.tolist() == [ROWS[gene.name]["early"] for gene in GENES]

    def test_several_columns(self, tmp_path: Path, kind: str) -> None:
        reader = Table(file=str(write(tmp_path, kind)), columns=["n", "late", "n"])
        found = read(reader, context_of(GENES))
        assert found.tolist() == [[ROWS[gene.name][name] for name in ("n", "late", "n")] for gene in GENES]

    def test_a_column_of_each_cell_type(self, tmp_path: Path, kind: str) -> None:
        reader = Table(file=str(write(tmp_path, kind)), columns="{celltype}")
        context = context_of(GENES, ["late", "early"])
        for celltype in context.celltypes:
            assert read(reader, context, celltype).tolist() == [ROWS[gene.name][celltype] for gene in GENES]
        assert reader.per_celltype

    def test_places_in_any_order(self, tmp_path: Path, kind: str) -> None:
        reader, context = Table(file=str(write(tmp_path, kind)), columns=["n"]), context_of(GENES)
        reader.open(context)
        assert reader.read(places_of(context, rows=[5, 0, 5])).tolist() == [[25], [0], [25]]
        assert reader.read(places_of(context, rows=[])).shape == (0, 1)

    def test_by_coordinates(self, tmp_path: Path, kind: str) -> None:
        rows = "".join(f"{gene.end}\tx{at}\tchrI\t{gene.start}\t{at}.5\n" for at, gene in enumerate(GENES))
        path = write(tmp_path, kind, "end\tid\tchr\tstart\tvalue\n" + rows)
        found = read(Table(file=str(path), columns="value"), context_of(GENES[::-1]))
        assert found.tolist() == [5.5, 4.5, 3.5, 2.5, 1.5, 0.5]

    def test_missing_rows_and_numbers(self, tmp_path: Path, kind: str) -> None:
        text = TSV.replace("gene3\t3.5\t", "gene3\tNA\t").replace("gene5\t", "gene55\t")
        path = write(tmp_path, kind, text)
        found = read(Table(file=str(path), columns="early", missing=-1.0), context_of(GENES))
        assert found.tolist() == [0.5, 1.5, 2.5, -1, 4.5, -1]

    def test_truths_are_numbers(self, tmp_path: Path, kind: str) -> None:
        text = "gene\tx\n" + "".join(f"gene{at}\t{at % 2 == 0}\n" for at in range(6))
        found = read(Table(file=str(write(tmp_path, kind, text)), columns="x"), context_of(GENES))
        assert found.tolist() == [1, 0, 1, 0, 1, 0]


def test_truths_of_parquet(tmp_path: Path) -> None:
    table = pyarrow.table({"gene": ["gene0", "gene1"], "x": [True, False]})
    pyarrow.parquet.write_table(table, tmp_path / "x.pq")
    found = read(Table(file=str(tmp_path / "x.pq"), columns="x"), context_of(GENES[:2]))
    assert found.tolist() == [1, 0]


def test_a_file_of_each_cell_type(tmp_path: Path) -> None:
    for celltype in ("early", "late"):
        (tmp_path / f"{celltype}.tsv").write_text(TSV.replace(celltype, "tpm"))
    reader = Table(file=str(tmp_path / "{celltype}.tsv"), columns="tpm")
    context = context_of(GENES, ["late", "early"])
    for celltype in context.celltypes:
        assert read(reader, context, celltype).tolist() == [ROWS[gene.name][celltype] for gene in GENES]
    assert [path.name for path in reader.files()] == ["late.tsv", "early.tsv"]


def test_another_column_names_the_rows(tmp_path: Path) -> None:
    (tmp_path / "x.tsv").write_text("value\tid\n1\tgene1\n0\tgene0\n")
    assert read(
        Table(file=str(tmp_path / "x.tsv"), columns="value", name="id"), context_of(GENES[:2])
    ).tolist() == [0, 1]


@pytest.mark.parametrize("head", ["# made by x\n#gene\tx\n", "#gene\tx\n", "##made by x\n\ngene\tx\n"])
def test_comments_before_the_header(tmp_path: Path, head: str) -> None:
    (tmp_path / "x.tsv").write_text(head + "gene1\t1\n# a note\ngene0\t0\n")
    assert read(Table(file=str(tmp_path / "x.tsv"), columns="x"), context_of(GENES[:2])).tolist() == [0, 1]


def test_quoted_names(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text('"gene","x, y"\n"gene1",1\n"gene0",0\n')
    assert read(Table(file=str(tmp_path / "x.csv"), columns="x, y"), context_of(GENES[:2])).tolist() == [0, 1]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "it is empty; give a table with a header"),
        (
            "gene\tx\nx1\t2\n",
            r"none of its names \(gene\), such as x1, is a region's: neither its name, such as gene0",
        ),
        (
            "gene\tx\ngene0\t2\n",
            r"no row of 5 of the 6 regions, the first of which is gene1 \(chrI:10-15\) on line 2",
        ),
        (TSV + "gene2\t1\t1\t1\n", r"gene2 is twice among its names \(gene\), as number 6 and 8"),
        (TSV.replace("early", "xx"), r"it has no column 'x'; .*there are: gene, xx, late, n"),
        (TSV.replace("late", "early"), "line 1: two columns are called 'early'"),
        (
            TSV.replace("gene3\t3.5", "gene3\thigh"),
            "line 3: 'early' is 'high', which is no number; name a column",
        ),
        (
            TSV.replace("gene3\t3.5", "gene3\tNA"),
            "line 3: 'early' is nan, which is no number; .*`missing = 0.0`",
        ),
        (TSV.replace("gene3\t3.5", "gene3\t"), "line 3: 'early' is"),
        (TSV.replace("gene3\t3.5", "gene3\t1e60"), "line 3: 'early' is 1e.60"),
        (TSV.replace("gene3\t3.5", "gene3"), "line 3: it has 3 columns, and the header 4"),
        ("gene\tearly\n", r"it has no names \(gene\)"),
        (b"\xff\xfe\x00\x01\x02", "it is not"),
        (gzip.compress(TSV.encode(), mtime=0)[:-9], "it is cut off"),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, text: str | bytes, problem: str) -> None:
    path = tmp_path / "x.tsv"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    column = "early" if b"early" in path.read_bytes() else "x"
    with pytest.raises(DataError, match=problem) as raised:
        Table(file=str(path), columns=column).open(context_of(GENES))
    assert raised.value.path == str(path)


@pytest.mark.parametrize("kind", ["tsv", "parquet"])
def test_none_there(tmp_path: Path, kind: str) -> None:
    with pytest.raises(DataError, match="there is no such file"):
        Table(file=str(tmp_path / f"x.{kind}"), columns="early").open(context_of(GENES))


class TestParquet:
    def test_rows_are_named(self, tmp_path: Path) -> None:
        path = write(tmp_path, "parquet", TSV.replace("gene3\t3.5", "gene3\tNA"))
        with pytest.raises(DataError, match="row 2: 'early' is nan, which is no number"):
            Table(file=str(path), columns="early").open(context_of(GENES))

    def test_one_that_was_cut_off(self, tmp_path: Path) -> None:
        path = write(tmp_path, "parquet")
        path.write_bytes(path.read_bytes()[:-7])
        with pytest.raises(DataError, match="it cannot be read"):
            Table(file=str(path), columns="early").open(context_of(GENES))

    def test_the_library_is_not_installed(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        path = write(tmp_path, "parquet")
        monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
        with pytest.raises(DataError, match=r"needs pyarrow, .*`pip install 'getdsl\[parquet\]'`"):
            Table(file=str(path), columns="early").open(context_of(GENES))

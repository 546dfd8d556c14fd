"""Scoring a VCF: effects equal whole runs, and what cannot be scored is kept with its reason."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import numpy as np
import pysam
import pytest

from getdsl.cli import main
from getdsl.diagnostics import UserError
from getdsl.runs.score import Choices, score
from tests.runs.score.conftest import CHROM, LENGTH

HEADER = "##fileformat=VCFv4.3\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"


def table(path: Path) -> list[dict[str, str]]:
    names, *rows = [line.split("\t") for line in path.read_text().splitlines()]
    return [dict(zip(names, row, strict=True)) for row in rows]


def line(genome: str, at: int, length: int, alt: str, name: str = ".") -> str:
    """A row of a VCF, `at` from 0."""
    return f"{CHROM}\t{at + 1}\t{name}\t{genome[at : at + length]}\t{alt}\t.\tPASS\tDP=3\n"


@pytest.fixture(scope="module")
def variants(genome: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """SNVs, insertions, deletions and others in and around the regions, several alleles in some rows."""
    random = np.random.default_rng(3)
    lines = []
    for at in np.sort(random.integers(60, 1500, 120)).tolist():
        length = int(random.choice([1, 1, 1, 2, 5, 9]))
        alts = {"".join(random.choice(list("ACGT"), random.choice([1, 1, 3, 7]))) for _ in range(2)}
        ref = genome[at : at + length]
        lines.append(line(genome, at, length, ",".join(sorted(alts - {ref}) or ["A" * 12]), f"v{at}"))
    path = tmp_path_factory.mktemp("variants") / "v.vcf"
    path.write_text(HEADER + "".join(lines))
    return path


def test_effects_equal_those_of_whole_runs(trained: Path, variants: Path, tmp_path: Path) -> None:
    both = Choices(both_strands=True, shifts=(-2, 0, 1))
    for number, choices in enumerate((Choices(), Choices(centred=True), both)):
        fast, slow = tmp_path / f"fast{number}.tsv", tmp_path / f"slow{number}.tsv"
        found = score(trained, variants, fast, choices)
        whole = Choices(choices.centred, choices.both_strands, choices.shifts, whole=True)
        score(trained, variants, slow, whole)
        got, want = table(fast), table(slow)
        assert found.rows == len(got) == len(want) > 100
        scored = [row for row in got if not row["reason"]]
        assert len(scored) > 80
        for one, other in zip(got, want, strict=True):
            assert one.keys() == other.keys()
            for name, value in one.items():
                if "." in name and value and not name.endswith("max_track"):
                    assert float(value) == pytest.approx(float(other[name]), abs=2e-5), name
        assert max(abs(float(row["counts.difference"])) for row in scored) > 1e-3
        assert max(float(row["profile.jensen_shannon"]) for row in scored) > 1e-5


def test_shifts_and_strands_are_averaged(trained: Path, variants: Path, tmp_path: Path) -> None:
    def differences(name: str, choices: Choices) -> np.ndarray:
        score(trained, variants, tmp_path / name, choices)
        return np.array([float(row["counts.difference"] or "nan") for row in table(tmp_path / name)])

    each = [differences(f"{shift}.tsv", Choices(shifts=(shift,))) for shift in (-1, 0, 3)]
    mean = differences("mean.tsv", Choices(shifts=(-1, 0, 3)))
    assert not np.allclose(each[0], each[1], equal_nan=True)
    np.testing.assert_allclose(mean, np.mean(each, axis=0), atol=2e-6)


def test_an_allele_is_a_row_in_each_region_that_reads_it(trained: Path, genome: str, tmp_path: Path) -> None:
    """Regions of 40 bp, of which 60 are read: r1400 reads 1390 to 1450, r1410 1400 to 1460."""
    other = {base: "ACGT"[("ACGT".index(base) + 1) % 4] for base in "ACGT"}
    ats = (89, 90, 149, 150, 1395, 1420, 1455, 2900)
    (tmp_path / "v.vcf").write_text(HEADER + "".join(line(genome, at, 1, other[genome[at]]) for at in ats))
    score(trained, tmp_path / "v.vcf", tmp_path / "out.tsv")
    rows = table(tmp_path / "out.tsv")
    assert [(int(row["pos"]) - 1, row["region"]) for row in rows] == [
        (89, ""), (90, "r100"), (149, "r100"), (150, ""), (1395, "r1400"),
        (1420, "r1400"), (1420, "r1410"), (1455, "r1410"), (2900, ""),
    ]  # fmt: skip
    assert {row["reason"] for row in rows if not row["region"]} == {"no region of the data reads its place"}


BAD = {
    "wrong_ref": (120, "N", "A", "REF N is not made of A, C, G and T"),
    "beyond": (99_999, "A", "T", f"it lies beyond the {LENGTH:,} bp of chrA"),
    "over_the_end": (LENGTH, "{ref}A", "T", f"it lies beyond the {LENGTH:,} bp of chrA"),
    "zero": (0, "A", "T", "position 0 is before the first base"),
    "no_number": ("x", "A", "T", "the position x is no whole number"),
    "symbolic": (120, "{ref}", "<DEL>", "<DEL> is symbolic, without its bases"),
    "star": (120, "{ref}", "*", "the allele * is a deletion that another row tells"),
    "no_alt": (120, "{ref}", ".", "it has no alternate allele"),
    "iupac": (120, "{ref}", "R", "ALT R is not made of A, C, G and T"),
    "breakend": (120, "{ref}", "{ref}[chrA:5[", "it is a breakend"),
    "same": (120, "{ref}", "{ref}", "ALT is REF"),
}


def test_what_cannot_be_scored_is_kept_with_its_reason(trained: Path, genome: str, tmp_path: Path) -> None:
    lines = []
    for name, (pos, ref, alt, _) in BAD.items():
        there = genome[pos - 1] if isinstance(pos, int) and 0 < pos <= LENGTH else "A"
        lines.append(f"{CHROM}\t{pos}\t{name}\t{ref.format(ref=there)}\t{alt.format(ref=there)}\t.\t.\t.\n")
    there, alt = genome[119], "ACGT"["CGTA".index(genome[119])]
    lines.append(f"A\t120\tother_name\t{there}\t{alt}\t.\t.\t.\n")
    lines.append(f"chrB\t120\tno_chromosome\t{there}\t{alt}\t.\t.\t.\n")
    lines.append(f"{CHROM}\t120\tmismatch\t{alt}\t{there}\t.\t.\t.\n")
    lines.append(f"{CHROM}\t120\tlower\t{there.lower()}\t{alt.lower()}\t.\t.\t.\n")
    (tmp_path / "v.vcf").write_text(HEADER + "".join(lines))
    score(trained, tmp_path / "v.vcf", tmp_path / "out.tsv")
    reasons = {row["id"]: row["reason"] for row in table(tmp_path / "out.tsv")}
    want = {name: reason for name, (*_, reason) in BAD.items()} | {
        "other_name": "the genome has no A: does it call it chrA? set `data.rename_chromosomes`",
        "no_chromosome": "the genome has no chrB",
        "mismatch": f"REF is {alt}, and the genome has {there}",
        "lower": "",
    }
    assert reasons == want


def test_a_vcf_keeps_its_rows_and_gains_a_field(trained: Path, variants: Path, tmp_path: Path) -> None:
    score(trained, variants, tmp_path / "out.vcf.gz")
    score(trained, variants, tmp_path / "out.tsv")
    rows = iter(table(tmp_path / "out.tsv"))
    with pysam.VariantFile(str(tmp_path / "out.vcf.gz")) as file:
        told = file.header.info["GETDSL"].description
        names = told.partition("Format: ")[2].split("|")
        records = list(file)
    texts = [text.split("\t") for text in variants.read_text().splitlines() if not text.startswith("#")]
    assert [(str(record.pos), record.id, record.ref) for record in records] == [
        (fields[1], fields[2], fields[3]) for fields in texts
    ]
    for record in records:
        assert record.info["DP"] == "3"
        for piece in record.info["GETDSL"]:
            values, row = dict(zip(names, piece.split("|"), strict=True)), next(rows)
            assert values["counts.difference"] == row["counts.difference"]
            assert values["alt"] == row["alt"]
    assert next(rows, None) is None


def test_parquet(trained: Path, variants: Path, tmp_path: Path) -> None:
    import pyarrow.parquet as parquet

    score(trained, variants, tmp_path / "out.parquet")
    score(trained, variants, tmp_path / "out.tsv")
    got = parquet.read_table(tmp_path / "out.parquet").to_pylist()
    want = table(tmp_path / "out.tsv")
    assert [row["region"] or "" for row in got] == [row["region"] for row in want]
    for one, other in zip(got, want, strict=True):
        if one["reason"] is None:
            assert one["counts.difference"] == pytest.approx(
                float(other["counts.difference"]), rel=1e-4, abs=1e-7
            )


def test_a_table_of_variants(trained: Path, genome: str, tmp_path: Path) -> None:
    alt = "ACGT"["CGTA".index(genome[119])]
    for name, header in (
        ("v.tsv", "chrom\tpos\tref\talt"),
        ("v.tsv.gz", "Chromosome\tPosition\tREF\tALT\tnote"),
    ):
        text = f"{header}\n{CHROM}\t120\t{genome[119]}\t{alt}\tx\n"
        data = text.encode()
        (tmp_path / name).write_bytes(gzip.compress(data) if name.endswith("gz") else data)
        score(trained, tmp_path / name, tmp_path / f"{name}.out.tsv")
        [row] = table(tmp_path / f"{name}.out.tsv")
        assert row["region"] == "r100"


def test_interrupted_it_goes_on_to_the_same_bytes(
    trained: Path, variants: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("getdsl.runs.score.variants.PART", 10)
    for name in ("out.tsv", "out.vcf.gz", "out.parquet"):
        score(trained, variants, tmp_path / f"whole.{name}")

        def stop(done: int) -> None:
            if done > 50:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            score(trained, variants, tmp_path / name, step=stop)
        assert not (tmp_path / name).exists()
        kept = sorted(path.name for path in (tmp_path / f".{name}.parts").glob("0*"))
        assert len(kept) == 6
        with pytest.raises(UserError, match="begun from another run"):
            score(trained, variants, tmp_path / name, Choices(shifts=(1,)))
        score(trained, variants, tmp_path / name)
        assert (tmp_path / name).read_bytes() == (tmp_path / f"whole.{name}").read_bytes()
        assert not (tmp_path / f".{name}.parts").exists()


# ---- what is refused, and what is printed


@pytest.mark.parametrize(
    ("text", "output", "told"),
    [
        ("", "out.tsv", "it holds no variants"),
        ("chrom\tpos\tref\n", "out.tsv", "has no column `alt`"),
        (HEADER + "chrA\t5\tx\n", "out.tsv", r"v\.vcf:3: it has 3 columns, not 8"),
        (HEADER, "out.xlsx", "names no format"),
        ("chrom\tpos\tref\talt\n", "out.vcf", "cannot be a VCF"),
        ("##contig=<ID=chrA,length=5>\n" + HEADER[len("##fileformat=VCFv4.3\n") :], "out.tsv", "has 5 bp"),
    ],
)
def test_files_that_cannot_be_used(text: str, output: str, told: str, trained: Path, tmp_path: Path) -> None:
    (tmp_path / "v.vcf").write_text(text)
    with pytest.raises(UserError, match=told):
        score(trained, tmp_path / "v.vcf", tmp_path / output)
    assert not (tmp_path / output).exists()


def test_no_variants_give_a_table_without_rows(
    trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "v.vcf").write_text(HEADER)
    assert main(["score", str(trained), str(tmp_path / "v.vcf"), "-o", str(tmp_path / "out.tsv")]) == 0
    assert "note: there are no variants to score, so the table has a header alone" in capsys.readouterr().err
    assert table(tmp_path / "out.tsv") == []


def test_the_command(
    trained: Path, variants: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = str(tmp_path / "out.tsv")
    assert main(["score", str(trained), str(variants), "-o", out]) == 0
    said = capsys.readouterr()
    assert re.search(r"out\.tsv: 120 variants, \d+ rows", said.out)
    assert "no region of the data reads its place" in said.out
    assert "computed anew, up to `mean`, which reads all positions at once" in said.err
    for arguments, told in (
        ([str(variants), "-o", out], "exists already"),
        (["-o", f"{out}2.tsv"], "there is nothing to score"),
        ([str(variants), "-o", f"{out}2.tsv", "--shifts", "a"], "is no list of bp"),
        ([str(variants), "-o", f"{out}2.tsv", "--inactivate-peaks"], "takes no variants"),
        (["-o", f"{out}2.tsv", "--inactivate-peaks"], "is one region"),
        ([str(variants), "-o", f"{out}2.tsv", "--haplotypes"], "has no genotypes"),
    ):
        assert main(["score", str(trained), *arguments]) == 1
        assert told in capsys.readouterr().err

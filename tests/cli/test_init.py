"""`getdsl init`: what it writes checks and trains, and what it is given wrongly it says."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import numpy as np
import pybigtools
import pysam
import pytest

from getdsl.cli import main
from getdsl.compiler.check import check
from getdsl.runs.starting.aside import chosen

Capsys = pytest.CaptureFixture[str]
CHROMOSOMES = {f"chr{number}": 6000 for number in range(1, 8)}
PROFILE = (
    "init",
    "--genome",
    "genome.fa",
    "--regions",
    "peaks.narrowPeak",
    "--signal",
    "plus.bw",
    "minus.bw",
)
FRAGMENTS = ("init", "--genome", "genome.fa", "--regions", "peaks.bed", "--fragments", "fragments.bed")


def write_bigwig(path: Path, sign: int = 1, prefix: str = "chr") -> None:
    random = np.random.default_rng(1)
    values = [
        (name.replace("chr", prefix), at, at + 1, float(sign * random.poisson(3)))
        for name, length in CHROMOSOMES.items()
        for at in range(0, length, 7)
    ]
    sizes = {name.replace("chr", prefix): length for name, length in CHROMOSOMES.items()}
    pybigtools.open(str(path), "w").write(sizes, iter(values))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A genome of seven chromosomes, 30 peaks on each, two bigWig files, fragments and motifs."""
    random = np.random.default_rng(0)
    genome = {name: "".join(random.choice(list("ACGT"), length)) for name, length in CHROMOSOMES.items()}
    (tmp_path / "genome.fa").write_text("".join(f">{name}\n{text}\n" for name, text in genome.items()))
    rows = [(name, at, at + 150) for name in CHROMOSOMES for at in range(500, 5000, 150)]
    peaks = "".join(f"{c}\t{s}\t{e}\tp{s}\t9\t.\t1\t2\t3\t40\n" for c, s, e in rows)
    (tmp_path / "peaks.narrowPeak").write_text(peaks)
    (tmp_path / "peaks.bed").write_text("".join(f"{c}\t{s}\t{e + s % 100}\n" for c, s, e in rows))
    cuts = [(name, int(at)) for name in CHROMOSOMES for at in random.integers(0, 5500, 600)]
    (tmp_path / "fragments.bed").write_text("".join(f"{c}\t{s}\t{s + 90}\n" for c, s in cuts))
    write_bigwig(tmp_path / "plus.bw")
    write_bigwig(tmp_path / "minus.bw")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(capsys: Capsys, *arguments: str) -> tuple[int, str, str]:
    code = main(arguments)
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_tracks_give_a_profile_model(folder: Path, capsys: Capsys) -> None:
    code, _, err = run(capsys, *PROFILE, "-o", "sub/mine.get")
    assert (code, "there is no folder `sub`" in err) == (1, True)
    Path("sub").mkdir()
    code, out, err = run(capsys, *PROFILE, "-o", "sub/mine.get")
    assert (code, err) == (0, "")
    assert "a small BPNet" in out
    assert "  getdsl train sub/mine.get -o runs/mine\n  getdsl evaluate runs/mine\n" in out
    text = Path("sub/mine.get").read_text()
    assert 'regions = Regions("../peaks.narrowPeak", around = "summit", width = length)' in text
    assert 'Signal(["../plus.bw", "../minus.bw"], length = length, swap = true, jitter = 50)' in text
    checked = check("sub/mine.get")
    assert (checked.ok, checked.diagnostics) == (True, [])
    assert max(map(len, text.splitlines())) <= 110


def test_the_scale_is_that_of_the_training_regions(folder: Path, capsys: Capsys) -> None:
    assert run(capsys, *FRAGMENTS)[0] == 0
    code, out, _ = run(capsys, "data", "my.get", "--format", "json", "--head", "999")
    assert code == 0
    cuts = [float(each["keys"]["cut_sites"]) for each in json.loads(out)["first"] if each["split"] == "train"]
    label = np.log2(1 + np.array(cuts))
    text = Path("my.get").read_text()
    assert f"param label_mean: float = {label.mean():.2f} " in text
    assert f"param label_std:  float = {label.std():.2f} " in text
    assert "width = 200)" in text  # of regions of several widths one that is round


def test_chromosomes_of_typical_size_are_held_out(folder: Path, capsys: Capsys) -> None:
    assert run(capsys, *FRAGMENTS)[0] == 0
    checked = check("my.get")
    assert checked.spec is not None
    settings = checked.spec.data_settings
    assert settings.hold_out is not None
    assert settings.validation is not None
    assert (settings.hold_out.chromosomes, settings.validation.chromosomes) == (("chr1",), ("chr2",))


@pytest.mark.parametrize("arguments", [PROFILE, FRAGMENTS])
def test_what_is_written_trains(folder: Path, capsys: Capsys, arguments: tuple[str, ...]) -> None:
    assert run(capsys, *arguments)[0] == 0
    machine = ("--device", "cpu", "--threads", "1", "--quiet")
    code, _, err = run(capsys, "train", "my.get", "-o", "run", "--set", "train.epochs=1", *machine)
    assert (code, err) == (0, "")
    assert json.loads(Path("run/metrics.json").read_text())["split"] == "test"


def test_known_motifs_are_begun_with_and_beaten(folder: Path, capsys: Capsys) -> None:
    assert run(capsys, *FRAGMENTS, "--motifs", "getdsl:yeast/JASPAR2026_fungi.meme")[0] == 0
    text = Path("my.get").read_text()
    assert "MotifScanner(motifs = motifs, kernel_size = 19," in text
    assert 'baseline           = MotifRidge("getdsl:yeast/JASPAR2026_fungi.meme")' in text
    assert check("my.get").diagnostics == []


def test_values_below_zero_are_no_reads(folder: Path, capsys: Capsys) -> None:
    write_bigwig(folder / "change.bw", sign=-1)
    assert run(capsys, *PROFILE[:6], "change.bw")[0] == 0
    text = Path("my.get").read_text()
    assert 'Signal("change.bw", length = 200, reduce = "mean")' in text
    assert "signal = MSE(signal, batch.measured)" in text
    assert check("my.get").diagnostics == []


def test_another_habit_of_naming_chromosomes_is_written_down(folder: Path, capsys: Capsys) -> None:
    write_bigwig(folder / "ensembl.bw", prefix="")
    assert run(capsys, *PROFILE[:6], "ensembl.bw")[0] == 0
    assert 'rename_chromosomes = { "1" = "chr1", "2" = "chr2",' in Path("my.get").read_text()
    assert check("my.get").diagnostics == []


def test_one_chromosome_is_split_in_blocks(folder: Path, capsys: Capsys) -> None:
    rows = [row for row in Path("peaks.bed").read_text().splitlines() if row.startswith("chr3\t")]
    Path("peaks.bed").write_text("\n".join(row for row in rows[::2]) + "\n")
    code, out, _ = run(capsys, *FRAGMENTS)
    assert code == 0
    assert "fraction = 0.15, block = 120 }" in Path("my.get").read_text()
    assert "to train on" in out


def test_genes_are_read_before_their_start(folder: Path, capsys: Capsys) -> None:
    genes = "".join(
        f"{name}\t{at}\t{at + 90}\t{'+-'[at % 20 // 10]}\tgene{name}{at}\n"
        for name in CHROMOSOMES
        for at in range(700, 5000, 150)
    )
    Path("genes.tsv").write_text("chrom\tstart\tend\tstrand\tsystematic\n" + genes)
    assert (
        run(
            capsys, "init", "--genome", "genome.fa", "--regions", "genes.tsv", "--fragments", "fragments.bed"
        )[0]
        == 0
    )
    assert 'regions = Promoters("genes.tsv", upstream = 500)' in Path("my.get").read_text()


TARGETS = {
    "alignments": (("--alignments", "reads.bam"), 'cut_sites = Alignments("reads.bam", paired = false)'),
    "anndata": (("--anndata", "peaks.h5ad"), 'measured = AnnData("peaks.h5ad", width = 3)'),
    "bedgraph": (("--signal", "cuts.bedGraph"), 'Signal(["cuts.bedGraph"], length = length'),
    "cell types": (
        ("--fragments", "cells.bed", "--barcodes", "barcodes.tsv"),
        'celltypes = ["b", "a"]',
    ),
}


def write_targets(folder: Path) -> None:
    """reads.bam, peaks.h5ad, cuts.bedGraph, and cells.bed with barcodes.tsv: of all peaks."""
    import anndata

    random = np.random.default_rng(2)
    rows = [row.split("\t") for row in (folder / "peaks.bed").read_text().splitlines()]
    places = [(chrom, int(start), int(end)) for chrom, start, end in rows]
    values = random.poisson(9, (3, len(places))).astype(np.float32)
    matrix = anndata.AnnData(values)
    matrix.obs_names = ["x", "y", "z"]
    matrix.var_names = [f"{chrom}:{start}-{end}" for chrom, start, end in places]
    matrix.write_h5ad(folder / "peaks.h5ad")
    cuts = sorted((chrom, at + int(random.integers(90))) for chrom, at, _ in places for _ in range(5))
    graph = {(chrom, at): int(random.integers(1, 9)) for chrom, at in cuts}
    (folder / "cuts.bedGraph").write_text(
        "".join(f"{chrom}\t{at}\t{at + 1}\t{value}\n" for (chrom, at), value in graph.items())
    )
    cells = (f"{chrom}\t{at}\t{at + 50}\tcell{at % 4}\n" for chrom, at in cuts)
    (folder / "cells.bed").write_text("".join(cells))
    (folder / "barcodes.tsv").write_text("cell0\tb\ncell1\ta\ncell2\tb\ncell3\ta\n")
    lengths = [{"SN": name, "LN": length} for name, length in CHROMOSOMES.items()]
    with pysam.AlignmentFile(
        folder / "reads.bam", "wb", header={"HD": {"SO": "coordinate"}, "SQ": lengths}
    ) as file:
        for number, (chrom, at) in enumerate(cuts):
            read = pysam.AlignedSegment(file.header)
            read.query_name, read.reference_name, read.reference_start = f"r{number}", chrom, at
            read.query_sequence, read.mapping_quality, read.cigarstring = "A" * 30, 60, "30M"
            file.write(read)
    pysam.index(str(folder / "reads.bam"))


@pytest.mark.parametrize("name", TARGETS)
def test_other_files_to_predict(name: str, folder: Path, capsys: Capsys) -> None:
    arguments, written = TARGETS[name]
    write_targets(folder)
    code, out, err = run(capsys, "init", "--genome", "genome.fa", "--regions", "peaks.bed", *arguments)
    assert (code, err) == (0, "")
    assert written in Path("my.get").read_text()
    checked = check("my.get")
    assert (checked.ok, checked.diagnostics) == (True, [])
    assert max(map(len, Path("my.get").read_text().splitlines())) <= 110
    assert "to train on" in out


@pytest.mark.parametrize("name", ["anndata", "cell types"])
def test_what_is_written_of_cell_types_trains(name: str, folder: Path, capsys: Capsys) -> None:
    write_targets(folder)
    arguments, _ = TARGETS[name]
    assert run(capsys, "init", "--genome", "genome.fa", "--regions", "peaks.bed", *arguments)[0] == 0
    machine = ("--device", "cpu", "--threads", "1", "--quiet", "--set", "train.epochs=1")
    assert run(capsys, "train", "my.get", "-o", "run", *machine)[0] == 0
    assert "pearson" in json.loads(Path("run/metrics.json").read_text())["model"]


# -- what is wrong


def test_nothing_is_overwritten_unasked(folder: Path, capsys: Capsys) -> None:
    Path("my.get").write_text("mine")
    code, _, err = run(capsys, *FRAGMENTS)
    assert (code, "`my.get` exists already" in err) == (1, True)
    assert Path("my.get").read_text() == "mine"
    assert run(capsys, *FRAGMENTS, "--overwrite")[0] == 0
    assert "model Accessibility" in Path("my.get").read_text()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"--alignments": "peaks.bed"},
            "`peaks.bed` is a file of kind BED\n  = help: `--alignments` takes BAM",
        ),
        ({"--genome": "peaks.bed"}, "`peaks.bed` is a file of kind BED"),
        ({"--regions": "plus.bw"}, "`plus.bw` is a file of kind bigWig\n  = help: `--regions` takes"),
        ({"--signal": "genome.fa"}, "`genome.fa` is a file of kind FASTA"),
        ({"--signal": "empty"}, "`empty` is empty"),
        ({"--signal": "noise"}, "`noise` is of no kind that is known"),
        ({"--signal": "cut.bw"}, "cut.bw"),
        ({"--genome": "none.fa"}, "`none.fa` cannot be read: no such file or directory"),
        ({"--regions": "far.bed"}, "far.bed: line 1"),
        ({"--fragments": "fragments.bed"}, "`--signal` and `--fragments` are several things to predict"),
        ({"--barcodes": "peaks.bed"}, "`--barcodes` say which fragments are whose"),
        ({"--signal": "mouse.bw"}, "mouse.bw"),
    ],
)
def test_files_of_another_kind_are_named(
    folder: Path, capsys: Capsys, changes: dict[str, str], said: str
) -> None:
    (folder / "empty").touch()
    (folder / "noise").write_bytes(bytes(range(256)))
    (folder / "cut.bw").write_bytes((folder / "plus.bw").read_bytes()[:300])
    (folder / "far.bed").write_text("chr1\t10\t99999\n")
    write_bigwig(folder / "mouse.bw", prefix="scaffold")
    options = {"--genome": "genome.fa", "--regions": "peaks.bed", "--signal": "plus.bw", **changes}
    code, _, err = run(capsys, "init", *(item for pair in options.items() for item in pair))
    assert code == 1
    assert said in err
    assert "  = help: " in err
    assert not Path("my.get").exists()


# -- asking


def typed(monkeypatch: pytest.MonkeyPatch, *lines: str) -> None:
    terminal = io.StringIO("".join(f"{line}\n" for line in lines))
    monkeypatch.setattr(terminal, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(sys, "stdin", terminal)


def test_what_is_not_given_is_asked_for(
    folder: Path, capsys: Capsys, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "two words.bed").write_text(Path("fragments.bed").read_text())
    typed(monkeypatch, "genom.fa", "genome.fa", "", "peaks.bed", "", "'two words.bed'", "", "")
    code, _, err = run(capsys, "init")
    assert code == 0
    assert "  there is no `genom.fa` here\n" in err
    assert err.count("the regions: ") == 2
    assert 'Fragments("two words.bed")' in Path("my.get").read_text()


def test_the_end_of_the_input_ends_the_asking(
    folder: Path, capsys: Capsys, monkeypatch: pytest.MonkeyPatch
) -> None:
    typed(monkeypatch, "genome.fa")
    code, _, err = run(capsys, "init")
    assert (code, "nothing was written" in err) == (1, True)


def test_without_a_terminal_nobody_is_asked(
    folder: Path, capsys: Capsys, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("genome.fa\n"))
    code, _, err = run(capsys, "init", "--genome", "genome.fa")
    assert code == 1
    assert "there is no `--regions` and `--signal` (or `--fragments`, `--alignments`, `--anndata`)" in err


# -- the choice of chromosomes


@pytest.mark.parametrize("seed", range(30))
def test_test_and_validation_are_told_apart_and_of_the_right_size(seed: int) -> None:
    random = np.random.default_rng(seed)
    numbers = {f"chr{at}": int(number) for at, number in enumerate(random.integers(100, 900, 23))}
    numbers["chrY"] = 3
    test = chosen(numbers)
    validation = chosen(numbers, test)
    assert not set(test) & set(validation)
    for part in (test, validation):
        assert "chrY" not in part
        assert 0.05 <= sum(numbers[name] for name in part) / sum(numbers.values()) <= 0.2


@pytest.mark.parametrize(
    "numbers", [{}, {"chr1": 500}, {"chr1": 500, "chr2": 600}, {"chr1": 900, "chr2": 10}]
)
def test_too_few_chromosomes_hold_nothing_out(numbers: dict[str, int]) -> None:
    assert chosen(numbers) == []


def test_files_given_one_by_one_add_up(folder: Path, capsys: Capsys) -> None:
    apart = [*PROFILE[:6], "plus.bw", "--signal", "minus.bw"]
    assert main(apart) == 0
    assert '["plus.bw", "minus.bw"]' in (folder / "my.get").read_text()

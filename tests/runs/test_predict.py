"""What predictions are made for, and as what they are kept."""

from __future__ import annotations

import os
import resource
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as parquet
import pybigtools
import pytest
import zarr

from getdsl.cli import main
from getdsl.diagnostics import UserError
from getdsl.formats.fasta import fasta_pieces
from getdsl.runs.opened.options import Options
from getdsl.runs.predict import writer
from getdsl.runs.predict.partial import partial_of
from getdsl.runs.predict.predict import Predicted, predict
from getdsl.runs.predict.wanted import Wanted
from tests.runs.conftest import WIDTH

ALL = Wanted("all")
EVENTS = ("open", "os.rename", "os.remove", "os.mkdir", "os.rmdir")


def predicted(run: Path, output: Path, wanted: Wanted = ALL, **options: Any) -> Predicted | None:
    return predict(run, output, wanted, Options(threads=1, device="cpu", **options))


@pytest.fixture(scope="module")
def stored(whole: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
    output = tmp_path_factory.mktemp("predicted") / "all.zarr"
    predicted(whole, output)
    return zarr.open_group(output, mode="r")


def bed(path: Path, rows: list[tuple[str, int, int, str]]) -> Path:
    path.write_text("".join(f"{a}\t{b}\t{c}\t.\t0\t{strand}\n" for a, b, c, strand in rows))
    return path


# -- forms


def test_parquet_has_a_row_a_sample(whole: Path, stored: Any, tmp_path: Path) -> None:
    predicted(whole, tmp_path / "p.parquet")
    table = parquet.read_table(tmp_path / "p.parquet")
    assert table.column_names == ["index", "name", "chrom", "start", "end", "strand", "signal"]
    for name in ("index", "name", "chrom", "start", "end", "strand"):
        assert table[name].to_pylist() == stored[f"samples/{name}"][:].tolist()
    assert np.array_equal(table["signal"], stored["outputs/signal"][:])
    assert b'"spec_sha256"' in table.schema.metadata[b"getdsl"]


def naive(lengths: dict[str, int], stretches: list[tuple[str, int, int, float]]) -> dict[str, Any]:
    """For each base the mean of all that covers it."""
    found = {chrom: [[] for _ in range(length)] for chrom, length in lengths.items()}
    for chrom, start, end, value in stretches:
        for base in range(start, end):
            found[chrom][base].append(value)
    return {
        chrom: np.array([np.mean(values) if values else np.nan for values in bases], np.float32)
        for chrom, bases in found.items()
    }


def test_a_track_holds_the_mean_where_regions_overlap(whole: Path, tmp_path: Path) -> None:
    regions = [("chrII", 90, 130, "+"), ("chrI", 3, 60, "-"), ("chrI", 50, 70, "+"), ("chrI", 55, 58, ".")]
    wanted = Wanted(regions=bed(tmp_path / "x.bed", regions))
    predicted(whole, tmp_path / "p.bw", wanted)
    predicted(whole, tmp_path / "p.zarr", wanted)
    values = zarr.open_group(tmp_path / "p.zarr", mode="r")["outputs/signal"][:].tolist()
    found = pybigtools.open(str(tmp_path / "p.bw"))
    assert found.chroms() == {"chrI": 20_000, "chrII": 20_000}
    stretches = [(*each[:3], value) for each, value in zip(regions, values, strict=True)]
    expected = naive({"chrI": 200, "chrII": 200}, stretches)
    for chrom, bases in expected.items():
        np.testing.assert_allclose(found.values(chrom, 0, 200, fillna=np.nan), bases, rtol=1e-6)


# -- other samples


def test_regions_need_no_targets_and_stay_all(whole: Path, stored: Any, tmp_path: Path) -> None:
    """The same as for the run's own data, of regions that say where they are and no more."""
    chosen = [5, 6, 6]
    columns = [stored[f"samples/{name}"][:] for name in ("chrom", "start", "end", "strand")]
    rows = [tuple(column[number] for column in columns) for number in chosen]
    found = predicted(whole, tmp_path / "p.zarr", Wanted(regions=bed(tmp_path / "x.bed", rows)))
    assert found is not None
    assert (found.samples, found.split, found.same_data) == (3, "all", True)
    values = zarr.open_group(tmp_path / "p.zarr", mode="r")["outputs/signal"][:]
    np.testing.assert_allclose(values, stored["outputs/signal"][:][chosen], rtol=1e-6)


def test_records_of_a_fasta(small: Path, whole: Path, stored: Any, tmp_path: Path) -> None:
    pieces = list(fasta_pieces(small.parent / "small.fa"))
    genome = {
        chrom: np.concatenate([codes for name, codes in pieces if name == chrom]) for chrom, _ in pieces
    }
    starts = stored["samples/start"][:]
    lines = []
    for number in (0, 1, 4):
        chrom = stored["samples/chrom"][:][number]
        codes = genome[chrom][starts[number] : starts[number] + WIDTH]
        codes = codes if stored["samples/strand"][:][number] == "+" else 3 - codes[::-1]
        lines.append(f">r{number} words\n{''.join('ACGT'[code] for code in codes)}\n")
    (tmp_path / "x.fa").write_text("".join(lines))
    predicted(whole, tmp_path / "p.zarr", Wanted(fasta=tmp_path / "x.fa"))
    group = zarr.open_group(tmp_path / "p.zarr", mode="r")
    assert group["samples/name"][:].tolist() == ["r0", "r1", "r4"]
    np.testing.assert_allclose(group["outputs/signal"][:], stored["outputs/signal"][:][[0, 1, 4]], rtol=1e-5)
    (tmp_path / "x.fa").write_text(">a\n" + "ACGT" * 6 + "\n>b\nACG\n")
    with pytest.raises(UserError, match=r"x\.fa: record 2, b, has 3 bp, and the model takes 24") as raised:
        predicted(whole, tmp_path / "q.zarr", Wanted(fasta=tmp_path / "x.fa"))
    assert "lengthen it" in (raised.value.help or "")
    with pytest.raises(UserError, match="two things"):
        predicted(whole, tmp_path / "q.zarr", Wanted(fasta=tmp_path / "x.fa", regions=tmp_path / "x.bed"))
    assert [item.name for item in tmp_path.iterdir() if "q.zarr" in item.name] == []


def test_outputs_that_there_are_not(whole: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["predict", str(whole), "-o", str(tmp_path / "p"), "--outputs", "signl"]) == 1
    assert "no output `signl`" in (err := capsys.readouterr().err)
    assert "did you mean `signal`" in err


# -- killed, and resumed


def tree(path: Path) -> dict[str, bytes]:
    if path.is_file():
        return {"": path.read_bytes()}
    return {str(file.relative_to(path)): file.read_bytes() for file in path.rglob("*") if file.is_file()}


def killed_at(moment: int, folder: Path, work: Callable[[], Any]) -> int:
    """Does the work in a process of its own, which dies before a file operation; how many it was."""
    reading, writing = os.pipe()
    child = os.fork()
    if child:
        os.close(writing)
        os.waitpid(child, 0)
        with os.fdopen(reading) as pipe:
            return len(pipe.read())

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        nonlocal moment
        if event in EVENTS and str(folder) in str(arguments):
            moment -= 1
            os.write(writing, b".")
            if not moment:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hook)
    try:
        work()
    finally:
        os._exit(0)


@pytest.fixture
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "MOST_ROWS", 48)  # of 160 samples


@pytest.mark.usefixtures("small_pieces")
@pytest.mark.parametrize(("name", "times"), [("p.zarr", 7), ("p.parquet", 4), ("p.bw", 4)])
def test_killed_at_any_moment_it_goes_on_to_the_same_bytes(
    name: str, times: int, whole: Path, tmp_path: Path
) -> None:
    expected = tmp_path / "expected" / name
    predicted(whole, expected)
    folder = tmp_path / "killed"
    output = folder / name
    moments = killed_at(-1, folder, lambda: predicted(whole, output))
    assert tree(output) == tree(expected)
    for moment in np.random.default_rng(3).integers(1, moments, times).tolist():
        for path in (output, partial_of(output)):
            os.system(f"rm -rf '{path}'")
        died = killed_at(moment, folder, lambda: predicted(whole, output)) == moment
        assert died or moment > moments - 5  # their number differs by one or two
        predicted(whole, output, resume=True)
        assert tree(output) == tree(expected), moment
        assert [item.name for item in folder.iterdir()] == [name], moment


@pytest.mark.usefixtures("small_pieces")
def test_a_full_disk_in_the_middle(whole: Path, stored: Any, tmp_path: Path) -> None:
    """A sentence; what is done stays, is named, and is gone on with."""
    output = tmp_path / "p.zarr"
    before = resource.getrlimit(resource.RLIMIT_FSIZE)

    def full(done: int, samples: int) -> None:
        if done == 96:
            resource.setrlimit(resource.RLIMIT_FSIZE, (100, before[1]))

    try:
        with pytest.raises(UserError, match=r"cannot save .*p\.zarr.: file too large") as raised:
            predict(whole, output, ALL, Options(threads=1, device="cpu"), step=full)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert "--resume" in (raised.value.help or "")
    assert [item.name for item in tmp_path.iterdir()] == [".p.zarr.partial"]
    with pytest.raises(UserError, match=r"holds 96 of 160 samples") as raised:
        predicted(whole, output)
    assert "--resume" in (raised.value.help or "")
    with pytest.raises(UserError, match=r"of other predictions: they differ in `split`"):
        predicted(whole, output, Wanted("test"), resume=True)
    predicted(whole, output, resume=True)
    assert np.array_equal(zarr.open_group(output, mode="r")["outputs/signal"][:], stored["outputs/signal"][:])
    assert predicted(whole, output, resume=True) is None  # nothing is left to do
    assert [item.name for item in tmp_path.iterdir()] == ["p.zarr"]


@pytest.mark.usefixtures("small_pieces")
def test_an_interrupted_command_says_what_is_kept(
    whole: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from getdsl.runs.training.lightning_module import SpecModule

    step = SpecModule.predict_step

    def stopped(self: SpecModule, batch: Any, index: int) -> Any:
        if index == 4:
            signal.raise_signal(signal.SIGINT)
        return step(self, batch, index)

    monkeypatch.setattr(SpecModule, "predict_step", stopped)
    arguments = ["predict", str(whole), "-o", str(tmp_path / "p"), "--split", "all", "--threads", "1"]
    assert main(arguments) == 128 + signal.SIGINT
    assert "48 samples are kept, go on with `--resume`" in capsys.readouterr().err
    monkeypatch.undo()
    assert main([*arguments, "--resume"]) == 0
    assert "160 samples, all samples" in capsys.readouterr().out
    assert main([*arguments, "--resume"]) == 0
    assert "there is nothing to resume" in capsys.readouterr().out

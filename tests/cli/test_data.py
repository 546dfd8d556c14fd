"""`getdsl data`: counts and figures against numpy on what the batches hold, the picture, the page."""

from __future__ import annotations

import json
import re
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from getdsl.cli import main
from getdsl.compiler.check import check
from getdsl.runs.opened.samples import open_source
from getdsl.runs.survey import tally
from getdsl.runs.survey.tally import Tally

Capsys = pytest.CaptureFixture[str]
SPEC = """
model M { input sequence: onehot[B, L, 4]  output y = mean(sequence, dim = [1, 2]) }
data {
    genome     = "genome.fa"
    regions    = Regions("peaks.bed")
    negatives  = Regions("nonpeaks.bed")
    celltypes  = ["a", "b"]
    batch {
        sequence = Sequence(length = 12)
        cuts     = Fragments("fragments.bed")
    }
    hold_out   = { chromosomes = ["chr3"], celltypes = ["b"] }
    validation = { chromosomes = ["chr2"] }
}
loss { y = MSE(y, batch.cuts) }
train { batch_size = 4 reverse_complement = true }
"""


@pytest.fixture
def spec(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    random = np.random.default_rng(0)
    letters = ["".join(random.choice(list("ACGTN"), 1000, p=[0.4, 0.1, 0.1, 0.3, 0.1])) for _ in range(3)]
    (tmp_path / "genome.fa").write_text("".join(f">chr{n + 1}\n{text}\n" for n, text in enumerate(letters)))
    peaks = [(f"chr{1 + row % 3}", 10 * row, 10 * row + 20) for row in range(30)]
    (tmp_path / "peaks.bed").write_text("".join(f"{chrom}\t{start}\t{end}\n" for chrom, start, end in peaks))
    (tmp_path / "nonpeaks.bed").write_text("chr1\t900\t920\nchr3\t900\t920\n")
    fragments = [
        (f"chr{1 + row % 3}", int(at), int(at) + 30) for row, at in enumerate(random.integers(0, 300, 400))
    ]
    (tmp_path / "fragments.bed").write_text(
        "".join(f"{chrom}\t{start}\t{end}\n" for chrom, start, end in fragments)
    )
    (tmp_path / "spec.get").write_text(SPEC)
    monkeypatch.chdir(tmp_path)
    return tmp_path / "spec.get"


def printed(capsys: Capsys, *arguments: str) -> str:
    code = main(["data", *arguments])
    captured = capsys.readouterr()
    assert (code, captured.err) == (0, "")
    return captured.out


def batch_of(spec: Path) -> Any:
    checked = check(spec)
    assert checked.spec is not None
    source = open_source(checked.spec)
    return source.batch(np.arange(len(source)))


def test_samples_are_counted_by_split_chromosome_and_cell_type(spec: Path, capsys: Capsys) -> None:
    found = json.loads(printed(capsys, "spec.get", "--format", "json"))
    assert found["samples"] == 64
    assert found["splits"] == {
        "train": {"samples": 11, "chromosomes": {"chr1": 11}, "celltypes": {"a": 11}, "negatives": 1},
        "validation": {"samples": 10, "chromosomes": {"chr2": 10}, "celltypes": {"a": 10}, "negatives": 0},
        "test": {
            "samples": 43,
            "chromosomes": {"chr3": 22, "chr1": 11, "chr2": 10},
            "celltypes": {"a": 11, "b": 32},
            "negatives": 3,
        },
    }


def test_figures_are_those_of_the_batches(spec: Path, capsys: Capsys) -> None:
    found = json.loads(printed(capsys, "spec.get", "--format", "json"))
    batch = batch_of(spec)
    assert found["looked_at"] == 64
    cuts, key = batch["cuts"].numpy(), found["keys"]["cuts"]
    assert (key["shape"], key["dtype"], key["values"]) == ([], "float32", 64)
    assert (key["min"], key["max"]) == (cuts.min(), cuts.max())
    assert (key["mean"], key["zeros"], key["nan"]) == pytest.approx((cuts.mean(), (cuts == 0).mean(), 0))
    assert sum(key["histogram"]["counts"]) == 64
    sequence, dna = batch["sequence"], found["keys"]["sequence"]
    assert dna["shape"] == [12, 4]
    assert dna["letters"]["G"] == pytest.approx(sequence[..., 2].mean().item())
    assert dna["letters"]["N"] == pytest.approx((sequence.sum(-1) == 0).double().mean().item())
    assert found["keys"]["celltype"]["dtype"] == "int64"


def test_fewer_samples_are_the_same_each_time_and_said(spec: Path, capsys: Capsys) -> None:
    first, second = (printed(capsys, "spec.get", "--samples", "20") for _ in range(2))
    assert first == second
    assert "figures of 20 of the 64 samples, the same each time" in first
    assert "figures of all samples" in printed(capsys, "spec.get")


def test_the_first_samples_are_shown(spec: Path, capsys: Capsys) -> None:
    shown = printed(capsys, "spec.get", "--head", "2")
    batch = batch_of(spec)
    letters = "".join("ACGTN"[row.argmax() if row.any() else 4] for row in batch["sequence"][1])
    assert (
        "sample 1 (validation)  name chr2:10-30  chrom chr2  start 10  end 30  strand .  celltype a" in shown
    )
    assert f"sequence  {letters}\n" in shown
    assert f"cuts      {batch['cuts'][1].item():g}\n" in shown
    assert "sample 2" not in shown
    head = json.loads(printed(capsys, "spec.get", "--head", "2", "--format", "json"))["first"]
    assert [(each["sample"], each["split"]) for each in head] == [(0, "train"), (1, "validation")]


def test_speed_is_of_training_samples(spec: Path, capsys: Capsys) -> None:
    found = json.loads(printed(capsys, "spec.get", "--speed", "--format", "json"))["speed"]
    assert (found["batch_size"], found["workers"]) == (4, 0)
    assert found["samples_per_second"] > 0
    assert re.search(
        r"reads [\d,]+ samples a second \(in one process, batches of 4\)",
        printed(capsys, "spec.get", "--speed"),
    )


class Page(HTMLParser):
    """The tags of a page, which must be closed in their order, and its texts."""

    VOID = ("meta", "img")

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.texts: list[str] = []
        self.sources: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.sources += [value for name, value in attrs if name in ("src", "href")]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def test_the_page_needs_no_other_file(spec: Path, capsys: Capsys) -> None:
    (spec.parent / "<b>.get").write_text(SPEC)
    printed(capsys, "<b>.get", "--html", "page.html", "--head", "3", "--speed")
    page = Page(Path("page.html").read_text(encoding="utf-8"))
    assert page.open == []
    assert len(page.sources) == 1
    assert page.sources[0].startswith("data:image/png;base64,iVBORw0KGgo")
    assert "The data of <b>.get" in page.texts
    assert {"cuts", "chr1 11; a 11; 1 negatives", "figures of all samples"} <= set(page.texts)


def test_the_histograms_are_a_picture(spec: Path, capsys: Capsys) -> None:
    from matplotlib.image import imread

    printed(capsys, "spec.get", "--histograms", "all.png")
    height, width, _ = imread("all.png").shape
    assert (width, height) > (1500, 400)


# -- what cannot be learnt from, and sources of whole batches

WHOLE = """
import numpy as np, torch
class Whole:
    def __init__(self, *, path):
        self.path, self.chromosomes = path, np.array(["chr1", "chr2", "chr3"])
        self.table = {"name": np.array(["x", "y", "z"])}
    def __len__(self): return 3
    def batch(self, indices, draws=None):
        return {"x": torch.tensor([[1.0, float("nan")]] * len(indices)), "y": torch.zeros(len(indices))}
    def fingerprint(self): return "0"
"""
USES = """
source Whole { param path: path  output x: [B, 2]  output y: [B]  extern "getdsl_test_whole:Whole" }
model M { input x: [B, 2]  output out = sum(x, dim = 1) }
data { source = Whole("some.file")  hold_out = { chromosomes = ["chr3"] } }
"""


def test_a_source_of_whole_batches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capsys) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "getdsl_test_whole", raising=False)
    (tmp_path / "getdsl_test_whole.py").write_text(WHOLE)
    (tmp_path / "some.file").touch()
    (tmp_path / "spec.get").write_text(USES)
    assert main(["data", "spec.get"]) == 1
    assert "add `--trust spec.get`" in capsys.readouterr().err
    shown = printed(capsys, "spec.get", "--trust", "spec.get", "--head", "1", "--html", "page.html")
    assert "train             2  chr1 1, chr2 1\nvalidation        0\ntest              1  chr3 1\n" in shown
    assert "warning: `x` is 1 everywhere" in shown
    assert "warning: `y` is 0 everywhere" in shown
    assert "warning: the validation split has no samples" in shown
    assert "sample 0 (train)  name x\n  x  1 nan\n  y  0\n" in shown


def test_values_are_added_up_as_numpy_adds_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tally, "KEPT", 500)
    random = np.random.default_rng(2)
    values = np.exp(random.normal(2, 2, (100, 30))).astype(np.float32)
    values[random.random(values.shape) < 0.1] = 0
    values[3, 4], values[50, 2] = np.nan, np.inf
    adding = Tally("x", 100, dna=False)
    for start in range(0, 100, 16):
        adding.add(torch.from_numpy(values[start : start + 16]))
    found = adding.figures()
    real = values[np.isfinite(values)].astype(np.float64)
    assert (found.shape, found.dtype, found.values) == ((30,), "float32", 3000)
    assert (found.low, found.high) == (real.min(), real.max())
    assert (found.mean, found.nan) == pytest.approx((real.mean(), 2 / 3000))
    assert found.zeros == (real == 0).sum() / 3000
    assert 400 < found.counts.sum() <= 520
    assert found.logarithmic
    assert found.degenerate() == "is NaN or infinite in 0.07% of its values"


def test_shapes_that_differ_are_said(monkeypatch: pytest.MonkeyPatch) -> None:
    adding = Tally("x", 8, dna=False)
    for length in (3, 5, 5):
        adding.add(torch.arange(2.0 * length).reshape(2, length))
    assert adding.figures().shape is None
    assert not adding.figures().logarithmic


@pytest.mark.parametrize(
    ("values", "said"),
    [([1.0, 1.0], "is 1 everywhere"), ([float("nan")] * 2, "holds no numbers"), ([0.0, 1.0], None)],
)
def test_what_is_degenerate(values: list[float], said: str | None) -> None:
    adding = Tally("x", 2, dna=False)
    adding.add(torch.tensor(values))
    assert adding.figures().degenerate() == said


@pytest.mark.parametrize("number", ["0", "-3", "many"])
def test_a_number_of_samples_is_one(spec: Path, capsys: Capsys, number: str) -> None:
    with pytest.raises(SystemExit):
        main(["data", "spec.get", f"--samples={number}"])
    assert "invalid number value" in capsys.readouterr().err

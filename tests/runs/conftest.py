from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from getdsl.compiler.check import check
from getdsl.compiler.spec import Checked
from getdsl.runs.evaluation.report import Report
from getdsl.runs.opened.options import Options
from getdsl.runs.training.train import train

CHROMOSOMES = ("chrI", "chrII", "chrIII", "chrIV")
WIDTH = 24
TIMES = {"seconds", "samples_per_second", "data_wait"}  # columns of history.csv that differ from run to run


@pytest.fixture(autouse=True)
def signals_are_heard() -> Iterator[None]:
    """Also where the tests were started by `nohup`, deaf to a hangup, or in the background, to Ctrl-C."""
    heard = {signal.SIGHUP: signal.SIG_DFL, signal.SIGINT: signal.default_int_handler}
    before = {number: signal.signal(number, handler) for number, handler in heard.items()}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


SPEC = """
model Small {
    input sequence: onehot[B, L, 4]
    scanner = sequence
           -> MotifScanner(6, kernel_size = 5, learnable = true, include_reverse_complement = false)
    hidden  = mean(scanner, dim = 1) -> Linear(8)
    dropped = relu(hidden) -> Dropout(0.2)
    head    = dropped -> Linear(1)
    output signal = squeeze(head, 1)
}
data {
    genome     = "small.fa"
    regions    = Regions("small.tsv")
    batch {
        sequence  = Sequence(length = 24)
        cut_sites = Column("cut_sites")
    }
    hold_out   = { chromosomes = ["chrIII"] }
    validation = { chromosomes = ["chrII"] }
}
loss    { signal = MSE(signal, log2(batch.cut_sites + 1)) }
metrics { signal = [pearson, spearman, r2, mse, mae] }
optimizer = AdamW(lr = 1e-2, lr_of = { scanner = 1e-3 })
schedule  = cosine(min_lr = 1e-4, warmup_epochs = 1)
train { epochs = 4 batch_size = 16 reverse_complement = true }
"""


def write_small(folder: Path, **changes: Any) -> Path:
    """`small.tsv` beside `small.fa`: 160 regions of 24 bp whose cut sites follow from their G and C."""
    random = np.random.default_rng(7)
    rows = np.arange(160)
    sequence = random.integers(0, 4, (len(rows), WIDTH)).astype(np.uint8)
    gc = np.isin(sequence, (1, 2)).sum(axis=1)
    columns: dict[str, Any] = {
        "chrom": np.array(CHROMOSOMES)[rows % 4],
        "start": rows * 100,
        "end": rows * 100 + WIDTH,
        "name": np.array([f"gene{number}" for number in rows]),
        "strand": np.array(["+", "-"])[rows % 2],
        "cut_sites": random.poisson(np.exp2(gc / 4)).astype(np.float32),
    }
    columns |= changes
    genome = {name: np.zeros(20_000, np.uint8) for name in CHROMOSOMES}
    for codes, chrom, start, strand in zip(
        sequence, columns["chrom"], columns["start"], columns["strand"], strict=True
    ):
        genome[chrom][start : start + WIDTH] = codes if strand == "+" else 3 - codes[::-1]
    letters = {name: np.array(list("ACGT"))[codes] for name, codes in genome.items()}
    lines = [f">{name}\n{''.join(bases)}\n" for name, bases in letters.items()]
    (folder / "small.fa").write_text("".join(lines), encoding="utf-8")
    path = folder / "small.tsv"
    table = ["\t".join(columns), *("\t".join(map(str, row)) for row in zip(*columns.values(), strict=True))]
    path.write_text("\n".join(table) + "\n", encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The spec `small.get` beside its data."""
    folder = tmp_path_factory.mktemp("small")
    write_small(folder)
    path = folder / "small.get"
    path.write_text(SPEC, encoding="utf-8")
    return path


def checked(path: Path, *settings: str) -> Checked:
    found = check(path, settings=settings)
    assert found.spec is not None, [item.message for item in found.diagnostics]
    return found


@pytest.fixture(autouse=True)
def without_pictures(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """They take longer than the training of the small model; the run of `whole` has them."""
    monkeypatch.setattr("getdsl.runs.training.train.draw_pictures", lambda *args: None)


@pytest.fixture
def run(small: Path) -> Callable[..., Report]:
    """Trains the small spec, or another, on one thread; settings as `--set` takes them."""

    def trained(
        folder: Path, *settings: str, spec: Path = small, log: StringIO | None = None, **options: Any
    ) -> Report:
        return train(
            checked(spec, *settings), folder, Options(threads=1, device="cpu", **options), log or StringIO()
        )

    return trained


@pytest.fixture(scope="session")
def whole(small: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run that nothing interrupted."""
    folder = tmp_path_factory.mktemp("runs") / "whole"
    train(checked(small), folder, Options(threads=1, device="cpu"), StringIO())
    return folder

from __future__ import annotations

from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from getdsl.data.layout import Regions, write_regions

from getdsl.compiler.check import check
from getdsl.compiler.spec import Checked
from getdsl.runs.options import Options
from getdsl.runs.report import Report
from getdsl.runs.train import train

CHROMOSOMES = ("chrI", "chrII", "chrIII", "chrIV")
WIDTH = 24

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
    source     = SequenceRegions("small.zarr", length = 24)
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
    """`small.zarr`: 160 regions of 24 bp whose cut sites follow from their G and C."""
    random = np.random.default_rng(7)
    rows = 160
    sequence = random.integers(0, 4, (rows, WIDTH)).astype(np.uint8)
    gc = np.isin(sequence, (1, 2)).sum(axis=1)
    arrays: dict[str, Any] = {
        "sequence": sequence,
        "cut_sites": random.poisson(np.exp2(gc / 4)).astype(np.float32),
        "name": np.array([f"gene{number}" for number in range(rows)]),
        "chrom": np.array(CHROMOSOMES)[np.arange(rows) % 4],
        "start": np.arange(rows) * 100,
        "end": np.arange(rows) * 100 + WIDTH,
        "strand": np.array(["+", "-"])[np.arange(rows) % 2],
    }
    path = folder / "small.zarr"
    write_regions(path, Regions(**{**arrays, **changes}))
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
    """They take longer than the training of the small model; the test of the pictures draws them."""
    for name in ("plot_learning_curve", "plot_predictions"):
        monkeypatch.setattr(f"getdsl.runs.plots.{name}", lambda *args: None)


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

from __future__ import annotations

from io import StringIO
from pathlib import Path

import numpy as np
import pytest

from getdsl.runs.opened.options import Options
from getdsl.runs.training.train import train
from tests.runs.conftest import checked

CHROM, LENGTH = "chrA", 3_000
SPEC = """
model Small {
    input sequence: onehot[B, L, 4]
    conv    = sequence -> Conv1d(6, kernel_size = 5)
    x       = relu(conv)
    wide    = x -> Conv1d(6, kernel_size = 3, dilation = 4)
    y       = x + relu(wide)
    profile = y -> Conv1d(2, kernel_size = 3)
    head    = mean(y, dim = 1) -> Linear(3)
    output counts  = squeeze(head[:, :1], 1)
    output tracks  = softplus(head)
    output profile = profile
}
data {
    genome  = "small.fa"
    regions = Regions("small.tsv")
    batch {
        sequence = Sequence(length = 60)
        cuts     = Column("cuts")
    }
    validation = { fraction = 0.2, block = 100 }
}
loss { counts = MSE(counts, log2(batch.cuts + 1)) }
optimizer = AdamW(lr = 1e-2)
train { epochs = 1 batch_size = 8 }
"""


@pytest.fixture(scope="session")
def genome() -> str:
    letters = np.random.default_rng(5).integers(0, 4, LENGTH)
    return "".join("ACGT"[code] for code in letters)


@pytest.fixture(scope="session")
def trained(genome: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run on regions of 40 bp from 100 to 1,500, every 100 bp, the second half on `-`.

    Of each 60 bp are read; the last two regions overlap.
    """
    folder = tmp_path_factory.mktemp("score")
    (folder / "small.fa").write_text(f">{CHROM}\n{genome}\n")
    starts = [*range(100, 1500, 100), 1410]
    rows = [f"{CHROM}\t{s}\t{s + 40}\tr{s}\t{'+' if s < 800 else '-'}\t{s % 7}" for s in starts]
    (folder / "small.tsv").write_text("\n".join(["chrom\tstart\tend\tname\tstrand\tcuts", *rows, ""]))
    spec = folder / "small.get"
    spec.write_text(SPEC)
    train(checked(spec), folder / "run", Options(threads=1, device="cpu"), StringIO())
    return folder / "run"

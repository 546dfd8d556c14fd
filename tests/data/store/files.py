"""Files of a small genome, and specs that declare batches of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pybigtools

from getdsl.compiler.check import check
from getdsl.compiler.spec import Spec
from getdsl.data.declared import DeclaredData
from getdsl.data.places import Places
from getdsl.data.reader import Array, Context, Reader

CHROMOSOMES = {"chrI": 6000, "chrII": 5000, "chrIII": 4000}
TRACKS = ("plus", "minus", "one", "two")
REGIONS = 90

SPEC = '''
source Gaps {{
    """bp between the first region of a window and each"""
    output: int[B, R]
    extern "tests.data.store.files:Gaps"
}}
model Tiny {{
    input sequence: onehot[B, L, 4]
    output y = mean(sequence, dim = [1, 2])
}}
data {{
{data}
}}
loss {{ y = MSE(y, y) }}
train {{ epochs = 2 batch_size = 8 }}
'''

WINDOWS = SPEC.replace("[B, L, 4]", "[B, R, L, 4]").replace("[1, 2]", "[1, 2, 3]")

BATCH = """
    genome  = "genome.fa"
    regions = Regions("peaks.bed")
    batch {{
        sequence = Sequence(length = 60, jitter = 7)
        profile  = Signal(["plus.bw", "minus.bw"], length = {length}, jitter = 7, swap = true)
        count    = Signal("plus.bw", length = 40, reduce = "sum")
        binned   = Signal("one.bw", length = 40, bin = 10, reduce = "mean", jitter = 3)
        score    = Column("score")
    }}
    store = "batches.zarr"
    hold_out   = {{ chromosomes = ["chrII"] }}
    validation = {{ chromosomes = ["chrIII"] }}
"""

OF_CELLTYPES = """
    genome    = "genome.fa"
    regions   = Regions("peaks.bed")
    celltypes = ["one", "two"]
    samples   = Windows(size = 4, step = 3)
    batch {
        sequence = Sequence(length = 30, jitter = 5)
        signal   = Signal("{celltype}.bw", length = 20, reduce = "sum")
        profile  = Signal(["{celltype}.bw", "plus.bw"], length = 20, jitter = 5)
        gaps     = Gaps()
    }
    store = "batches.zarr"
"""


class Gaps(Reader):
    """Reads whole windows."""

    whole_windows = True
    stands_alone = True

    def open(self, context: Context) -> None:
        self.opened = True

    def read(self, places: Places) -> Array:
        assert self.opened
        found: Array = places.start - places.start[:, :1]
        return found


def write_files(folder: Path) -> None:
    """A genome, 90 regions with scores, and four tracks, which are absent here and there."""
    random = np.random.default_rng(3)
    bases = {name: "".join(random.choice(list("ACGTN"), size)) for name, size in CHROMOSOMES.items()}
    (folder / "genome.fa").write_text("".join(f">{name}\n{text}\n" for name, text in bases.items()))
    names = list(CHROMOSOMES)
    rows = ["chrom\tstart\tend\tname\tstrand\tscore\n"]
    for number in range(REGIONS):
        chrom = names[number % 3]
        start = int(random.integers(0, CHROMOSOMES[chrom] - 60))
        rows.append(f"{chrom}\t{start}\t{start + 50}\tpeak{number}\t{'+-'[number % 2]}\t{number * 7 % 100}\n")
    (folder / "peaks.bed").write_text("".join(rows))
    for track in TRACKS:
        write_track(folder / f"{track}.bw", random)


def write_track(path: Path, random: np.random.Generator) -> None:
    values = [
        (name, start, start + 5, float(random.integers(0, 50)) / 4)
        for name, size in CHROMOSOMES.items()
        for start in range(0, size - 5, 5)
        if random.random() < 0.8
    ]
    pybigtools.open(str(path), "w").write(CHROMOSOMES, values)


def spec_of(folder: Path, data: str = BATCH, text: str = SPEC, **settings: Any) -> Spec:
    """The checked spec `spec.get` of a folder, with such a section `data`."""
    path = folder / "spec.get"
    path.write_text(text.format(data=data))
    checked = check(path, settings=[f"{name}={value}" for name, value in settings.items()])
    assert checked.spec is not None, [item.message for item in checked.diagnostics]
    return checked.spec


def opened(spec: Spec, *, direct: bool = False) -> DeclaredData:
    assert spec.data is not None
    return DeclaredData(spec.data, spec.data_settings, direct=direct)


def tree(folder: Path) -> dict[str, bytes]:
    """All files by name."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }

"""A small genome with regions and signals, and data that a spec declares of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from getdsl.compiler.check import check
from getdsl.compiler.spec import Spec
from getdsl.data.declared import DeclaredData

CHROMOSOMES = {"chrI": 300, "chrII": 200, "chrIII": 120}
REGIONS = [  # chrom, start, end, name, score, strand
    ("chrI", 10, 30, "a", 3.0, "+"),
    ("chrI", 50, 70, "b", 0.0, "-"),
    ("chrII", 0, 20, "c", 7.0, "+"),
    ("chrII", 180, 200, "d", 1.0, "-"),
    ("chrIII", 40, 60, "e", 1.0, "+"),
    ("chrIII", 90, 110, "f", 12.0, "-"),
]


def genome() -> dict[str, str]:
    """The chromosomes' bases, an N and a lower-case stretch among them."""
    random = np.random.default_rng(3)
    found = {}
    for name, length in CHROMOSOMES.items():
        bases = "".join(random.choice(list("ACGT"), length))
        found[name] = f"{bases[:15]}N{bases[16:55]}{bases[55:60].lower()}{bases[60:]}"
    return found


def signal(chrom: str, sign: int) -> np.ndarray:  # type: ignore[type-arg]
    """What the bigWig of a strand holds, NaN where nothing stands."""
    values = np.arange(CHROMOSOMES[chrom], dtype=np.float32) * (1 if sign > 0 else -10)
    values[20:23] = np.nan
    return values


def write_files(folder: Path) -> None:
    """genome.fa, regions.tsv, regions.bed, plus.bw and minus.bw."""
    import pybigtools

    (folder / "genome.fa").write_text(
        "".join(f">{name}\n{bases}\n" for name, bases in genome().items()), encoding="utf-8"
    )
    rows = ["chrom\tstart\tend\tname\tscore\tstrand", *("\t".join(map(str, row)) for row in REGIONS)]
    (folder / "regions.tsv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    (folder / "regions.bed").write_text("\n".join(rows[1:]) + "\n", encoding="utf-8")
    for name, sign in (("plus", 1), ("minus", -1)):
        intervals = [
            (chrom, at, at + 1, float(value))
            for chrom in sorted(CHROMOSOMES)
            for at, value in enumerate(signal(chrom, sign))
            if not np.isnan(value)
        ]
        pybigtools.open(str(folder / f"{name}.bw"), "w").write(CHROMOSOMES, iter(intervals))


def spec_of(folder: Path, data: str) -> Spec:
    """A spec whose model reads nothing of the batch but what every batch has."""
    path = folder / "spec.get"
    path.write_text(f"model M {{ param n: int = 1 output y = full([n], 1) }}\ndata {{ {data} }}\n")
    found = check(path)
    assert found.spec is not None, [item.message for item in found.diagnostics]
    return found.spec


def declared(folder: Path, data: str) -> DeclaredData:
    """The data of a section `data`, beside the small files."""
    spec = spec_of(folder, data)
    assert spec.data is not None
    return DeclaredData(spec.data, spec.data_settings)

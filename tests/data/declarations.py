"""Data of small files, declared as in a spec."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np

from getdsl.compiler.check import check_text
from getdsl.compiler.spec import Checked
from getdsl.data.declared import DeclaredData

SHARED = Path(__file__).parents[3] / "shared"
YEAST = Path(__file__).parents[2] / "getdsl" / "data" / "yeast"


def checked(data: str) -> Checked:
    """What `check` says of a spec with this section `data`; its batch must hold `place = Coordinates()`."""
    axes = "B, R, 2" if "samples" in data else "B, 2"
    return check_text(f"model Any {{ input place: int[{axes}] output y = place }}\ndata {{\n{data}\n}}")


def declared(data: str) -> DeclaredData:
    """The data, opened."""
    found = checked(data)
    assert found.spec is not None, "\n".join(item.message for item in found.diagnostics)
    assert found.spec.data is not None
    return DeclaredData(found.spec.data, found.spec.data_settings)


def section(folder: Path, keys: str = "", *, samples: str = "", more: str = "", regions: str = "") -> str:
    """A section on `genome.fa.gz` and `regions.bed` of a folder, with these keys beside `place`."""
    called = regions or f'Regions("{folder}/regions.bed")'
    chosen = f"samples = {samples}\n" if samples else ""
    return f"""
    genome = "{folder}/genome.fa.gz"
    regions = {called}
    {chosen}{more}
    batch {{
        place = Coordinates()
        {keys}
    }}
    """


def write_genome(folder: Path, lengths: dict[str, int], seed: int = 0) -> dict[str, str]:
    """`genome.fa.gz` of random bases; returns them by chromosome."""
    rng = np.random.default_rng(seed)
    genome = {name: "".join(rng.choice(list("ACGT"), length)) for name, length in lengths.items()}
    write_bases(folder, genome)
    return genome


def write_bases(folder: Path, genome: dict[str, str]) -> None:
    text = "".join(f">{name}\n{bases}\n" for name, bases in genome.items())
    (folder / "genome.fa.gz").write_bytes(gzip.compress(text.encode()))


def write_bed(folder: Path, rows: list[tuple[str, int, int]], name: str = "regions.bed") -> Path:
    path = folder / name
    path.write_text("".join(f"{chrom}\t{start}\t{end}\n" for chrom, start, end in rows))
    return path


def write_stranded(folder: Path, rows: list[tuple[str, int, int, str]]) -> Path:
    path = folder / "regions.bed"
    lines = (f"{chrom}\t{start}\t{end}\t.\t0\t{strand}\n" for chrom, start, end, strand in rows)
    path.write_text("".join(lines))
    return path


GENES = "chrom\tstart\tend\tstrand\tsystematic\n"


def write_genes(folder: Path, rows: list[tuple[str, int, int, str, str]]) -> Path:
    path = folder / "genes.tsv"
    path.write_text(GENES + "".join("\t".join(map(str, row)) + "\n" for row in rows))
    return path

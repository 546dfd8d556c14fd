"""What a look into a file tells: its chromosomes, values below 0, the width of its motifs."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from pathlib import Path

import numpy as np

from getdsl.data.errors import DataError, same_chromosome
from getdsl.formats.bigwig import BigWig
from getdsl.formats.meme import MemeError, read_meme
from getdsl.formats.text import FormatError, read_lines
from getdsl.runs.starting.kinds import kind_of

LINES = 100_000  # of a text that are looked at for chromosomes
STRETCH = 100_000  # bp of each chromosome that are looked at for values below 0


def chromosomes_of(path: Path) -> list[str]:
    """The chromosomes that a file names, or that its beginning does. Raises DataError."""
    if kind_of(path) == "bigWig":
        return list(_bigwig(path).lengths)
    try:
        lines = islice(read_lines(path), LINES)
        found = [
            line.split("\t", 1)[0] for _, line in lines if not line.startswith(("#", "track", "browser"))
        ]
    except FormatError as error:
        raise DataError(path, error.problem, "give another file") from error
    return list(dict.fromkeys(found))


def renaming(names: Iterable[str], genome: Iterable[str]) -> dict[str, str]:
    """The genome's name for each of a file's that it lacks, where exactly one fits: chr1 for 1."""
    known = list(genome)
    near = {name: same_chromosome(name, known) for name in names if name not in known}
    return {name: found[0] for name, found in near.items() if len(found) == 1}


def has_negative(path: Path) -> bool:
    """Whether a bigWig file has values below 0, by the beginning of each chromosome. Raises DataError."""
    file = _bigwig(path)
    try:
        return any(
            bool((np.nan_to_num(file.values(chrom, 0, min(length, STRETCH))) < 0).any())
            for chrom, length in file.lengths.items()
        )
    except FormatError as error:
        raise DataError(path, error.problem, "give another file") from error


def widest_motif(path: Path) -> int:
    """bp, an odd number, so that a kernel has a middle. Raises DataError."""
    try:
        return max(motif.width for motif in read_meme(path)) | 1
    except (MemeError, OSError) as error:
        raise DataError(path, f"its motifs cannot be read ({error})", "give a file in MEME format") from error


def _bigwig(path: Path) -> BigWig:
    try:
        return BigWig(path)
    except FormatError as error:
        raise DataError(path, error.problem, "give another file") from error

"""What a look into a file tells: its chromosomes, values below 0, the width of its motifs."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from pathlib import Path

import numpy as np

from getdsl.data.anndata_file import AnnDataFile
from getdsl.data.barcodes import typed_barcodes
from getdsl.data.errors import DataError, same_chromosome
from getdsl.formats.alignments import PROPER, Alignments
from getdsl.formats.bedgraph import read_bedgraph
from getdsl.formats.bigwig import BigWig
from getdsl.formats.meme import MemeError, read_meme
from getdsl.formats.text import FormatError, read_lines
from getdsl.runs.starting.kinds import kind_of

LINES = 100_000  # of a text that are looked at for chromosomes
READS = 1000  # of which one must be paired
STRETCH = 100_000  # bp of each chromosome that are looked at for values below 0


def chromosomes_of(path: Path) -> list[str]:
    """The chromosomes that a file names, or that its beginning does. Raises DataError."""
    kind = kind_of(path)
    try:
        if kind == "bigWig":
            return list(BigWig(path).lengths)
        if kind in ("BAM", "CRAM"):
            return list(Alignments(path).lengths)
        if kind == "HDF5":
            names = AnnDataFile(path, "var").names
            return list(dict.fromkeys(name.rpartition(":")[0] for name in names.tolist() if ":" in name))
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
    """Whether a track has values below 0, by its beginning or that of each chromosome. Raises DataError."""
    try:
        if kind_of(path) != "bigWig":
            return any((part.value < 0).any() for part in islice(read_bedgraph(path), 1))
        file = BigWig(path)
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


def is_paired(path: Path) -> bool:
    """Whether any of the first reads is properly paired. Raises DataError."""
    try:
        return any(read.flag & PROPER for read in Alignments(path).first(READS))
    except FormatError as error:
        raise DataError(path, error.problem, "give another file") from error


def celltypes_of(path: Path) -> list[str]:
    """The cell types of a table of barcodes, in their order. Raises DataError."""
    found = list(dict.fromkeys(name for _, name in typed_barcodes(path)))
    if len(found) < 2:
        problem = f"all its barcodes are of one cell type{f', {found[0]}' if found else ''}"
        raise DataError(
            path, problem, "leave `--barcodes` out, or give a file with a barcode and its cell type a line"
        )
    return found


def columns_of(path: Path) -> list[str]:
    """What an AnnData file has a value of at each region, by name. Raises DataError."""
    try:
        return [str(name) for name in AnnDataFile(path, "var").other_names.tolist()]
    except FormatError as error:
        raise DataError(path, error.problem, "give a file whose var are regions") from error

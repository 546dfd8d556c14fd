"""The reader `Motifs`."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch

from getdsl.blocks.motif_scanner import MotifScanPool, Prior
from getdsl.data.errors import DataError
from getdsl.data.genome import Genome
from getdsl.data.hashing import sha256_of
from getdsl.data.places import Ints, Places
from getdsl.data.reader import Context, Reader
from getdsl.data.table import RegionTable
from getdsl.formats.fasta import Codes, N
from getdsl.formats.meme import MemeError, Motif, read_meme
from getdsl.formats.motifs.clusters import clusters_of
from getdsl.formats.text import FormatError
from getdsl.kernels.motif_scan.arguments import WIDEST
from getdsl.text.kept import cache_folder, keep, read_kept

Floats = np.ndarray[Any, np.dtype[np.float32]]
Pool = Literal["sum", "mean", "max"]

_POSITIONS = 1 << 17
"""Positions of a call of the kernel; all calls are of one form, from which the order of sums follows."""


class Motifs(Reader):
    """Pooled hits [n, M], float32: the same bits for a region whatever is read with it."""

    def __init__(
        self,
        *,
        motifs: str,
        clusters: str | None = None,
        prior: Prior = "log_odds",
        pool: Pool = "sum",
        normalize: Literal["max", "none"] = "max",
    ) -> None:
        self.path = Path(motifs)
        self.clusters = Path(clusters) if clusters is not None else None
        self.prior, self.pool, self.normalize = prior, pool, normalize

    def open(self, context: Context) -> None:
        if context.genome is None:
            problem, fix = "`Motifs` needs a genome", 'add `genome = "genome.fa.gz"` to `data`'
            raise DataError("data", problem, fix)
        found = _motifs(self.path)
        self._cluster = _clusters(self.clusters, found) if self.clusters is not None else None
        width = self._width(found)
        table = context.table
        self._scan = _Scan(context.genome, self._scanner(len(found), width), width, _widest(table))
        self._largest = self._largest_of(table) if self.normalize == "max" else None

    def _width(self, motifs: list[Motif]) -> int:
        """bp of the kernels, an odd number, so that each has a middle. Raises DataError."""
        widest = max(motifs, key=lambda motif: motif.width)
        if widest.width | 1 > WIDEST:
            problem = (
                f"the motif {widest.name} is {widest.width} bp wide, and kernels have at most {WIDEST - 1}"
            )
            raise DataError(self.path, problem, "leave out what says least at its ends")
        return widest.width | 1

    def _scanner(self, motifs: int, width: int) -> MotifScanPool:
        scanner = MotifScanPool(
            pool_method=self.pool,
            num_motif=motifs,
            kernel_size=width,
            motifs=str(self.path),
            prior=self.prior,
            tie_strands=True,
        )
        return scanner.requires_grad_(False)

    def files(self) -> tuple[Path, ...]:
        own = (*self._scan.genome.files, self.path)
        return own if self.clusters is None else (*own, self.clusters)

    def read(self, places: Places) -> Floats:
        found = self._features(places)
        if self._largest is None:
            return found
        return np.minimum(
            np.divide(found, self._largest, out=np.zeros_like(found), where=self._largest > 0), 1
        )

    def dna(self, places: Places) -> Places:
        margin = self._scan.margin
        return replace(places, start=places.start - margin, end=places.end + margin)

    def _features(self, places: Places) -> Floats:
        hits = self._scan.hits(places)
        if self._cluster is None:
            return hits
        found = np.zeros((len(hits), self._cluster.max() + 1), np.float32)
        for motif, cluster in enumerate(self._cluster):  # in order, so that sums are the same for any batch
            found[:, cluster] += hits[:, motif]
        return found

    def _largest_of(self, table: RegionTable) -> Floats:
        """The largest value [M] of each feature over all regions, kept from one run to the next."""
        kept = cache_folder() / "motifs" / f"{self._key(table)}.json"
        known = read_kept(kept)
        if isinstance(known, list):
            return np.array(known, np.float32)
        largest = np.zeros(0, np.float32)
        for start in range(0, len(table), 4096):
            found = self._features(_places(table, start, min(start + 4096, len(table)))).max(axis=0)
            largest = np.maximum(largest, found) if largest.size else found
        keep(kept, largest.tolist())
        return largest

    def _key(self, table: RegionTable) -> str:
        """What the features of all regions follow from."""
        digest = hashlib.sha256(
            f"{self.prior} {self.pool} {table.chromosomes}{self._scan.genome.chosen}".encode()
        )
        for path in self.files():
            digest.update(sha256_of(path).encode())
        for values in (table.chrom, table.start, table.end):
            digest.update(np.ascontiguousarray(values).tobytes())
        return digest.hexdigest()[:32]


class _Scan:
    """Hits of regions of at most `widest` bp, in calls of the kernel that are all of one form."""

    def __init__(self, genome: Genome, scanner: MotifScanPool, width: int, widest: int) -> None:
        self.genome, self.scanner = genome, scanner
        self.margin = width // 2
        self.length = widest + 2 * self.margin
        self.at_once = max(1, _POSITIONS // self.length)

    def hits(self, places: Places) -> Floats:
        """[n, motifs]."""
        found = [self._some(places, start) for start in range(0, len(places), self.at_once)]
        return np.concatenate([np.empty((0, self.scanner.num_motif), np.float32), *found])

    def _some(self, places: Places, start: int) -> Floats:
        codes = np.full((self.at_once, self.length), N, np.uint8)
        lengths = np.zeros((self.at_once, 2), np.int64)  # what lies before the region, and the region
        rows = slice(start, start + self.at_once)
        some = zip(*(item[rows].tolist() for item in (places.chrom, places.start, places.end)), strict=True)
        for number, (chrom, first, last) in enumerate(some):
            around = self.genome.codes(places.chromosomes[chrom], first - self.margin, last + self.margin)
            codes[number, : len(around)] = around
            lengths[number] = self.margin, last - first
        return self._pooled(codes, lengths)[: len(places) - start]

    def _pooled(self, codes: Codes, lengths: Ints) -> Floats:
        found: Floats = self.scanner(torch.from_numpy(codes), torch.from_numpy(lengths))[:, 1].numpy()
        return found


def _widest(table: RegionTable) -> int:
    return int((table.end - table.start).max())


def _places(table: RegionTable, start: int, end: int) -> Places:
    rows = np.arange(start, end)
    forward = np.ones(len(rows), np.int8)
    chrom, first, last = table.chrom[rows], table.start[rows], table.end[rows]
    return Places(chrom, first, last, forward, rows, np.zeros_like(rows), table.chromosomes)


def _motifs(path: Path) -> list[Motif]:
    try:
        return read_meme(path)
    except (MemeError, OSError) as error:
        problem = f"its motifs cannot be read ({error})"
        raise DataError(path, problem, "give a file in MEME's or JASPAR's format") from error


def _clusters(path: Path, motifs: list[Motif]) -> Ints:
    try:
        return np.array(clusters_of(path, [(motif.name, motif.alt) for motif in motifs])[1], np.int64)
    except FormatError as error:
        raise DataError.of(error, "give each motif a line with its cluster") from error

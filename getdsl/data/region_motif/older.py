"""GET's older folder of region data, and the store that is made of it.

Of each cell type it holds, by the name of its files: `NAME.watac.npz`, a sparse matrix of motifs with the
accessibility as its last column; `NAME.csv` or `NAME.csv.gz`, its peaks; `NAME.exp.npy` and `NAME.tss.npy`,
expression and starts of genes on both strands; and `NAME.exp.feather`, which gene starts where.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from scipy import sparse

from getdsl.data.errors import DataError, suggest
from getdsl.data.extras import optional
from getdsl.data.places import Ints
from getdsl.data.region_motif.chunks import Array
from getdsl.data.region_motif.genes import Genes
from getdsl.data.region_motif.older_peaks import read_peaks
from getdsl.data.region_motif.peaks import Peaks
from getdsl.data.region_motif.write import ROWS, Columns, write_region_motif
from getdsl.diagnostics.listing import joined
from getdsl.text.opener import open_file

MATRIX = ".watac.npz"
CLOSE = 1e-3  # relative: float32 that was divided and stored


def prepare_from_folder(
    folder: Path,
    path: Path,
    celltypes: Sequence[str] | None = None,
    zarr_format: Literal[2, 3] = 2,
    step: Callable[[int, int], None] = lambda done, all: None,
) -> tuple[str, ...]:
    """Writes the store of a folder's cell types, all or some, and returns their names.

    The store holds the peaks that any of them has; one that has a peak not has no accessibility there. GET
    divided each cell type's motifs by numbers of its own: they are brought to those of the first, and must
    agree then. One cell type's matrix is in memory at a time, beside the store's own, both sparse. `step` is
    told how many cell types are read. Raises DataError.
    """
    names = _names(folder, celltypes)
    tables = {name: read_peaks(_table(folder, name)) for name in names}
    peaks, rows = _union(tables)
    motifs = _Motifs(folder, len(peaks))
    columns = {}
    for number, name in enumerate(names):
        matrix = _matrix(folder / f"{name}{MATRIX}", len(tables[name]))
        motifs.add(name, matrix[:, :-1], rows[name])
        columns[name] = _columns(folder, name, matrix[:, -1].toarray()[:, 0], rows[name], len(peaks))
        step(number + 1, len(names))
    genes = _genes(folder, names, rows)
    motif_names = [f"motif{number}" for number in range(motifs.number)]
    write_region_motif(path, peaks, motif_names, motifs.parts(), columns, genes, zarr_format)
    return names


def _names(folder: Path, wanted: Sequence[str] | None) -> tuple[str, ...]:
    if not folder.is_dir():
        raise DataError(folder, "there is no such folder", f"give the one with the files NAME{MATRIX}")
    found = tuple(sorted(file.name.removesuffix(MATRIX) for file in folder.glob(f"*{MATRIX}")))
    if not found:
        there = joined(sorted(file.name for file in folder.iterdir()), shown=5) or "nothing"
        problem = f"it holds no matrix of region data, NAME{MATRIX}, but {there}"
        raise DataError(folder, problem, "give a folder of GET's older layout, such as `fetal`")
    for name in wanted or ():
        if name not in found:
            raise DataError(folder, f"it has no cell type {name!r}", suggest(name, found))
    return tuple(wanted) if wanted else found


def _table(folder: Path, name: str) -> Path:
    plain, packed = folder / f"{name}.csv", folder / f"{name}.csv.gz"
    return plain if plain.exists() or not packed.exists() else packed


def _union(tables: Mapping[str, Peaks]) -> tuple[Peaks, dict[str, Ints]]:
    """All peaks in the order of their places, and the rows in them of each cell type's."""
    chromosomes = tuple(dict.fromkeys(name for table in tables.values() for name in table.chromosomes))
    place = {name: number for number, name in enumerate(chromosomes)}
    keys = {
        name: np.stack(
            [np.array([place[each] for each in table.chromosomes])[table.chrom], table.start, table.end],
            axis=1,
        )
        for name, table in tables.items()
    }
    every, rows = np.unique(np.concatenate(list(keys.values())), axis=0, return_inverse=True)
    parts = np.split(rows.ravel(), np.cumsum([len(key) for key in keys.values()])[:-1])
    return Peaks(chromosomes, *every.T), dict(zip(keys, parts, strict=True))


def _matrix(path: Path, peaks: int) -> Any:
    """A sparse matrix [peaks, M + 1] of float32."""
    try:
        with open_file(path) as file:
            found = sparse.load_npz(file).tocsr().astype(np.float32)
    except Exception as error:  # a damaged archive raises what its library likes
        raise DataError(path, f"it is no sparse matrix ({error})", "copy it again") from error
    if found.shape[0] != peaks or found.shape[1] < 2:
        problem = f"it is {found.shape[0]} x {found.shape[1]}, and its table has {peaks} peaks"
        raise DataError(path, problem, "give matrix and table of one cell type")
    if not np.isfinite(found.data).all():
        row = int(np.searchsorted(found.indptr, np.argmin(np.isfinite(found.data)), side="right")) - 1
        raise DataError(path, f"row {row} holds a number that is not finite", "correct it")
    return found


@dataclass
class _Motifs:
    """The motifs of the store's peaks, from each cell type those that none before has."""

    folder: Path
    peaks: int
    found: Any = None
    filled: Any = None

    @property
    def number(self) -> int:
        return int(self.found.shape[1])

    def add(self, name: str, motifs: Any, rows: Ints) -> None:
        """Motifs [n, M] of some rows. Raises DataError where they contradict those before."""
        if self.found is None:
            self.found = sparse.csr_matrix((self.peaks, motifs.shape[1]), dtype=np.float32)
            self.filled = np.zeros(self.peaks, bool)
        if motifs.shape[1] != self.number:
            self._wrong(name, f"it has {motifs.shape[1]} motifs, and those before have {self.number}")
        shared = self.filled[rows]
        ours, theirs = self.found[rows[shared]].tocoo(), motifs[shared].tocoo()
        factor = _factor(ours, theirs)
        scaled = motifs.multiply(factor[None, :]).tocsr()
        self._refuse_other(name, self.found[rows[shared]], scaled[shared], rows[shared])
        new = np.flatnonzero(~shared)
        placing = sparse.csr_matrix(
            (np.ones(len(new), np.float32), (rows[new], new)), (self.peaks, len(rows))
        )
        self.found = (self.found + placing @ scaled).tocsr()
        self.filled[rows] = True

    def parts(self) -> Iterator[Array]:
        for first in range(0, self.peaks, ROWS):
            yield self.found[first : first + ROWS].toarray()

    def _refuse_other(self, name: str, ours: Any, theirs: Any, rows: Ints) -> None:
        apart = abs(ours - theirs) - CLOSE * abs(ours)
        if apart.nnz and apart.max() > CLOSE * 1e-3:
            at = int(apart.tocoo().row[np.argmax(apart.tocoo().data)])
            self._wrong(
                name,
                f"its motifs of the peak in row {rows[at]} of all are not those of the cell types before",
            )

    def _wrong(self, name: str, problem: str) -> None:
        fix = f"write a store of its own: `--celltypes {name}`"
        raise DataError(self.folder / f"{name}{MATRIX}", problem, fix)


def _factor(ours: Any, theirs: Any) -> Array:
    """What brings their motifs to ours [M]: the ratio of their sums; 1 where either has none."""
    sums = [np.bincount(part.col, part.data, part.shape[1]) for part in (ours, theirs)]
    both = (sums[0] > 0) & (sums[1] > 0)
    return np.where(both, sums[0] / np.where(both, sums[1], 1), 1).astype(np.float32)


def _columns(folder: Path, name: str, atpm: Array, rows: Ints, peaks: int) -> Columns:
    def placed(values: Array) -> Array:
        found = np.zeros((peaks, *values.shape[1:]), np.float32)
        found[rows] = values
        return found

    paths = [folder / f"{name}.{what}.npy" for what in ("exp", "tss")]
    if not all(path.exists() for path in paths):
        return Columns(placed(atpm))
    expression, tss = (_both_strands(path, len(rows)) for path in paths)
    return Columns(placed(atpm), placed(expression), placed(tss > 0))


def _both_strands(path: Path, peaks: int) -> Array:
    try:
        with open_file(path) as file:
            found: Array = np.load(file, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise DataError(path, f"it is no array of numpy ({error})", "copy it again") from error
    if found.shape != (peaks, 2):
        shape = " x ".join(map(str, found.shape))
        raise DataError(path, f"it is {shape}, not {peaks} x 2", "give array and table of one cell type")
    return found


def _genes(folder: Path, names: Sequence[str], rows: Mapping[str, Ints]) -> Genes | None:
    """Which gene starts on which peak, of all cell types; None where no file says it."""
    starts: set[tuple[str, int, int]] = set()
    for name in names:
        path = folder / f"{name}.exp.feather"
        if not path.exists():
            continue
        for at, gene, strand in _read_genes(path):
            if not 0 <= at < len(rows[name]):
                raise DataError(path, f"{gene} starts in row {at}, of {len(rows[name])}", "correct it")
            starts.add((gene, int(rows[name][at]), int(strand == "-")))
    if not starts:
        return None
    genes, places, strands = zip(*sorted(starts), strict=True)
    return Genes(np.array(places), np.array(genes, dtype=str), np.array(strands))


def _read_genes(path: Path) -> Iterator[tuple[int, str, str]]:
    feather = optional("pyarrow.feather", path)
    try:
        with open_file(path) as file:
            table = feather.read_table(file, columns=["index", "gene_name", "Strand"])
    except (OSError, ValueError, KeyError) as error:  # pyarrow's own errors are ValueErrors
        problem = f"it is no table of genes with index, gene_name and Strand ({error})"
        raise DataError(
            path, problem, "copy it again, or take it away: it is needed for `genes` alone"
        ) from error
    yield from zip(*(table[name].to_pylist() for name in ("index", "gene_name", "Strand")), strict=True)

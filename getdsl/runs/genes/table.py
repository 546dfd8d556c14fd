"""A table of genes: of each the largest prediction over the regions in which it starts, on its strand."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor

from getdsl.compiler.constants.overrides import Overrides
from getdsl.compiler.lower.measures.value_pairs import Sides
from getdsl.compiler.refusals import refuse_untrusted
from getdsl.data.extras import optional
from getdsl.diagnostics import UserError
from getdsl.runs.evaluation.pass_by import pass_by
from getdsl.runs.evaluation.passing import Passing
from getdsl.runs.evaluation.tables import Row
from getdsl.runs.evaluation.written import as_tsv
from getdsl.runs.genes.in_samples import StartSamples, start_samples
from getdsl.runs.genes.starts import GeneStarts, gene_starts
from getdsl.runs.opened.options import Options
from getdsl.runs.opened.samples import reading
from getdsl.runs.opened.session import Session
from getdsl.runs.predict.chosen import choose
from getdsl.runs.predict.forms import PARQUET
from getdsl.runs.predict.located import Located, located
from getdsl.runs.predict.wanted import Wanted
from getdsl.runs.process.machine import using_threads
from getdsl.runs.process.quiet import quiet_lightning
from getdsl.runs.ranks.agreement import agreed
from getdsl.runs.ranks.joined import joined
from getdsl.runs.run_folder.checkpoint import saving
from getdsl.text.whole import whole_file

ACCESSIBILITY = "atpm"  # the key of the batch
STRANDS = 2

Floats = np.ndarray[Any, np.dtype[np.float64]]


class _Genes(Passing):
    """Takes the largest value of each gene and cell type."""

    keys = frozenset({ACCESSIBILITY})

    def __init__(self, session: Session, starts: GeneStarts, at: StartSamples, places: Located) -> None:
        super().__init__(session.compiled)
        self.at, self.windows = at, places.windows
        self.shape = len(starts.names), max(1, len(places.celltypes))
        self.strand = (starts.minus[at.gene] != (places.strand[at.row] < 0)).astype(np.int64)
        self.largest: dict[str, Floats] = {}

    def take(self, name: str, part: slice, compared: Sides) -> None:
        self._add(name, part, compared.prediction)
        self._add(f"{name}_observed", part, compared.target)

    def take_batch(self, part: slice, batch: Mapping[str, Tensor]) -> None:
        if ACCESSIBILITY in batch:
            self._add("accessibility", part, batch[ACCESSIBILITY])

    def _add(self, name: str, part: slice, values: Tensor) -> None:
        by_region = _by_region(values, windows=self.windows)
        if by_region is None:
            return
        here = np.flatnonzero((self.at.sample >= part.start) & (self.at.sample < part.stop))
        strand = self.strand[here] if by_region.shape[2] == STRANDS else 0
        found = by_region[self.at.sample[here] - part.start, self.at.position[here], strand]
        largest = self.largest.setdefault(name, np.full(self.shape, -np.inf))
        np.maximum.at(largest, (self.at.gene[here], self.at.celltype[here]), found)


def _by_region(values: Tensor, *, windows: bool) -> Floats | None:
    """[B, R, 1] or of both strands [B, R, 2]; None of what are no values of regions."""
    shape = tuple(values.shape) if windows else (len(values), 1, *values.shape[1:])
    shape = (*shape, 1) if len(shape) == 2 else shape
    if len(shape) != 3 or shape[2] > STRANDS:
        return None
    return values.detach().cpu().double().numpy().reshape(shape)


def gene_table(session: Session, wanted: Wanted, annotation: Path | None) -> list[Row]:
    """A row for each gene that starts in a region of the samples, and cell type. Raises UserError."""
    refuse_untrusted(session.spec, session.options.trust)
    with using_threads(session.threads), quiet_lightning():
        chosen = agreed(lambda: choose(session, wanted, measured=True))
        places = located(chosen.source)
        starts = gene_starts(chosen.source, annotation)
        at = start_samples(starts, chosen)
        if places is None or not len(at.gene):
            raise UserError(
                "no gene starts in a region of these samples", "give other samples, or `--split all`"
            )
        genes = _Genes(session, starts, at, places)
        pass_by(session, chosen, genes)
    number = np.zeros(genes.shape, np.int64)
    np.add.at(number, (at.gene, at.celltype), 1)
    chrom = dict(zip(at.gene.tolist(), places.chrom[at.row].tolist(), strict=True))
    rows: list[Row] = []
    for gene, celltype in np.argwhere(number).tolist():
        row: Row = {"gene": str(starts.names[gene]), "chrom": places.chromosomes[chrom[gene]]}
        row["strand"] = "-" if starts.minus[gene] else "+"
        if places.celltypes:
            row["celltype"] = places.celltypes[celltype]
        row["regions"] = int(number[gene, celltype])
        rows.append(row | {name: float(item[gene, celltype]) for name, item in genes.largest.items()})
    return rows


def write_gene_table(path: Path, rows: list[Row]) -> None:
    """As TSV, or as Parquet where the name says so. Raises UserError where it cannot be written."""
    with saving(path), whole_file(path) as aside:
        if path.suffix.lower() in PARQUET:
            with reading():
                arrow, parquet = (optional(f"pyarrow{it}", path, doing="writing") for it in ("", ".parquet"))
            parquet.write_table(arrow.Table.from_pylist(rows), aside)
        else:
            aside.write_text(as_tsv(rows), encoding="utf-8")


def table_of_run(
    path: Path, wanted: Wanted, annotation: Path | None, options: Options, overrides: Overrides
) -> list[Row]:
    """The same of a checkpoint, or of a run's folder, in each of the processes that share the samples."""
    with quiet_lightning(), joined(options), Session.open(path, options, overrides) as session:
        return gene_table(session, wanted, annotation)


def refuse_taken(path: Path, *, overwrite: bool) -> None:
    """Raises UserError where a table cannot be called so, or something else stands there."""
    if path.suffix.lower() not in (".tsv", *PARQUET):
        raise UserError(f"a table of genes cannot be `{path.name}`", "call it OUT.tsv or OUT.parquet")
    if path.exists() and not (overwrite and path.is_file()):
        raise UserError(f"`{path}` exists already", "name another, or add `--overwrite`")

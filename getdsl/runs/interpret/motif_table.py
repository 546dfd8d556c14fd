"""Which motifs a model reads: stretches that contribute, called by the motifs of a database, as a table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from getdsl.diagnostics import UserError
from getdsl.formats.meme import MemeError, Motif, read_meme
from getdsl.runs.interpret.aligned import mean_contributions
from getdsl.runs.interpret.seqlets import Matches, Seqlets, find_seqlets, match_motifs
from getdsl.runs.interpret.stored import Interpretation
from getdsl.runs.interpret.walk import Array
from getdsl.runs.run_folder.checkpoint import saving
from getdsl.text.whole import whole_file

MOTIFS_HELP = "give a file of motifs, MEME's or JASPAR's"
COLUMNS = ("rank", "motif", "name", "seqlets", "mean_contribution", "total_contribution", "median_p")


@dataclass(frozen=True)
class MotifRow:
    """A motif, the stretches that are most like it, and their mean contributions along it, [width, 4]."""

    motif: Motif
    seqlets: int
    mean: float
    median_p: float
    contributions: Array

    @property
    def total(self) -> float:
        return self.seqlets * self.mean

    @property
    def name(self) -> str:
        return self.motif.alt or self.motif.name


@dataclass(frozen=True)
class MotifTable:
    """Rows by the sum of their contributions, largest first, whatever its sign."""

    rows: tuple[MotifRow, ...]
    found: int  # stretches in all
    unmatched: int


def motif_table(path: Path, database: Path) -> MotifTable:
    """What an interpretation's contributions of DNA say, with the motifs of a MEME or JASPAR file.

    Raises UserError.
    """
    motifs = read_motifs(database)
    stored = Interpretation(path)
    sequences, contributions = stored.of_dna("inputs"), stored.of_dna("contributions")
    seqlets = find_seqlets(contributions.sum(2))
    if not len(seqlets):
        return MotifTable((), 0, 0)
    matches = match_motifs(sequences, contributions, seqlets, motifs)
    rows = [*_rows(sequences, contributions, seqlets, matches, motifs)]
    rows.sort(key=lambda row: -abs(row.total))
    return MotifTable(tuple(rows), len(seqlets), int((matches.motif < 0).sum()))


def read_motifs(database: Path) -> list[Motif]:
    """Raises UserError where they cannot be read."""
    try:
        return read_meme(database)
    except OSError as error:
        problem = f"{database}: {(error.strerror or str(error)).lower()}"
        raise UserError(problem, MOTIFS_HELP) from error
    except MemeError as error:
        raise UserError(str(error), MOTIFS_HELP) from error


def _rows(
    sequences: Array, contributions: Array, seqlets: Seqlets, matches: Matches, motifs: Sequence[Motif]
) -> Iterator[MotifRow]:
    for number in np.unique(matches.motif[matches.motif >= 0]):
        mine = matches.motif == number
        some = seqlets.chosen(mine)
        yield MotifRow(
            motifs[number],
            len(some),
            float(some.contribution.mean()),
            float(np.median(matches.p[mine])),
            mean_contributions(sequences, contributions, some, motifs[number]),
        )


def write_motif_table(table: MotifTable, path: Path) -> None:
    """A line for each motif, tabs between its columns."""
    lines = ["\t".join(COLUMNS)]
    for rank, row in enumerate(table.rows, 1):
        figures = (f"{row.mean:.5g}", f"{row.total:.5g}", f"{row.median_p:.2g}")
        lines.append("\t".join((str(rank), row.motif.name, row.name, str(row.seqlets), *figures)))
    with saving(path), whole_file(path) as aside:
        aside.write_text("\n".join(lines) + "\n", encoding="utf-8")

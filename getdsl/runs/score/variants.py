"""The effects of a file's variants, written as a file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

from getdsl.compiler.constants.overrides import Overrides
from getdsl.data.hashing import sha256_of
from getdsl.diagnostics import UserError
from getdsl.formats.json_values import Json
from getdsl.formats.text import FormatError
from getdsl.formats.variants import FIX, Record, VariantFile
from getdsl.runs.opened.options import DEFAULTS, Options
from getdsl.runs.ranks.agreement import agreed
from getdsl.runs.score.scorer import Choices, Scorer, notes
from getdsl.runs.score.tables import table_of
from getdsl.runs.score.written import Scored, Step, made_of, opened, write_results

PART = 256  # records of a part


def score(
    path: Path,
    variants: Path,
    output: Path,
    choices: Choices | None = None,
    options: Options = DEFAULTS,
    overrides: Overrides | None = None,
    step: Step = lambda done: None,
) -> Scored:
    """Writes the effects of a file's variants by a checkpoint (or a run's folder), whole or not at all.

    Killed, it goes on where it was when it is run again, to the same bytes. Processes share the parts, and
    the first writes. Raises UserError and SpecError.
    """
    choices = choices or Choices()
    with opened(path, options, overrides) as session, reported(variants):
        file = VariantFile(variants)
        scorer = agreed(lambda: scorer_of(Scorer(session, choices), file))
        scored = Scored(notes=notes(scorer))
        table = table_of(output, scorer.columns, file)
        about = identity(scorer, variants)
        write_results(session, output, table, about, _parts(file, scored), scorer.rows, scored, step)
    return scored


def _parts(file: VariantFile, scored: Scored) -> Iterator[list[Record]]:
    records = file.records()
    while some := list(islice(records, PART)):
        scored.records += len(some)
        yield some


@contextmanager
def reported(variants: Path) -> Iterator[None]:
    """What is wrong with the file of variants, as a UserError."""
    try:
        yield
    except FormatError as error:
        where = f"{error.path}:{error.line}" if error.line else str(error.path)
        raise UserError(f"{where}: {error.problem}", error.fix or FIX) from error


def scorer_of(scorer: Scorer, file: VariantFile) -> Scorer:
    """The scorer, for variants of its assembly.

    Raises UserError where the header's chromosomes are of other lengths than the genome's.
    """
    lengths = scorer.source.context.lengths
    for name, length in file.contigs().items():
        ours = lengths.get(scorer.source.context.genome_name(name), length)
        if ours != length:
            raise UserError(
                f"{file.path}: its header says that {name} has {length:,} bp, and the genome's has {ours:,}",
                "give variants of the genome's assembly",
            )
    return scorer


def identity(scorer: Scorer, variants: Path) -> dict[str, Json]:
    """What the results follow from."""
    return made_of(scorer.session, scorer.source, str(scorer.choices)) | {"variants": sha256_of(variants)}

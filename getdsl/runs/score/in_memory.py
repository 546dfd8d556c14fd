"""The effects of a file's variants in memory."""

from __future__ import annotations

from pathlib import Path

from getdsl.formats.variants import VariantFile
from getdsl.runs.opened.session import Session
from getdsl.runs.process.machine import using_threads
from getdsl.runs.score.scorer import Choices, Scorer
from getdsl.runs.score.tables import Row
from getdsl.runs.score.variants import reported, scorer_of


def scores_of(session: Session, variants: Path, choices: Choices) -> list[Row]:
    """A row for each allele and sample that reads its place, with what is not scored and why.

    Raises UserError.
    """
    with reported(variants), using_threads(session.threads):
        file = VariantFile(variants)
        scorer = scorer_of(Scorer(session, choices), file)
        return [row for _, own in scorer.rows(list(file.records())) for row in own]

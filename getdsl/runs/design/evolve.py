"""Directed evolution: in each round the best of all single substitutions."""

from __future__ import annotations

import numpy as np

from getdsl.formats.fasta import Codes
from getdsl.runs.design.constraints import Constraints
from getdsl.runs.design.scorer import Scorer
from getdsl.runs.design.steps import Design, Step


def evolve(design: Design, scorer: Scorer, constraints: Constraints, rounds: int) -> None:
    """Adds a step a round, as long as one makes the goal better."""
    for _ in range(rounds):
        codes = neighbours(design.codes, constraints)
        if not take_best(design, scorer, constraints, codes):
            return


def neighbours(codes: Codes, constraints: Constraints) -> Codes:
    """All sequences one allowed base away, [N, L], by position and then by base."""
    places, bases = np.nonzero(constraints.allowed)
    other = codes[places] != bases
    places, bases = places[other], bases[other]
    found = np.repeat(codes[None], len(places), 0)
    found[np.arange(len(places)), places] = bases
    return found


def take_best(
    design: Design, scorer: Scorer, constraints: Constraints, codes: Codes, what: list[str] | None = None
) -> bool:
    """Adds the best of sequences [N, L] that may be, the first of equals, if it betters the last step."""
    keeps = constraints.keeps(codes, design.start.codes)
    kept = np.flatnonzero(keeps)
    if not len(kept):
        return False
    values = scorer.near(design.codes, codes[kept])
    gains = scorer.gains(values)
    best = int(gains.argmax())
    if not gains[best] > design.steps[-1].gain:
        return False
    taken = codes[kept[best]]
    told = edits_between(design.codes, taken) if what is None else what[kept[best]]
    design.steps.append(Step(told, taken, values[best], float(gains[best])))
    return True


def edits_between(before: Codes, after: Codes) -> str:
    """`A12C` for a base that changed at position 12, 0-based; several behind each other."""
    places = np.flatnonzero(before != after)
    return " ".join(f"{'ACGT'[before[at]]}{at}{'ACGT'[after[at]]}" for at in places)

"""How alike the paths of two families are."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence

from getdsl.compiler.plan.suggest.families import Family, Steps

MARGIN = 0.05  # by which a pair must beat the next best
LIKE = 0.6  # the share of letters from which on two names are alike; below it they tell nothing


def clearly_most(values: Sequence[float]) -> int | None:
    """The number of the value that is above 0 and above every other by a clear margin; None without one."""
    (first, number), *rest = sorted(((value, number) for number, value in enumerate(values)), reverse=True)
    clear = first > 0 and (not rest or first >= rest[0][0] + MARGIN)
    return number if clear else None


def letters(theirs: str, ours: str) -> float:
    """The share of letters that two names have in common, in order; 0 where that is no likeness."""
    share = difflib.SequenceMatcher(None, theirs, ours).ratio() if theirs and ours else 0.0
    return share if share >= LIKE else 0.0


def last_alike(theirs: Family, ours: Family, *, counted: bool) -> float:
    """How alike two last steps are, by letters, and where rivals are `counted` by their numbers."""
    last, other = "".join(theirs.steps[-1:]), "".join(ours.steps[-1:])
    return max(letters(last, other), LIKE * (counted and _number(last) == _number(other)))


def counted_alike(theirs: Iterable[Family], ours: Iterable[Family]) -> bool:
    """Whether the same numbers tell both sides apart: `ln_1` and `ln_2`, `norm1` and `norm2`."""
    here, there = ([_number("".join(each.steps[-1:])) for each in side] for side in (theirs, ours))
    return "" not in here and len(set(here)) > 1 and sorted(here) == sorted(there)


def _number(step: str) -> str:
    return "".join(char for char in step if char.isdigit())


def named_alike(theirs: Family, ours: Family) -> bool:
    """Whether names speak for a pair that shapes leave no choice about."""
    leaves = {leaf for unit in theirs.units for leaf, _ in unit} - {"weight", "bias"}
    return bool(leaves) or letters(".".join(theirs.steps), ".".join(ours.steps)) > 0


def trailing(theirs: Steps, ours: Steps) -> int:
    """How many last steps are equal, numbers left out."""
    count = 0
    while count < min(len(theirs), len(ours)) and theirs[-1 - count] == ours[-1 - count]:
        count += 1
    return count


def paired_parents(votes: Mapping[tuple[Steps, Steps], int], theirs: Steps, ours: Steps) -> int:
    """The depth of the deepest parents that are paired already."""
    depths = [i for i in range(1, len(theirs)) for j in range(len(ours)) if votes.get((theirs[:i], ours[:j]))]
    return max(depths, default=0)

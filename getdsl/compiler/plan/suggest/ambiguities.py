"""What stays open once families are paired, and why."""

from __future__ import annotations

from collections.abc import Sequence

from getdsl.compiler.plan.suggest.families import Family
from getdsl.compiler.plan.suggest.suggestion import Ambiguity

SAME = "shapes are the same, and names do not tell"


def ambiguities(theirs: Sequence[Family], ours: Sequence[Family]) -> tuple[Ambiguity, ...]:
    """Open families that could be one another; those of blocks under other numbers as their blocks."""
    found: dict[tuple[str, ...], Ambiguity] = {}
    for family in theirs:
        fitting = [other for other in ours if family.units & other.units]
        if fitting:
            one = _ambiguity(family, fitting, theirs)
            found.setdefault(one.keys, one)
    return tuple(found.values())


def _ambiguity(family: Family, fitting: Sequence[Family], theirs: Sequence[Family]) -> Ambiguity:
    renumbered = [other for other in fitting if other.signature != family.signature]
    if renumbered:
        return _renumbered(family, renumbered)
    rivals = tuple(str(other) for other in theirs if other.signature == family.signature)
    return Ambiguity(rivals, tuple(map(str, fitting)), SAME)


def _renumbered(theirs: Family, ours: Sequence[Family]) -> Ambiguity:
    """Blocks of one shape that are more, fewer or numbered otherwise: which is which, nothing tells."""
    here, there = len(theirs.signature), len(ours[0].signature)
    why = f"{here} in the file and {there} in the model" if here != there else "their numbers differ"
    names = tuple(dict.fromkeys(other.trunk for other in ours))
    return Ambiguity((theirs.trunk,), names, f"shapes are the same, and {why}")

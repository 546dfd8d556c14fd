"""Few patterns for some names, and for no others: what a help tells to paste."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from getdsl.compiler.directives.covering import covers, is_glob


def narrowest(names: Iterable[str], others: Iterable[str]) -> list[str]:
    """Patterns that cover all of the names and none of the others.

    A part stands for its names where it holds no other, a glob where names differ in their numbers or begin
    differently; what stands alone is named in full.
    """
    waiting = list(dict.fromkeys(names))
    rest = set(others).difference(waiting)
    found = _shared(waiting, rest)
    chosen: list[str] = []
    while best := _best(found, waiting):
        if any(covers(best, other) for other in rest):
            del found[best]
        else:
            chosen.append(best)
            waiting = [name for name in waiting if not covers(best, name)]
    return [*chosen, *waiting]


def _best(found: dict[str, list[str]], waiting: Sequence[str]) -> str | None:
    """The pattern for most of the waiting names, a part before a glob; None where none is for two of them."""
    left = set(waiting)
    counts = {pattern: len(left.intersection(names)) for pattern, names in found.items()}
    several = [pattern for pattern, count in counts.items() if count > 1]
    return min(several, key=lambda pattern: (-counts[pattern], _width(pattern), len(pattern)), default=None)


def _width(pattern: str) -> int:
    return 0 if not is_glob(pattern) else 2 if pattern.startswith("*") else 1


def _shared(names: Sequence[str], others: Iterable[str]) -> dict[str, list[str]]:
    """Patterns that several names share and none of the others does, with the names."""
    taken = {pattern for other in others for pattern in _patterns(other)}
    found: dict[str, list[str]] = {}
    for name in names:
        for pattern in _patterns(name):
            if pattern not in taken:
                found.setdefault(pattern, []).append(name)
    return {pattern: held for pattern, held in found.items() if len(held) > 1}


def _patterns(name: str) -> Iterator[str]:
    """The parts around a name, the same with `*` for numbers, and its last step wherever it stands."""
    steps = name.split(".")
    starred = ["*" if step.isdigit() else step for step in steps]
    for depth in range(1, len(steps)):
        yield ".".join(steps[:depth])
    for depth in range(2, len(steps) + 1) if starred != steps else ():
        if starred[depth - 1] != "*":
            yield ".".join(starred[:depth])
    if len(steps) > 1:
        yield f"*.{steps[-1]}"

"""A stage's graphs, one for each set of absent optional keys, composed when they are asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import combinations

from getdsl.compiler.elaborate.batch import needed, ways_to_lack
from getdsl.compiler.graph.graph import Graph
from getdsl.grammar import syntax

Absent = frozenset[str]
FEW = 8  # keys that are looked at one by one


def told(keys: Iterable[str]) -> tuple[Absent, ...]:
    """The patterns that `check` builds, so that each part of each term is built once at least.

    With every key there, with each one absent, and with all absent; of more than a few, not each alone.
    """
    names = sorted(keys)
    singles = combinations(names, 1) if len(names) <= FEW else ()
    return tuple(dict.fromkeys([Absent(), *map(frozenset, singles), frozenset(names)]))


def reaching(expr: syntax.Node, above: Absent = frozenset()) -> Iterator[Absent]:
    """The patterns in which each alternative of a term is taken, those of alternatives inside it too.

    What a term reads in any pattern, it reads in one of these.
    """
    for part in needed(expr):
        if isinstance(part, syntax.Coalesce):
            yield from reaching(part.value, above)
            for lacking in ways_to_lack(part.value):
                yield above | lacking
                yield from reaching(part.fallback, above | lacking)


class Variants(Mapping[Absent, Graph]):
    """Any pattern can be asked for; iteration gives those that `told` names."""

    def __init__(self, patterns: tuple[Absent, ...], compose: Callable[[Absent], Graph]) -> None:
        self._patterns = patterns
        self._compose = compose
        self._composed: dict[Absent, Graph] = {}

    def __getitem__(self, absent: Absent) -> Graph:
        if absent not in self._composed:
            self._composed[absent] = self._compose(absent)
        return self._composed[absent]

    def __iter__(self) -> Iterator[Absent]:
        return iter(self._patterns)

    def __len__(self) -> int:
        return len(self._patterns)

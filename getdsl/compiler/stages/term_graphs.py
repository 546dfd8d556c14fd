"""The graphs of terms: each is built once for each pattern of absent keys that it depends on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import islice

from getdsl.compiler.graph.compose import compose
from getdsl.compiler.graph.graph import Graph
from getdsl.compiler.stages.borrow import borrow
from getdsl.compiler.stages.site import TermGraph
from getdsl.compiler.stages.variants import Absent, Variants, reaching, told
from getdsl.diagnostics import Diagnostics, SpecError
from getdsl.grammar import syntax

MOST = 500  # patterns of a term that are looked at, for the alternatives in it
MOST_NODES = 250_000  # of syntax that are elaborated for them


class TermGraphs:
    """One graph for each name, by what it reads of the batch."""

    def __init__(
        self, terms: Mapping[str, syntax.Setting], build: Callable[[str, Absent], TermGraph]
    ) -> None:
        """Builds what `check` tells of: every term with every key, with each of its keys absent, and with
        each alternative of its `??` taken, so that all that it ever reads is known.
        """
        self._build = build
        self._built: dict[tuple[str, Absent], Graph] = {}
        self._keys: dict[str, frozenset[str]] = dict.fromkeys(terms, frozenset())
        for name in self._keys:
            known: frozenset[str] | None = None
            most = min(MOST, MOST_NODES // sum(1 for _ in syntax.walk(terms[name])))
            while known != self._keys[name]:  # a fallback may read further optional keys
                known = self._keys[name]
                for absent in dict.fromkeys([*told(known), *islice(reaching(terms[name]), most)]):
                    self._part(name, absent)

    def _part(self, name: str, absent: Absent) -> Graph:
        wanted = absent & self._keys[name]
        if (name, wanted) not in self._built:
            made = self._build(name, wanted)
            self._built[name, wanted] = made.graph
            self._keys[name] |= made.optional
        return self._built[name, wanted]

    def __iter__(self) -> Iterator[Graph]:
        """The graphs that were built so far."""
        return iter(self._built.values())

    def variants(
        self, model: Graph, diagnostics: Diagnostics, whole: Callable[[Graph], Graph] = lambda graph: graph
    ) -> Mapping[Absent, Graph]:
        """For each pattern of absent keys one graph of all terms, that borrows from the finished model."""
        if not self._built:
            return {}

        def composed(absent: Absent) -> Graph:
            before = len(diagnostics.errors)
            graph = compose("loss", [self._part(name, absent) for name in self._keys])
            if len(diagnostics.errors) > before:  # of a pattern that check had not built
                raise SpecError(diagnostics.errors[before:])
            return borrow(whole(graph), model)

        return Variants(told(frozenset().union(*self._keys.values())), composed)

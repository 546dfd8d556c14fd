"""The compiler's passes, each a function from graph to graph, in the order that they run."""

from __future__ import annotations

from collections.abc import Callable

from getdsl.compiler.graph.graph import Graph
from getdsl.compiler.passes.fuse import fuse
from getdsl.compiler.passes.remove_unused import remove_unused

Pass = Callable[[Graph], Graph]

PASSES: tuple[Pass, ...] = (remove_unused,)
FUSIONS: tuple[Pass, ...] = (fuse,)  # run where a graph is lowered, unless that is turned off


def run_passes(
    graph: Graph, passes: tuple[Pass, ...] | None = None, after: Callable[[Graph], None] | None = None
) -> Graph:
    """The graph after every pass; `after` sees each step's result (the verifier, in tests)."""
    for step in PASSES if passes is None else passes:
        graph = step(graph)
        if after is not None:
            after(graph)
    return graph


__all__ = ["FUSIONS", "PASSES", "Pass", "run_passes"]

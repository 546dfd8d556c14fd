"""The compiler's passes, each a function from graph to graph, in the order that they run."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from getdsl.compiler.graph.graph import Graph
from getdsl.compiler.graph.verify import Verifier
from getdsl.compiler.passes.expose_taps import expose_taps
from getdsl.compiler.passes.fuse import fuse
from getdsl.compiler.passes.remove_unused import remove_unused
from getdsl.compiler.passes.verified import verifier

Pass = Callable[[Graph], Graph]

PASSES: tuple[Pass, ...] = (expose_taps, remove_unused)
FUSIONS: tuple[Pass, ...] = (fuse,)  # run where a graph is lowered, unless that is turned off


def run_passes(graph: Graph, passes: Sequence[Pass] = PASSES, checked: Verifier | None = None) -> Graph:
    """The graph after every pass, verified before the first and after each.

    `checked` remembers what it has verified already. Raises GraphError for a pass that makes a wrong graph.
    """
    checked = checked or verifier()
    checked.verify(graph)
    for step in passes:
        graph = checked.verify(step(graph))
    return graph


__all__ = ["FUSIONS", "PASSES", "Pass", "expose_taps", "run_passes", "verifier"]

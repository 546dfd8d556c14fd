"""What has no gradient, and which parts therefore stay in evaluation mode."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from getdsl.compiler.graph.graph import Graph, StateTensor
from getdsl.compiler.plan.requests.covering import any_covers
from getdsl.compiler.plan.requests.directives import Directives


def held(directives: Directives, model: Mapping[str, StateTensor]) -> set[str]:
    """The tensors, buffers too, that `freeze` names or `train_only` leaves out."""
    if directives.train_only is not None:
        patterns = [pattern.text for pattern in directives.train_only]
        return {name for name in model if not any_covers(patterns, name)}
    patterns = [pattern.text for pattern in directives.freeze or ()]
    return {name for name in model if any_covers(patterns, name)}


def frozen_parts(graph: Graph, held: Collection[str], adapted: Collection[str]) -> tuple[str, ...]:
    """The outermost modules of which all is held and nothing adapted.

    A block whose weights are frozen by its own face is no such part: it was made to run so.
    """
    found: list[str] = []
    for path, module in graph.walk_modules():
        if any(path.startswith(f"{outer}.") for outer in found):
            continue
        names = [f"{path}.{tensor.name}" for tensor in module.tensors()]
        if names and all(name in held and name not in adapted for name in names):
            found.append(path)
    return tuple(found)

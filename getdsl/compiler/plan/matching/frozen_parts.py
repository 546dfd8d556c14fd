"""Which parts stay in evaluation mode."""

from __future__ import annotations

from collections.abc import Collection

from getdsl.compiler.graph.graph import Graph


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

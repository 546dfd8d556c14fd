"""How the sizes inside a block are those of a call of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from getdsl.compiler.graph.dimensions import Dim
from getdsl.compiler.graph.graph import Graph
from getdsl.compiler.graph.operands import Argument, Ref
from getdsl.compiler.graph.symbols import Symbol
from getdsl.compiler.graph.types import UNKNOWN, TensorType


def call_bindings(
    body: Graph, arguments: Mapping[str, Argument], type_of: Callable[[Ref], TensorType]
) -> dict[Symbol, Dim]:
    """What the symbols of a called body are in the caller, solved from what its inputs are given.

    `arguments` go by the names of the body's inputs, and `type_of` knows their types. A symbol whose size
    the caller does not know is left out.
    """
    bindings: dict[Symbol, Dim] = {}
    for symbol, source in body.symbols.items():
        node = body.nodes[source.ref.node]
        given = arguments.get(node.target) if node.kind == "input" else None
        dims = type_of(given).dims if isinstance(given, Ref) else None
        if dims is not None and source.axis < len(dims):
            solved = source.pattern.substitute(bindings).solve(symbol, dims[source.axis])
            if solved is not None:
                bindings[symbol] = solved
    return bindings


def known(type: TensorType, bindings: Mapping[Symbol, Dim]) -> TensorType:
    """A body's type in the caller's sizes; UNKNOWN where it has one that the caller does not know."""
    return UNKNOWN if type.symbols - bindings.keys() else type.substitute(bindings)

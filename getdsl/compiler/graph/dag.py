"""The nodes of a graph as a networkx DAG, in which an edge says what is used and for what."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

from getdsl.compiler.graph.node import Node, SymbolSource
from getdsl.compiler.graph.operands import Argument, references
from getdsl.compiler.graph.symbols import Symbol

if TYPE_CHECKING:
    import networkx


class Use(NamedTuple):
    """That a node uses an output of another: as an argument, by place or name, or for a size it measures."""

    output: str
    by: int | str | Symbol


def uses(node: Node, symbols: Mapping[Symbol, SymbolSource]) -> Iterator[tuple[str, Use]]:
    """What a node uses, each with the name of the node that it comes from."""
    given: tuple[tuple[int | str, Argument], ...] = (*enumerate(node.args), *node.kwargs.items())
    for place, argument in given:
        for ref in references(argument):
            yield ref.node, Use(ref.output, place)
    for dim in node.dims():
        for symbol in dim.symbols:
            if symbol in symbols:
                ref = symbols[symbol].ref
                yield ref.node, Use(ref.output, symbol)


def make_dag(nodes: Mapping[str, Node], symbols: Mapping[Symbol, SymbolSource]) -> networkx.DiGraph[str]:
    """The nodes, with an edge from each to those that use it, whose `uses` say what for; it is frozen.

    A node that is used and is not there has an edge all the same: it is the verifier that finds it.
    """
    import networkx  # a tenth of a second, which most of what imports this module need not pay

    dag: networkx.DiGraph[str] = networkx.DiGraph()
    dag.add_nodes_from(nodes)
    for node in nodes.values():
        found: dict[str, list[Use]] = {}
        for source, use in uses(node, symbols):
            found.setdefault(source, []).append(use)
        dag.add_edges_from((source, node.name, {"uses": tuple(several)}) for source, several in found.items())
    networkx.freeze(dag)
    return dag

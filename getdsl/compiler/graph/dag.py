"""Which nodes of a graph use which and for what, as a networkx DAG too."""

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


class Links(NamedTuple):
    """Which nodes use which, and for what: by who uses, and by who is used."""

    sources: dict[str, dict[str, tuple[Use, ...]]]
    readers: dict[str, dict[str, tuple[Use, ...]]]


def links_of(nodes: Mapping[str, Node], symbols: Mapping[Symbol, SymbolSource]) -> Links:
    """The links of nodes, in their order.

    A node that is used and is not there has links all the same: it is the verifier that finds it.
    """
    links = Links({name: {} for name in nodes}, {name: {} for name in nodes})
    for node in nodes.values():
        found: dict[str, list[Use]] = {}
        for source, use in uses(node, symbols):
            found.setdefault(source, []).append(use)
        for source, several in found.items():
            links.sources[node.name][source] = tuple(several)
            links.readers.setdefault(source, {})[node.name] = tuple(several)
    return links


def make_dag(links: Links) -> networkx.DiGraph[str]:
    """The nodes, with an edge from each to those that use it, whose `uses` say what for; it is frozen."""
    import networkx  # a tenth of a second, which most of what imports this module need not pay

    dag: networkx.DiGraph[str] = networkx.DiGraph()
    dag.add_nodes_from(links.sources)
    for reader, sources in links.sources.items():
        dag.add_edges_from((source, reader, {"uses": use}) for source, use in sources.items())
    networkx.freeze(dag)
    return dag

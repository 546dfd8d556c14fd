"""A small matcher: chains of nodes in a graph, each read by the next alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from getdsl.compiler.graph.graph import Argument, Graph, Module, Node, Ref

Test: TypeAlias = Callable[[Graph, Node], bool]


def calls(extern: str) -> Test:
    """Whether a node calls this body, by a module that is the graph's own."""

    def test(graph: Graph, node: Node) -> bool:
        module = called(graph, node)
        return module is not None and module.extern == extern and module.name not in graph.shared

    return test


def applies(operation: str) -> Test:
    """Whether a node is this operation."""
    return lambda graph, node: node.kind == "operation" and node.target == operation


def read_by(first: Test, reader: Test) -> Test:
    """Whether a node passes the first test, and one of those that read it the second."""
    return lambda graph, node: (
        first(graph, node) and any(reader(graph, each) for each in graph.readers(node.name))
    )


@dataclass(frozen=True)
class Found:
    """The nodes of a chain, as far as it goes.

    `end` says why it goes no further where it is not whole: its last node is an `output`, is not read by
    one node alone (`readers`), or is read by a `stranger`.
    """

    nodes: tuple[Node, ...]
    readers: tuple[Node, ...] = ()
    end: Literal["whole", "output", "readers", "stranger"] = "whole"


@dataclass(frozen=True)
class Chain:
    """A first node, any number of those between, and a last one."""

    first: Test
    last: Test
    between: Test = lambda graph, node: False

    def find(self, graph: Graph) -> Iterator[Found]:
        """A chain from each first node of the graph, whole or not."""
        for node in graph.nodes.values():
            if self.first(graph, node):
                yield self._from(graph, (node,))

    def _from(self, graph: Graph, nodes: tuple[Node, ...]) -> Found:
        if any(ref.node == nodes[-1].name for ref in graph.outputs.values()):
            return Found(nodes, end="output")
        readers = tuple(graph.readers(nodes[-1].name))
        if len(readers) != 1:
            return Found(nodes, readers, "readers")
        if self.last(graph, readers[0]):
            return Found((*nodes, readers[0]))
        if self.between(graph, readers[0]):
            return self._from(graph, (*nodes, readers[0]))
        return Found(nodes, readers, "stranger")


@dataclass(frozen=True)
class Fusion:
    """A chain, what stands against changing it, and the graph with it changed.

    `told` and `becomes` are how it is shown, around the names of the nodes.
    """

    told: str
    becomes: str
    chain: Chain
    obstacle: Callable[[Graph, Found], str | None]
    rewritten: Callable[[Graph, tuple[Node, ...]], Graph]


def called(graph: Graph, node: Node) -> Module | None:
    """The module that a node calls."""
    return graph.modules.get(node.target) if node.kind == "module" else None


def arguments(graph: Graph, node: Node) -> dict[str, Argument]:
    """A call's arguments by the names of the face's inputs."""
    return {**dict(zip(graph.modules[node.target].inputs, node.args, strict=False)), **node.kwargs}


def redirected(graph: Graph, to: Mapping[Ref, Ref]) -> Graph:
    """The graph in which all that reads one tensor, its outputs too, reads another."""

    def other(argument: Argument) -> Argument:
        if isinstance(argument, Ref):
            return to.get(argument, argument)
        return tuple(map(other, argument)) if isinstance(argument, tuple) else argument

    nodes = {
        name: replace(
            node,
            args=tuple(map(other, node.args)),
            kwargs={key: other(item) for key, item in node.kwargs.items()},
        )
        for name, node in graph.nodes.items()
    }
    outputs = {name: to.get(ref, ref) for name, ref in graph.outputs.items()}
    return replace(graph, nodes=nodes, outputs=outputs)

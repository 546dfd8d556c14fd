"""What of a graph its outputs are not made of."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from getdsl.compiler.graph.graph import Graph, Module
from getdsl.compiler.graph.node import PARAMETER
from getdsl.text.source import Span


@dataclass(frozen=True)
class IdlePart:
    """A module or parameter by its path, its weights, and where it is bound."""

    path: str
    weights: tuple[str, ...]
    span: Span | None


def idle_parts(graph: Graph, stages: Iterable[Graph], library: Collection[Path]) -> Iterator[IdlePart]:
    """The outermost parts with weights that reach no output, nor are called by a stage, such as a loss.

    What files of the `library` bind is left out: a block's inside is as published models have it.
    """
    lent = set[str]()
    for stage in stages:
        lent |= {node.target for node in stage.nodes.values() if node.target in stage.shared}
        lent |= {name.removeprefix(PARAMETER) for name in stage.inputs if name.startswith(PARAMETER)}
    for part in _idle(graph, frozenset(lent), ""):
        if part.span is None or part.span.file.path not in library:
            yield part


def _idle(graph: Graph, lent: frozenset[str], prefix: str) -> Iterator[IdlePart]:
    reached = {(node.kind, node.target) for node in map(graph.nodes.__getitem__, graph.reachable())}
    for name, parameter in graph.parameters.items():
        reads = ("parameter", name) in reached or f"{prefix}{name}" in lent
        if not reads and parameter.kind != "buffer":
            yield IdlePart(f"{prefix}{name}", (f"{prefix}{name}",), parameter.span)
    for name, module in graph.modules.items():
        path = f"{prefix}{name}"
        if path not in lent:
            called = ("module", name) in reached or any(other.startswith(f"{path}.") for other in lent)
            yield from _inside(module, lent, path) if called else _whole(module, path)


def _inside(module: Module, lent: frozenset[str], path: str) -> Iterator[IdlePart]:
    return _idle(module.graph, lent, f"{path}.") if module.graph is not None else iter(())


def _whole(module: Module, path: str) -> Iterator[IdlePart]:
    weights = tuple(f"{path}.{tensor.name}" for tensor in module.tensors() if tensor.kind != "buffer")
    if weights:
        yield IdlePart(path, weights, module.span)

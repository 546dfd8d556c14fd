"""Fuses what the blocks of the library say can be fused: each `blocks/*_fusion.py` declares one fusion."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache

from getdsl.compiler.constants.paths import PACKAGE
from getdsl.compiler.graph.chains import Found, Fusion
from getdsl.compiler.graph.graph import Graph, Node


@cache
def fusions() -> tuple[Fusion, ...]:
    """The library's fusions, in the order of their files' names."""
    paths = sorted((PACKAGE / "blocks").glob("*_fusion.py"))
    return tuple(importlib.import_module(f"getdsl.blocks.{path.stem}").FUSION for path in paths)


@dataclass(frozen=True)
class Candidate:
    """Where a fusion's chain begins in a graph, and what stands against fusing it there."""

    fusion: Fusion
    graph: str
    nodes: tuple[Node, ...]
    obstacle: str | None = None


def fuse(graph: Graph) -> Graph:
    """The graph with all chains fused that can be, inside nested graphs too.

    Modules stay where they are, so the state dict does not change.
    """
    modules = {
        name: module if module.graph is None else replace(module, graph=fuse(module.graph))
        for name, module in graph.modules.items()
    }
    graph = replace(graph, modules=modules)
    while (found := next((item for item in _here(graph) if item.obstacle is None), None)) is not None:
        graph = found.fusion.rewritten(graph, found.nodes)
    return graph


def find_fusions(graph: Graph) -> Iterator[Candidate]:
    """What `fuse` begins with in a graph and in those inside it."""
    yield from _here(graph)
    for module in graph.modules.values():
        if module.graph is not None:
            yield from find_fusions(module.graph)


def _here(graph: Graph) -> Iterator[Candidate]:
    for fusion in fusions():
        for found in fusion.chain.find(graph):
            yield Candidate(fusion, graph.name, found.nodes, _obstacle(fusion, graph, found))


def _obstacle(fusion: Fusion, graph: Graph, found: Found) -> str | None:
    reason = fusion.obstacle(graph, found)
    assert reason is not None or found.end == "whole", f"{fusion.becomes}: a chain that ends early"
    return reason

"""On which scale an output is, as the loss tells it: what it is compared with."""

from __future__ import annotations

import math
from dataclasses import dataclass

from getdsl.compiler.graph.graph import Graph, Node
from getdsl.compiler.spec import Spec

_BASES = {"log2": 2.0, "log": math.e, "log1p": math.e, "log10": 10.0}


@dataclass(frozen=True)
class Scale:
    """`base` is that of the logarithm that the output is; `logits` those of a multinomial or of odds."""

    base: float | None = None
    logits: bool = False
    profile: bool = False


def scale_of(spec: Spec, output: str) -> Scale:
    """The scale of an output: linear where the loss does not say more."""
    if not spec.stages.terms:
        return Scale()
    graph = next(iter(spec.stages.losses.values()), None) or spec.stages.losses[frozenset()]
    for node in graph.nodes.values():
        if node.kind == "module" and len(graph.modules[node.target].inputs) >= 2:
            prediction, target = _sides(graph, node)
            if output in _inputs(graph, prediction):
                return _told(graph.modules[node.target].block, _operations(graph, prediction, target))
    return Scale()


def _told(block: str, operations: tuple[set[str], set[str]]) -> Scale:
    of_prediction, of_target = operations
    if block == "MNLL":
        return Scale(logits=True, profile=True)
    if block == "BCEWithLogits":
        return Scale(logits=True)
    bases = [base for name, base in _BASES.items() if name in of_target - of_prediction]
    return Scale(base=bases[0] if bases else None)


def _sides(graph: Graph, node: Node) -> tuple[set[str], set[str]]:
    """The nodes that make the prediction, and those that make the target."""
    arguments = graph.modules[node.target].arguments(node)
    first, second = list(arguments.values())[:2]
    return tuple(
        graph.ancestors([getattr(side, "node", "")]) if hasattr(side, "node") else set()
        for side in (first, second)
    )  # type: ignore[return-value]


def _inputs(graph: Graph, nodes: set[str]) -> set[str]:
    return {graph.nodes[name].target for name in nodes if graph.nodes[name].kind == "input"}


def _operations(graph: Graph, prediction: set[str], target: set[str]) -> tuple[set[str], set[str]]:
    def own(nodes: set[str]) -> set[str]:
        return {graph.nodes[name].target for name in nodes if graph.nodes[name].kind == "operation"}

    return own(prediction), own(target)

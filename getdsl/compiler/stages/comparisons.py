"""What each term of a loss compares, found in the loss's graph: its loss, prediction, target and mask."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from getdsl.compiler.graph.graph import Argument, Constant, Graph, Node, Ref
from getdsl.compiler.graph.types import TensorType

AVERAGING = ("mul", "mean", "masked_mean")  # what stands between a loss and its term


@dataclass(frozen=True)
class Comparison:
    """`loss` is the name of a block of the library, `type` that of the prediction."""

    loss: str
    params: Mapping[str, Constant]
    prediction: Ref
    target: Ref
    mask: Ref | None
    type: TensorType


def comparisons(graph: Graph) -> dict[str, Comparison]:
    """By term; a term that is no mean of one loss of the library is not among them."""
    found = {name: _comparison(graph, ref) for name, ref in graph.outputs.items() if name != "total"}
    return {name: each for name, each in found.items() if each is not None}


def compared_graph(graph: Graph) -> Graph:
    """The loss's graph that gives `TERM.prediction`, `TERM.target` and, where masked, `TERM.mask` instead."""
    outputs: dict[str, Ref] = {}
    for name, each in comparisons(graph).items():
        outputs |= {f"{name}.prediction": each.prediction, f"{name}.target": each.target}
        if each.mask is not None:
            outputs[f"{name}.mask"] = each.mask
    return replace(graph, outputs=outputs)


def _comparison(graph: Graph, ref: Ref) -> Comparison | None:
    node: Node | None = graph.nodes[ref.node]
    mask: Argument = None
    while node is not None and node.kind == "operation" and node.target in AVERAGING:
        mask = node.args[1] if node.target == "masked_mean" else mask
        node = _source(graph, node.args[0])
    module = graph.modules.get(node.target) if node is not None and node.kind == "module" else None
    if node is None or module is None or not module.in_library:
        return None
    arguments = module.arguments(node)
    prediction, target = arguments.get("prediction"), _unmasked(graph, arguments.get("target"))
    if not isinstance(prediction, Ref) or not isinstance(target, Ref):
        return None
    shown = mask if isinstance(mask, Ref) else None
    return Comparison(module.block, module.params, prediction, target, shown, graph.type_of(prediction))


def _source(graph: Graph, argument: Argument) -> Node | None:
    return graph.nodes[argument.node] if isinstance(argument, Ref) else None


def _unmasked(graph: Graph, target: Argument) -> Argument:
    """The target as the term names it, which the loss sees replaced where a mask leaves it out."""
    node = _source(graph, target)
    if node is not None and node.kind == "operation" and node.target == "masked_target":
        return node.args[1]
    return target

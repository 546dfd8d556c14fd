"""Outputs of modules inside a bound block: `encoder.blocks[0].attn`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from getdsl.compiler.elaborate.values import Part, Tensor, Value
from getdsl.compiler.graph.calls import call_bindings, known
from getdsl.compiler.graph.graph import Graph, Ref
from getdsl.compiler.graph.types import TensorType
from getdsl.text.source import Span

if TYPE_CHECKING:
    from getdsl.compiler.elaborate.body import Body


def part_output(body: Body, part: Part, name: str, span: Span) -> Value:
    """An output of a module inside a bound block, or a part one level deeper."""
    owner = part.tensor.module
    assert owner is not None
    module = body.modules[owner]
    exposed = expose(module.graph, part.path, name) if module.graph is not None else None
    if exposed is None:
        return body.evaluator.part(part.tensor, f"{part.path}.{name}", span)
    graph, output, local = exposed
    call = body.nodes[part.tensor.ref.node]
    type = known(
        local,
        call_bindings(graph, module.arguments(call), lambda ref: body.nodes[ref.node].outputs[ref.output]),
    )
    body.modules[owner] = replace(
        module, graph=graph, outputs=(*module.outputs, *((output,) if output not in module.outputs else ()))
    )
    node = body.nodes[part.tensor.ref.node]
    body.nodes[node.name] = replace(node, outputs={**node.outputs, output: type})
    return Tensor(Ref(node.name, output), type, span)


def expose(graph: Graph | None, path: str, output: str) -> tuple[Graph, str, TensorType] | None:
    """A graph that also returns an output of a module inside it: (graph, the new output's name, its type)."""
    if graph is None:
        return None
    node = next(
        (item for item in graph.nodes.values() if item.kind == "module" and item.target == path), None
    )
    if node is not None:
        if output not in node.outputs or output == "":
            return None
        name = f"{path}.{output}"
        type = node.outputs[output]
        return replace(graph, outputs={**graph.outputs, name: Ref(node.name, output)}), name, type
    owner = next(
        (
            item
            for item in graph.nodes.values()
            if item.kind == "module" and path.startswith(f"{item.target}.")
        ),
        None,
    )
    if owner is None:
        return None
    module = graph.modules[owner.target]
    inside = expose(module.graph, path.removeprefix(f"{owner.target}."), output)
    if inside is None:
        return None
    nested, inner_name, local = inside
    type = known(local, call_bindings(nested, module.arguments(owner), graph.type_of))
    changed = replace(owner, outputs={**owner.outputs, inner_name: type})
    name = f"{path}.{output}"
    return (
        replace(
            graph,
            nodes={**graph.nodes, owner.name: changed},
            modules={
                **graph.modules,
                owner.target: replace(module, graph=nested, outputs=(*module.outputs, inner_name)),
            },
            outputs={**graph.outputs, name: Ref(owner.name, inner_name)},
        ),
        name,
        type,
    )

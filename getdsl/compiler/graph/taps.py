"""What is read of the inside of a block: `encoder.blocks[0].attn` is its output `blocks.0.attn`."""

from __future__ import annotations

from collections.abc import Callable

from getdsl.compiler.graph.calls import call_bindings, known
from getdsl.compiler.graph.graph import Graph, Module, Node
from getdsl.compiler.graph.operands import Ref
from getdsl.compiler.graph.types import TensorType


def towards(body: Graph, output: str) -> Ref | None:
    """What a body returns under a tap's name: the output of a call, or a tap of one further inside."""
    steps = output.split(".")
    for length in range(len(steps) - 1, 0, -1):
        calls = body.calls_of(".".join(steps[:length]))
        if calls:
            return Ref(calls[0].name, ".".join(steps[length:]))
    return None


def type_inside(
    module: Module, call: Node, type_of: Callable[[Ref], TensorType], output: str
) -> TensorType | None:
    """The type of a tap in the sizes of the graph that calls the module; None where there is none such.

    It is UNKNOWN where a size inside the block is none that its caller knows.
    """
    body = module.graph
    ref = towards(body, output) if body is not None else None
    if body is None or ref is None:
        return None
    inner = body.nodes[ref.node]
    if "." in ref.output:
        type = type_inside(body.modules[inner.target], inner, body.type_of, ref.output)
    else:  # an output without a name is the block's own result, of which nothing is read by name
        type = inner.outputs.get(ref.output) if ref.output else None
    return None if type is None else known(type, call_bindings(body, module.arguments(call), type_of))

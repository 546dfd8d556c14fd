"""What is read of the inside of a bound block: `encoder.blocks[0].attn`."""

from __future__ import annotations

from getdsl.compiler.elaborate.frame import Frame
from getdsl.compiler.elaborate.values import Part, Tensor, Value
from getdsl.compiler.graph.taps import type_inside
from getdsl.diagnostics.mistakes import values
from getdsl.text.source import Span


def part(frame: Frame, tensor: Tensor, path: str, span: Span) -> Value:
    """A module inside the block that made a tensor."""
    assert tensor.module is not None
    inside = frame.draft.modules[tensor.module].graph
    paths = [name for name, _ in inside.walk_modules()] if inside is not None else []
    if any(name == path or name.startswith(f"{path}.") for name in paths):
        return Part(tensor, path)
    outputs = frame.draft.nodes[tensor.ref.node].outputs
    known = [*filter(None, outputs), *(name.split(".")[0] for name in paths)]
    return frame.wrong(values.no_such_part(tensor.module, path, span, known))


def output_of(frame: Frame, inside: Part, name: str, span: Span) -> Value:
    """An output of a module inside a bound block, which is noted as a tap, or a part one level deeper."""
    tensor = inside.tensor
    assert tensor.module is not None
    call = frame.draft.nodes[tensor.ref.node]
    type = type_inside(frame.draft.modules[tensor.module], call, frame.draft.type_of, f"{inside.path}.{name}")
    if type is None:
        return part(frame, tensor, f"{inside.path}.{name}", span)
    return frame.draft.tap(call.name, f"{inside.path}.{name}", type, span)

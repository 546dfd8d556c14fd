"""Which block call of a binding takes the binding's name, and so names its weights."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from getdsl.compiler.elaborate.callees import held, holds_callee
from getdsl.compiler.elaborate.engine import Engine
from getdsl.compiler.elaborate.frame import Frame
from getdsl.compiler.elaborate.statements_apart import free_output, piece_before
from getdsl.compiler.elaborate.values import ModuleValue
from getdsl.compiler.elaborate.weighted import owns_weights
from getdsl.compiler.graph.callee import Callee
from getdsl.diagnostics.mistakes import names as mistakes
from getdsl.grammar import syntax

Names = Mapping[syntax.Expr, str | None]


class BlockCall(NamedTuple):
    """A call that makes a module, or a parameter."""

    call: syntax.Call
    block: str
    weighted: bool


def names_of(
    engine: Engine,
    frame: Frame,
    expr: syntax.Expr,
    name: str | None,
    statement: syntax.Statement | None = None,
) -> Names:
    """For each block call of a binding, by the node that names the block, its module's name.

    The one with weights takes the binding's name; without one the outermost does; the others
    are called after the binding and the block. None marks a call that must be bound first: it
    is reported here; `statement` is what the expression stands in.
    """
    calls: list[BlockCall] = []
    repeated: dict[syntax.Expr, str | None] = {}
    nodes = [*syntax.walk(expr)]
    again = _made_again(nodes)
    for item in _block_calls(engine, frame, nodes):
        if item.weighted and item.call.callee in again:
            frame.program.diagnostics.add(
                mistakes.weights_in_comprehension(item.block, item.call.span.in_a_line, item.call.callee.span)
            )
            repeated[item.call.callee] = None
        else:
            calls.append(item)
    if name is None:
        return {**repeated, **_unbound(frame, calls, statement)}
    return {**repeated, **_bound(frame, calls, expr, name, statement)}


def _made_again(nodes: Iterable[syntax.Node]) -> set[syntax.Node]:
    """What stands where a comprehension makes it again and again."""
    lists = (node for node in nodes if isinstance(node, syntax.Comprehension))
    return {inside for node in lists for inside in syntax.walk(node.item)}


def _unbound(frame: Frame, calls: Sequence[BlockCall], statement: syntax.Statement | None) -> Names:
    """Where nothing is bound, a block with weights has no name to go by."""
    for call, block, weighted in calls:
        if weighted:
            place, output = call.callee.span, free_output(frame, statement)
            frame.program.diagnostics.add(
                mistakes.weights_without_name(block, call.span.in_a_line, place, output)
            )
    return {call.callee: None if weighted else block.lower() for call, block, weighted in calls}


def _bound(
    frame: Frame,
    calls: Sequence[BlockCall],
    expr: syntax.Expr,
    name: str,
    statement: syntax.Statement | None,
) -> Names:
    owner = _owner(calls, expr)
    names: dict[syntax.Expr, str | None] = {}
    for item in calls:
        call, block, weighted = item
        names[call.callee] = name if item is owner else None if weighted else f"{name}_{block.lower()}"
        if weighted and item is not owner:
            assert owner is not None
            place, first = call.callee.span, owner.call.callee.span
            piece = piece_before(frame, statement, call, f"{name}_{block.lower()}")
            shown = call.span.in_a_line
            frame.program.diagnostics.add(mistakes.two_owners(name, block, shown, place, first, piece))
    return names


def _owner(calls: Sequence[BlockCall], expr: syntax.Expr) -> BlockCall | None:
    """The last call with weights, else the one whose result is the binding's value."""
    weighted = [item for item in calls if item.weighted]
    if weighted:
        return weighted[-1]
    last = expr.target if isinstance(expr, syntax.Arrow) else expr
    return next((item for item in calls if item.call.span.start == last.span.start), None)


def _block_calls(engine: Engine, frame: Frame, nodes: Iterable[syntax.Node]) -> Iterator[BlockCall]:
    for node in nodes:
        match node:
            case syntax.Arrow(target=syntax.Name() | syntax.Attribute() | syntax.Index() as target):
                yield from _calls_block(engine, frame, syntax.Call(target.span, target, (), ()))
            case syntax.Call(callee=syntax.Name(id="Parameter" | "Buffer" as name)) if not holds_callee(
                frame, name
            ):
                yield BlockCall(node, name, True)
            case syntax.Call():
                yield from _calls_block(engine, frame, node)


def _calls_block(engine: Engine, frame: Frame, call: syntax.Call) -> Iterator[BlockCall]:
    definition = _block_of(frame, call.callee)
    if definition is not None:
        weighted = owns_weights(engine.weighted, frame.program, definition)
        yield BlockCall(call, definition.name, weighted)


def _block_of(frame: Frame, callee: syntax.Expr) -> syntax.Definition | None:
    """The block that a call makes a module of, be it named or held by a param, a list or a table."""
    value = held(frame, callee)
    if isinstance(value, Callee):
        return value.definition
    if isinstance(value, ModuleValue) or not isinstance(callee, syntax.Name):
        return None
    definition = frame.program.find(callee.id)
    return definition if definition is not None and definition.kind != "source" else None

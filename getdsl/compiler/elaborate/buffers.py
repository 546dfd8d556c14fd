"""`Buffer(expression)`: a tensor that is computed once, of constants, and never trained."""

from __future__ import annotations

from getdsl.compiler.constants.markers import POISON
from getdsl.compiler.constants.paths import resolve_path
from getdsl.compiler.elaborate.claims import claim
from getdsl.compiler.elaborate.engine import Engine
from getdsl.compiler.elaborate.frame import Frame
from getdsl.compiler.elaborate.operate import operate
from getdsl.compiler.elaborate.values import Tensor, Value, describe
from getdsl.compiler.graph.graph import Graph, Node, Parameter
from getdsl.diagnostics.mistakes import buffers as mistakes
from getdsl.grammar import syntax


def buffer(engine: Engine, frame: Frame, expr: syntax.Call) -> Value:
    """What stands in the graph for a buffer; the nodes that compute it leave it."""
    name = frame.planned.get(expr.callee)
    if len(expr.args) != 1 or expr.keywords:
        return frame.wrong(mistakes.one_expression(expr.span))
    before = set(frame.draft.nodes)
    value = engine.evaluate(frame.constant_only(), expr.args[0])
    if value is POISON or name is None:
        return POISON
    if not isinstance(value, Tensor):
        return frame.wrong(mistakes.no_tensor(describe(value), expr.args[0].span))
    made = _graph(frame, name, value)
    other = next((node for node in made.nodes.values() if node.kind != "operation"), None)
    for node in frame.draft.nodes.keys() - before:
        del frame.draft.nodes[node]
    if other is not None:
        return frame.wrong(mistakes.no_constant(other.target, other.kind, expr.args[0].span))
    sides = [side.value for side in value.type.dims or ()]
    shape = tuple(side for side in sides if side is not None)
    if value.type.dims is None or len(shape) < len(sides):
        return frame.unsettled(mistakes.open_size(value.type.plain(), expr.args[0].span))
    if claim(frame, True, name, expr.span) is None:
        return POISON
    owned = Parameter(name, shape, "zeros", expr.span, "buffer", value.type.dtype, made)
    return frame.draft.add_parameter(owned, expr.span)


def _graph(frame: Frame, name: str, value: Tensor) -> Graph:
    """The nodes that a tensor is made of, as a graph of its own."""
    found: dict[str, Node] = {}
    waiting = [value.ref.node]
    while waiting:
        node = frame.draft.nodes[waiting.pop()]
        if node.name not in found:
            found[node.name] = node
            waiting += [ref.node for ref in node.references()]
    nodes = {each: frame.draft.nodes[each] for each in frame.draft.nodes if each in found}
    return Graph(name.replace(".", "_"), nodes, {"value": value.ref})


def read(engine: Engine, frame: Frame, expr: syntax.Call) -> Value:
    """`read("spline.npy")`: the array of a file beside the spec."""
    args = [engine.evaluate(frame, item) for item in expr.args]
    named = {item.name: engine.evaluate(frame, item.value) for item in expr.keywords}
    if POISON in (*args, *named.values()):
        return POISON
    if not frame.constant:
        return frame.wrong(mistakes.read_outside(expr.span))
    if args and isinstance(args[0], str):
        args[0] = resolve_path(args[0], expr.span)
    if isinstance(named.get("path"), str):
        named["path"] = resolve_path(str(named["path"]), expr.span)
    return operate(frame, "read", args, named, expr.span, None)

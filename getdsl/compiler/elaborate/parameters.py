"""`Parameter([…], init = …)`: tensors of weights that a graph owns itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from getdsl.compiler.constants.markers import POISON, contains_poison
from getdsl.compiler.elaborate.naming import claim
from getdsl.compiler.elaborate.values import Tensor, Value
from getdsl.compiler.graph.dimensions import Dim
from getdsl.compiler.graph.graph import Node, Parameter, Ref
from getdsl.compiler.graph.types import TensorType
from getdsl.diagnostics.mistakes import calls, shapes
from getdsl.grammar import syntax

if TYPE_CHECKING:
    from getdsl.compiler.elaborate.body import Body


INITIALISERS = {"zeros": 0, "ones": 0, "normal": 1, "trunc_normal": 1, "xavier_uniform": 0, "uniform": 2}
PLAIN = ("zeros", "ones", "xavier_uniform")


def parameter(body: Body, expr: syntax.Call) -> Value:
    """`Parameter([…], init = …)`: a tensor of weights that the graph owns itself."""
    name = body.planned.get(expr.callee)
    if name is None:
        return POISON
    arguments = _arguments(body, expr)
    if arguments is None:
        return POISON
    shape_expr, init_expr = arguments
    shape = body.evaluator.evaluate(shape_expr)
    init = _initialiser(body, init_expr) if init_expr is not None else "zeros"
    if contains_poison([shape, init]):
        return POISON
    sides = _sides(shape)
    if sides is None:
        return body.wrong(shapes.open_parameter(shape_expr.span))
    if claim(body, True, name, expr.span) is None:
        return POISON
    body.parameters[name] = Parameter(name, sides, init, expr.span)
    type = TensorType(tuple(Dim.of(side) for side in shape))
    node = body.fresh(name)
    body.nodes[node] = Node(node, "parameter", name, {"": type}, span=expr.span)
    return Tensor(Ref(node, ""), type, expr.span)


def _arguments(body: Body, expr: syntax.Call) -> tuple[syntax.Expr, syntax.Expr | None] | None:
    """The shape and the initialiser, by place or by name; None after a report."""
    given = dict(zip(("shape", "init"), expr.args, strict=False))
    for item in expr.keywords:
        if item.name not in ("shape", "init"):
            body.wrong(calls.no_parameter_argument(item.name, item.name_span))
            return None
        given.setdefault(item.name, item.value)
    if "shape" not in given or len(expr.args) > 2:
        body.wrong(calls.wrong_parameter_call(expr.span))
        return None
    return given["shape"], given.get("init")


def _sides(shape: Value) -> tuple[int, ...] | None:
    """The shape as numbers; None where it is no list of them."""
    if not isinstance(shape, list):
        return None
    sides = [side.value if isinstance(side, Dim) else side for side in shape]
    found = [side for side in sides if isinstance(side, int) and not isinstance(side, bool) and side >= 0]
    return tuple(found) if len(found) == len(sides) else None


def _initialiser(body: Body, expr: syntax.Expr) -> Value:
    """`zeros`, `ones`, a number, or `normal(std)`, as (name, *numbers); POISON after a report."""
    if isinstance(expr, syntax.Name) and expr.id in PLAIN:
        return expr.id
    if (
        isinstance(expr, syntax.Call)
        and isinstance(expr.callee, syntax.Name)
        and expr.callee.id in INITIALISERS
    ):
        value = _distribution(body, expr, expr.callee.id)
    elif isinstance(expr, syntax.Name) and body.lookup(expr) is None:
        value = None
    else:
        value = body.evaluator.evaluate(expr)
    if value is POISON or isinstance(value, tuple) or _is_number(value):
        return value
    name = expr.id if isinstance(expr, syntax.Name) else ""
    return body.wrong(calls.wrong_init(name, expr.span, INITIALISERS))


def _distribution(body: Body, expr: syntax.Call, name: str) -> Value:
    """A distribution with its numbers; None where they are not what it takes."""
    given = (*expr.args, *(item.value for item in expr.keywords))
    values = [body.evaluator.evaluate(arg) for arg in given]
    if POISON in values:
        return POISON
    if len(values) != INITIALISERS[name] or not all(map(_is_number, values)):
        return None
    return (name, *(float(value) for value in values))


def _is_number(value: Value) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)

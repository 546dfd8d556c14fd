"""`Parameter([…], init = …)`: tensors of weights that a graph owns itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from getdsl.compiler.constants.markers import POISON, contains_poison
from getdsl.compiler.elaborate.naming import claim
from getdsl.compiler.elaborate.values import Tensor, Value
from getdsl.compiler.graph.dimensions import Dim
from getdsl.compiler.graph.graph import Node, Parameter, Ref
from getdsl.compiler.graph.types import TensorType
from getdsl.diagnostics import suggestion_or_list
from getdsl.grammar import syntax

if TYPE_CHECKING:
    from getdsl.compiler.elaborate.body import Body


def parameter(body: Body, expr: syntax.Call) -> Value:
    """`Parameter([…], init = …)`: a tensor of weights that the graph owns itself."""
    name = body.planned.get(expr.span.start)
    if name is None:
        return POISON
    keywords = {item.name: item for item in expr.keywords}
    unknown = [item for item in expr.keywords if item.name not in ("shape", "init")]
    if unknown:
        body.report(
            "GET214",
            f"`Parameter` has no argument `{unknown[0].name}`",
            unknown[0].name_span,
            help="the call is `Parameter([1, 1, 64], init = zeros)`",
        )
        return POISON
    shape_expr = expr.args[0] if expr.args else keywords["shape"].value if "shape" in keywords else None
    if shape_expr is None or len(expr.args) > 2:
        body.report(
            "GET214",
            "`Parameter` takes a shape and an `init`",
            expr.span,
            help="the call is `Parameter([1, 1, 64], init = zeros)`",
        )
        return POISON
    shape = body.evaluator.evaluate(shape_expr)
    init_expr = expr.args[1] if len(expr.args) > 1 else keywords["init"].value if "init" in keywords else None
    init = _initialiser(body, init_expr) if init_expr is not None else "zeros"
    if contains_poison([shape, init]):
        return POISON
    sides = (
        [side.value if isinstance(side, Dim) else side for side in shape]
        if isinstance(shape, list)
        else [None]
    )
    if any(isinstance(side, bool) or not isinstance(side, int) or side < 0 for side in sides):
        body.report(
            "GET310",
            "the shape of a `Parameter` is a list of integers that are known at compile time",
            shape_expr.span,
        )
        return POISON
    if claim(body, True, name, expr.span) is None:
        return POISON
    body.parameters[name] = Parameter(
        name, tuple(side for side in sides if side is not None), init, expr.span
    )
    type = TensorType(tuple(Dim.of(side) for side in shape))
    node = body.fresh(name)
    body.nodes[node] = Node(node, "parameter", name, {"": type}, span=expr.span)
    return Tensor(Ref(node, ""), type, expr.span)


INITIALISERS = {"zeros": 0, "ones": 0, "normal": 1, "trunc_normal": 1, "xavier_uniform": 0, "uniform": 2}


def _initialiser(body: Body, expr: syntax.Expr) -> Any:
    """`zeros`, `ones`, a number, or `normal(std)`, as (name, *numbers)."""
    if isinstance(expr, syntax.Name) and expr.id in ("zeros", "ones", "xavier_uniform"):
        return expr.id
    if (
        isinstance(expr, syntax.Call)
        and isinstance(expr.callee, syntax.Name)
        and expr.callee.id in INITIALISERS
    ):
        values = [
            body.evaluator.evaluate(arg) for arg in (*expr.args, *(item.value for item in expr.keywords))
        ]
        if (
            all(isinstance(value, int | float) and not isinstance(value, bool) for value in values)
            and len(values) == INITIALISERS[expr.callee.id]
        ):
            return (expr.callee.id, *(float(value) for value in values))
        if POISON in values:
            return POISON
    elif not (isinstance(expr, syntax.Name) and body.lookup(expr) is None):
        value = body.evaluator.evaluate(expr)
        if value is POISON or (isinstance(value, int | float) and not isinstance(value, bool)):
            return value
    name = expr.id if isinstance(expr, syntax.Name) else ""
    return body.evaluator.wrong(
        "GET212",
        "`init` is zeros, ones, a number, normal(std), trunc_normal(std), uniform(low, high) or "
        "xavier_uniform",
        expr.span,
        help=suggestion_or_list(name, INITIALISERS, "initialisers") if name else None,
    )

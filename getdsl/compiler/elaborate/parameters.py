"""`Parameter([…], init = …)`: tensors of weights that a graph owns itself."""

from __future__ import annotations

from typing import TypeGuard, cast

from getdsl.compiler.constants.markers import POISON, Marker, contains_poison
from getdsl.compiler.elaborate.claims import claim
from getdsl.compiler.elaborate.engine import Engine
from getdsl.compiler.elaborate.frame import Frame
from getdsl.compiler.elaborate.values import Value
from getdsl.compiler.graph.dimensions import Dim
from getdsl.compiler.graph.graph import Init, Parameter
from getdsl.diagnostics.mistakes import calls, shapes
from getdsl.grammar import syntax

INITIALISERS = {"zeros": 0, "ones": 0, "normal": 1, "trunc_normal": 1, "xavier_uniform": 0, "uniform": 2}
PLAIN = ("zeros", "ones", "xavier_uniform")


def parameter(engine: Engine, frame: Frame, expr: syntax.Call) -> Value:
    """`Parameter([…], init = …)`: a tensor of weights that the graph owns itself."""
    name = frame.planned.get(expr.callee)
    arguments = _arguments(frame, expr) if name is not None else None
    if name is None or arguments is None:
        return POISON
    shape_expr, init_expr = arguments
    shape = engine.evaluate(frame, shape_expr)
    init = _initialiser(engine, frame, init_expr) if init_expr is not None else "zeros"
    if contains_poison(shape) or isinstance(init, Marker):
        return POISON
    sides = _sides(shape)
    if sides is None:
        return frame.unsettled(shapes.open_parameter(shape_expr.span))
    if claim(frame, True, name, expr.span) is None:
        return POISON
    return frame.draft.add_parameter(Parameter(name, sides, init, expr.span), expr.span)


def _arguments(frame: Frame, expr: syntax.Call) -> tuple[syntax.Expr, syntax.Expr | None] | None:
    """The shape and the initialiser, by place or by name; None after a report."""
    given = dict(zip(("shape", "init"), expr.args, strict=False))
    for item in expr.keywords:
        if item.name not in ("shape", "init"):
            frame.wrong(calls.no_parameter_argument(item.name, item.name_span))
            return None
        given.setdefault(item.name, item.value)
    if "shape" not in given or len(expr.args) > 2:
        frame.wrong(calls.wrong_parameter_call(expr.span))
        return None
    return given["shape"], given.get("init")


def _sides(shape: Value) -> tuple[int, ...] | None:
    """The shape as numbers; None where it is no list of them."""
    if not isinstance(shape, list):
        return None
    sides = [side.value if isinstance(side, Dim) else side for side in shape]
    found = [side for side in sides if isinstance(side, int) and not isinstance(side, bool) and side >= 0]
    return tuple(found) if len(found) == len(sides) else None


def _initialiser(engine: Engine, frame: Frame, expr: syntax.Expr) -> Init | Marker:
    """`zeros`, `ones`, a number, or `normal(std)`, as (name, *numbers); POISON after a report."""
    match expr:
        case syntax.Name(id=name) if name in PLAIN:
            return name
        case syntax.Call(callee=syntax.Name(id=name)) if name in INITIALISERS:
            found = _distribution(engine, frame, expr, name)
        case syntax.Name(id=name) if not frame.binds(name):
            found = None
        case _:
            value = engine.evaluate(frame, expr)
            found = POISON if value is POISON else value if _is_number(value) else None
    if found is not None:
        return found
    name = expr.id if isinstance(expr, syntax.Name) else ""
    return frame.wrong(calls.wrong_init(name, expr.span, INITIALISERS))


def _distribution(engine: Engine, frame: Frame, expr: syntax.Call, name: str) -> Init | Marker | None:
    """A distribution with its numbers; None where they are not what it takes."""
    given = (*expr.args, *(item.value for item in expr.keywords))
    values = [engine.evaluate(frame, arg) for arg in given]
    if POISON in values:
        return POISON
    numbers = tuple(float(value) for value in values if _is_number(value))
    if len(values) != INITIALISERS[name] or len(numbers) < len(values):
        return None
    return cast(Init, (name, *numbers))  # mypy does not see through the star


def _is_number(value: Value) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool)

"""Types as they are written, read in a frame."""

from __future__ import annotations

from getdsl.compiler.constants.markers import POISON
from getdsl.compiler.elaborate.conditions import condition
from getdsl.compiler.elaborate.engine import Engine
from getdsl.compiler.elaborate.frame import Frame
from getdsl.compiler.elaborate.patterns import Pattern
from getdsl.compiler.elaborate.values import Value, describe
from getdsl.compiler.graph.dimensions import Dim
from getdsl.compiler.graph.types import MAX_RANK, Domain, DType
from getdsl.diagnostics.mistakes import shapes
from getdsl.grammar import syntax

DTYPES: dict[str, tuple[DType, Domain | None]] = {
    "float": ("float", None),
    "int": ("int", None),
    "bool": ("bool", None),
    "onehot": ("float", "onehot"),
    "lengths": ("int", "lengths"),
    "mask": ("bool", "mask"),
}
Element = tuple[DType, "Domain | None"]


def read_pattern(engine: Engine, frame: Frame, type: syntax.Type, *, new_symbols: bool) -> Pattern | None:
    """The pattern of a written type, or None after a report.

    With `new_symbols`, an upper-case name that means nothing yet becomes a dimension symbol of the frame.
    """
    expr: syntax.Expr | None = type.expr
    while isinstance(expr, syntax.Choice):
        chosen = condition(engine, frame, expr.condition)
        expr = None if chosen is None else expr.yes if chosen else expr.no
    found = _element(frame, type, expr) if expr is not None else None
    if found is None:
        return None
    element, items = found
    return _read_sides(engine, frame, type, element, items, new_symbols)


def _element(
    frame: Frame, type: syntax.Type, expr: syntax.Expr
) -> tuple[Element, tuple[syntax.Expr, ...]] | None:
    """The kind of element, and what stands in the brackets; None after a report."""
    match expr:
        case syntax.List(items=items):
            return DTYPES["float"], items
        case syntax.Index(value=syntax.Name(id=name), items=items) if name in DTYPES:
            return DTYPES[name], items
        case syntax.Index(value=syntax.Name(id=name)):
            frame.wrong(shapes.no_such_tensor_type(name, expr.value.span, DTYPES))
        case _:
            frame.wrong(shapes.no_tensor_type(type.span))
    return None


def _read_sides(
    engine: Engine,
    frame: Frame,
    type: syntax.Type,
    element: Element,
    items: tuple[syntax.Expr, ...],
    new_symbols: bool,
) -> Pattern | None:
    if len(items) > MAX_RANK:
        frame.wrong(shapes.too_many_axes(len(items), MAX_RANK, type.span))
        return None
    lead = bool(items) and isinstance(items[0], syntax.Ellipsis)
    sides: list[Dim] = []
    for item in items[1:] if lead else items:
        side = _read_side(engine, frame, item, new_symbols)
        if side is None:
            return None
        sides.append(side)
    of = _read_side(engine, frame, type.of, new_symbols) if type.of is not None else None
    step = _read_side(engine, frame, type.step, False) if type.step is not None else None
    dtype, domain = element
    if (domain == "lengths") != (type.of is not None):
        mistake = shapes.lengths_of_nothing if domain == "lengths" else shapes.of_without_lengths
        frame.wrong(mistake(type.span))
        return None
    stride = (step.value if step is not None else None) or 1
    return Pattern(tuple(sides), lead, dtype, domain, of, stride, type.optional, type.span)


def _read_side(engine: Engine, frame: Frame, item: syntax.Expr, new_symbols: bool) -> Dim | None:
    if isinstance(item, syntax.Slice | syntax.Ellipsis):
        frame.wrong(shapes.open_side(item.span))
        return None
    if new_symbols:
        _declare_symbols(frame, item)
    return _side(frame, engine.evaluate(frame, item), item)


def _side(frame: Frame, value: Value, item: syntax.Expr) -> Dim | None:
    """A value as a size, None after a report."""
    if value is POISON:
        return None
    if isinstance(value, bool) or not isinstance(value, int | Dim):
        frame.wrong(shapes.no_side(describe(value), item.span))
        return None
    side = Dim.of(value)
    if side.value is not None and side.value < 0:
        frame.wrong(shapes.negative_side(side.value, item.span))
        return None
    return side


def _declare_symbols(frame: Frame, item: syntax.Expr) -> None:
    for node in syntax.walk(item):
        if not isinstance(node, syntax.Name) or not node.id[0].isupper() or frame.binds(node.id):
            continue
        if frame.program.find(node.id) is None and node.id not in ("True", "False", "None"):
            frame.scope.values[node.id] = Dim.symbol(node.id)

"""Indices and attributes: slices of tensors, members of families, keys of the batch, parts of blocks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from getdsl.compiler.constants.markers import BATCH, POISON
from getdsl.compiler.elaborate.batch import Batch
from getdsl.compiler.elaborate.engine import RULES, Engine
from getdsl.compiler.elaborate.frame import Frame
from getdsl.compiler.elaborate.members import plain
from getdsl.compiler.elaborate.operate import operate
from getdsl.compiler.elaborate.parts import output_of, part
from getdsl.compiler.elaborate.stage_weights import below, owner_of
from getdsl.compiler.elaborate.values import (
    Family,
    Owner,
    Part,
    Tensor,
    Value,
    contains_tensor,
    describe,
    slice_of,
)
from getdsl.compiler.graph.dimensions import Dim
from getdsl.compiler.graph.graph import Ref
from getdsl.compiler.graph.operands import SliceArgument
from getdsl.compiler.graph.text import argument_text
from getdsl.compiler.graph.types import UNKNOWN
from getdsl.diagnostics.mistakes import calls, data, names, operands, values
from getdsl.grammar import syntax
from getdsl.text.source import Span

_WHOLE = SliceArgument(None, None)


@RULES.expression(syntax.Index)
def index(engine: Engine, frame: Frame, expr: syntax.Index, hint: str | None) -> Value:
    value = engine.evaluate(frame, expr.value)
    if value is POISON:
        return POISON
    items = [_item(engine, frame, item) for item in expr.items]
    steps = [_step(engine, frame, item) for item in expr.items]
    if any(item is POISON for item in (*items, *steps)):
        return POISON
    if isinstance(value, Tensor):
        return _part(frame, value, items, steps, expr.span, hint)
    if value is BATCH and frame.batch is not None and len(items) == 1 and isinstance(items[0], str):
        return _key(frame, frame.batch, items[0], expr.span)
    return _every(frame, _member(frame, value, items, expr.span), next(iter(steps), None), expr.span)


def _every(frame: Frame, found: Value, step: Value, span: Span) -> Value:
    """The items of a list that a step leaves."""
    if step is None or not isinstance(found, list):
        return found
    if isinstance(step, int) and not isinstance(step, bool) and step > 0:
        return found[::step]
    return frame.wrong(operands.do_not_fit(span, operands.step_not_positive(step), [], []))


def _part(
    frame: Frame, value: Tensor, items: list[Value], steps: list[Value], span: Span, hint: str | None
) -> Value:
    """What an index takes of a tensor: a slice, of that the positions that steps leave or a tensor names."""
    places = _places(items)
    plain = [_WHOLE if place is not None else item for item, place in zip(items, places, strict=True)]
    found: Value = value
    if plain == items or any(item != _WHOLE for item in plain):
        found = operate(frame, "getitem", [value, tuple(plain)], {}, span, hint)
    if not isinstance(found, Tensor):
        return found
    kept = [item is None or item is Ellipsis or isinstance(item, SliceArgument) for item in plain]
    for name, arguments in (("every", steps), ("take", places)):  # which may add axes
        for at, argument in enumerate(arguments):
            if argument is not None:
                axis = -sum(kept[at:]) if Ellipsis in plain[:at] else sum(kept[:at])
                found = operate(frame, name, [found, argument, axis], {}, span, hint)
    return found


def _places(items: list[Value]) -> list[Tensor | None]:
    """The tensor of places among the items, where there is one beside slices; none for every other item."""
    tensors = [item for item in items if isinstance(item, Tensor) and item.type.dtype == "int"]
    numbers = any(isinstance(item, int | Dim) for item in items)
    if len(tensors) != 1 or numbers:
        return [None] * len(items)
    return [item if item is tensors[0] else None for item in items]


def _step(engine: Engine, frame: Frame, item: syntax.Expr) -> Value:
    """The step of a slice; none of what has none."""
    if not isinstance(item, syntax.Slice) or item.step is None:
        return None
    return engine.evaluate(frame, item.step)


def _item(engine: Engine, frame: Frame, item: syntax.Expr) -> Value:
    if isinstance(item, syntax.Ellipsis):
        return Ellipsis
    if isinstance(item, syntax.Slice):
        start = engine.evaluate(frame, item.start) if item.start is not None else None
        stop = engine.evaluate(frame, item.stop) if item.stop is not None else None
        return POISON if POISON in (start, stop) else slice_of(start, stop)
    value = engine.evaluate(frame, item)
    return value.value if isinstance(value, Dim) and value.value is not None else value


def _member(frame: Frame, value: Value, items: Sequence[Value], span: Span) -> Value:
    """What a number or a key picks of something that is no tensor."""
    match value, items:
        case Part(tensor=tensor, path=path), [int() | str() as key]:
            return part(frame, tensor, f"{path}.{key}", span)
        case Owner(), [int() | str() as key]:
            return below(frame, value, key, span)
        case Family(), [int() | str() as key]:
            return _of_family(frame, value, key, span)
        case Family(), [SliceArgument()]:
            return _member(frame, plain(frame, value, span), items, span)
        case list(), [SliceArgument(start=int() | None as start, stop=int() | None as stop)]:
            items_between: Value = value[start:stop]
            return items_between
        case list(), [int(number)]:
            if -len(value) <= number < len(value):
                found: Value = value[number]
                return found
            return frame.wrong(values.beyond_list(number, len(value), span))
        case dict(), [str(key)]:
            return _of_table(frame, value, key, span)
        case dict(), [int()]:
            return frame.wrong(values.number_into_table(span, value))
    return frame.wrong(calls.cannot_be_indexed(describe(value), span))


def _of_family(frame: Frame, family: Family, key: int | str, span: Span) -> Value:
    """An item, from the end where the number is negative."""
    if isinstance(key, int) and key < 0:
        key += 1 + max((number for number in family.items if isinstance(number, int)), default=-1)
    if key in family.items:
        return family.items[key]
    if family.name in frame.scope.broken:
        return POISON
    return frame.wrong(names.not_in_family(family.name, key, span, family.items))


def _of_table(frame: Frame, table: Mapping[str, Value], key: str, span: Span) -> Value:
    if key in table:
        return table[key]
    shown = "this table" if contains_tensor(table.values()) else argument_text(table)
    return frame.wrong(values.no_item(key, shown, span, table))


@RULES.expression(syntax.Attribute)
def attribute(engine: Engine, frame: Frame, expr: syntax.Attribute, hint: str | None) -> Value:
    value = engine.evaluate(frame, expr.value)
    if value is POISON:
        return POISON
    if value is BATCH and frame.batch is not None:
        return _key(frame, frame.batch, expr.name, expr.span)
    owner = owner_of(frame, value, expr.value)
    if owner is not None:
        return below(frame, owner, expr.name, expr.span)
    if isinstance(value, Tensor) and value.module is not None:
        outputs = frame.draft.nodes[value.ref.node].outputs
        if expr.name in outputs:
            return Tensor(Ref(value.ref.node, expr.name), outputs[expr.name], expr.span)
        return part(frame, value, expr.name, expr.span)
    if isinstance(value, Part):
        return output_of(frame, value, expr.name, expr.span)
    if isinstance(value, Family):
        return _of_family(frame, value, expr.name, expr.span)
    if isinstance(value, dict):
        return _of_table(frame, value, expr.name, expr.span)
    return frame.wrong(values.no_attribute(describe(value), expr.name, expr.span))


def _key(frame: Frame, batch: Batch, key: str, span: Span) -> Value:
    """A key of the raw batch, which becomes an input of the graph."""
    name = f"batch.{key}"
    existing = frame.scope.values.get(name)
    if existing is not None:
        return existing
    type = batch.declared.get(key, UNKNOWN)
    if batch.types is not None:
        if key not in batch.types:
            return frame.wrong(data.no_such_key(key, batch.source, span, batch.types))
        type = batch.types[key]
    frame.scope.values[name] = value = frame.draft.add_input(name, type, span, hint=f"batch_{key}")
    return value

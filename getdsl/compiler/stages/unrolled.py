"""Sections of terms without their loops: `for name in heads { output [name] = … }` becomes a term each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import islice
from typing import Any, TypeVar, cast

from getdsl.compiler.constants.markers import POISON
from getdsl.compiler.elaborate.engine import Engine
from getdsl.compiler.elaborate.frame import Frame
from getdsl.compiler.elaborate.keys import key_of
from getdsl.compiler.elaborate.loops import each, steps_of
from getdsl.compiler.elaborate.values import Value, describe
from getdsl.compiler.graph.callee import Callee
from getdsl.compiler.stages.targets import WORD
from getdsl.diagnostics.mistakes import terms as mistakes
from getdsl.grammar import syntax
from getdsl.text.source import Span

MOST = 250  # terms that the loops of a section may give: each is a graph of its own
N = TypeVar("N", bound=syntax.Node)
Names = Mapping[str, Value]


def unrolled(engine: Engine, model: Frame, section: syntax.Section) -> syntax.Section:
    """The section with a setting for each step of its loops, and no name that is computed.

    Loops and names are those of constants that the model knows after its last statement.
    """
    most = len(section.entries) + MOST
    entries = tuple(islice(_entries(engine, model, section.entries, {}), most + 1))
    if len(entries) > most:
        model.wrong(mistakes.too_many_terms(MOST, section.keyword_span))
        return replace(section, entries=())
    return replace(section, entries=entries)


def _entries(
    engine: Engine, model: Frame, entries: tuple[syntax.Entry, ...], names: Names
) -> Iterator[syntax.Entry]:
    for entry in entries:
        if isinstance(entry, syntax.Each):
            yield from _steps(engine, model, entry, names)
        elif isinstance(entry, syntax.Keyed):
            name = _name(engine, model, entry.key, "output")
            if name is not None:
                yield replace(_written(entry.setting, names), name=name)
        elif isinstance(entry, syntax.Declared) and entry.key is not None and entry.word == WORD:
            name = _name(engine, model, entry.key, WORD)
            if name is not None:
                yield replace(entry, name=name, type=_written(entry.type, names), key=None)
        else:
            yield _written(entry, names) if names or _reads_by_text(entry) else entry


def _reads_by_text(entry: syntax.Entry) -> bool:
    """Whether `batch["k"]` stands in an entry."""
    return any(_is_key_by_text(node) for node in syntax.walk(entry))


def _is_key_by_text(node: syntax.Node) -> bool:
    match node:
        case syntax.Index(value=syntax.Name(id="batch"), items=(syntax.String(),)):
            return True
    return False


def _steps(engine: Engine, model: Frame, loop: syntax.Each, names: Names) -> Iterator[syntax.Entry]:
    steps = steps_of(engine, model, loop.source)
    if steps is None:
        yield syntax.Broken(loop.span, ())
        return
    for _ in each(model, loop.variables, steps):
        engine.budget.take_statement(loop.span)
        bound = {name: model.scope.values[name] for name in loop.variables}
        foreign = next((value for value in bound.values() if _literal(value, loop.span) is None), None)
        if foreign is not None:
            if foreign is not POISON:
                model.wrong(mistakes.loop_of_no_constants(describe(foreign), loop.source.span))
            return
        yield from _entries(engine, model, loop.entries, {**names, **bound})


def _name(engine: Engine, model: Frame, expr: syntax.Expr, word: str) -> str | None:
    """The name in `output [name]` or `target [name]`; None after a report."""
    key = engine.evaluate(model, expr)
    if isinstance(key, str) and not isinstance(key, Callee):
        return key_of(model, key, expr.span)
    if key is not POISON:
        model.wrong(mistakes.key_no_text(word, describe(key), expr.span))
    return None


def _written(node: N, names: Names) -> N:
    """A node with the values of names in their place, and `batch["k"]` as `batch.k`."""
    match node:
        case syntax.Name(id=name) if name in names:
            value = _literal(names[name], node.span)
            return cast(N, value if value is not None else node)
        case syntax.Comprehension(variables=variables):
            names = {name: value for name, value in names.items() if name not in variables}
    changed: dict[str, Any] = {name: _inside(getattr(node, name), names) for name in node.node_fields}
    if all(changed[name] is getattr(node, name) for name in changed):
        return _key_by_name(node)
    return _key_by_name(replace(node, **changed))


def _inside(value: object, names: Names) -> object:
    """What a field holds, written so."""
    if isinstance(value, syntax.Node):
        return _written(value, names)
    if isinstance(value, tuple) and any(isinstance(item, syntax.Node) for item in value):
        return tuple(_written(item, names) for item in value)
    return value


def _key_by_name(node: N) -> N:
    match node:
        case syntax.Index(value=syntax.Name(id="batch") as batch, items=(syntax.String(value=key),)):
            return cast(N, syntax.Attribute(node.span, batch, key))
    return node


def _literal(value: Value, place: Span) -> syntax.Expr | None:
    """A constant as the syntax that stands for it; None for what has none."""
    match value:
        case bool() | None:
            return syntax.Name(place, {True: "true", False: "false", None: "none"}[value])
        case int() | float():
            return syntax.Number(place, value)
        case Callee():
            return syntax.Name(place, str(value))
        case str():
            return syntax.String(place, value)
        case list():
            items = [_literal(item, place) for item in value]
            return None if None in items else syntax.List(place, tuple(item for item in items if item))
        case dict():
            values = {key: _literal(item, place) for key, item in value.items()}
            pairs = [syntax.Pair(place, key, place, item) for key, item in values.items() if item is not None]
            return syntax.Dict(place, tuple(pairs)) if len(pairs) == len(value) else None
    return None

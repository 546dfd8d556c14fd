"""The settings of a section as rows, for `getdsl explain` and docs/sections.md."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from getdsl.compiler.sections.declare import Table, settings_of
from getdsl.compiler.sections.declared import SECTIONS, Section
from getdsl.compiler.sections.kinds import Kind, is_table, items_of, kind_of, rows_of
from getdsl.compiler.sections.schema import schema_of
from getdsl.compiler.sections.wording import wanted

MUST = "must be given"
FORMATS = {
    "path": "a path",
    "weights": "names of weights",
    "source": "a data source",
    "genome": "a path, or a data source",
}


class Row(NamedTuple):
    """A setting: its name from the section on, what it may be, and what it is where it is left out."""

    name: str
    what: str
    default: str
    doc: str


class Group(NamedTuple):
    """Settings under one head: a section's own, or those of one call, with what the call is."""

    head: str
    doc: str
    rows: tuple[Row, ...]


def groups_of(section: Section) -> list[Group]:
    """The settings of a section; none for sections of terms and for plain lists."""
    if section.terms:
        return []
    kind = kind_of(section.kind)
    if kind.choices:
        return [
            Group(f"{word}(…)", _first_line(table), tuple(listed(table)))
            for word, table in kind.choices.items()
        ]
    return [Group(section.written, section.doc, tuple(listed(kind.bare)))] if is_table(kind.bare) else []


def listed(table: type[Table], prefix: str = "") -> Iterator[Row]:
    """The settings of a table, and below each those of the tables in it, but for what is a section too."""
    for name, annotation in settings_of(table).items():
        kind = kind_of(annotation)
        yield Row(f"{prefix}{name}", _what(kind, annotation), _default(table, name, kind), kind.doc.text)
        for step, inner in _inside(kind) if name not in SECTIONS else ():
            yield from listed(inner, f"{prefix}{name}.{step}")


def _inside(kind: Kind) -> Iterator[tuple[str, type[Table]]]:
    """The tables of which a setting is one, or holds some, with what leads to them from its name."""
    row, items = rows_of(kind.bare), items_of(kind.bare)
    if is_table(row):
        yield "*.", row
    elif is_table(kind.bare):
        yield "", kind.bare
    elif items is not None:
        yield from ((f"{word}.", table) for word, table in kind_of(items[0]).choices.items())
    elif len(kind.choices) == 1:
        yield from (("", table) for table in kind.choices.values())


def _what(kind: Kind, annotation: object) -> str:
    items = items_of(kind.bare)
    choices, among = kind.choices, ""
    if not choices and items is not None:
        choices, among = kind_of(items[0]).choices, "a list of "
    if choices:
        return among + " or ".join(f"`{word}(…)`" for word in choices)
    if kind.bound.format is not None and "additionalProperties" not in schema_of(annotation):
        return FORMATS[kind.bound.format]
    return wanted(schema_of(annotation))


def _default(table: type[Table], name: str, kind: Kind) -> str:
    """As the language writes it; in words where nothing stands for it."""
    if not hasattr(table, name):
        return MUST
    value = getattr(table, name)
    return kind.doc.without or (f"`{written(value)}`" if value not in ((), {}) else "none")


def written(value: object) -> str:
    """A constant as a spec writes it."""
    if isinstance(value, bool) or value is None:
        return str(value).lower()
    if isinstance(value, tuple):
        return f"[{', '.join(map(written, value))}]"
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{name} = {written(item)}" for name, item in value.items()) + " }"
    return f'"{value}"' if isinstance(value, str) else f"{value:g}".replace("e-0", "e-")


def _first_line(table: type[Table]) -> str:
    return (table.__doc__ or "").strip().splitlines()[0]

"""Where in a section a place is, and which settings there may be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from getdsl.compiler.sections.declare import Table, settings_of
from getdsl.compiler.sections.declared import SECTIONS
from getdsl.compiler.sections.kinds import Kind, is_table, items_of, kind_of, rows_of, words_of
from getdsl.compiler.sections.listing import listed
from getdsl.compiler.sections.part_optimizer import Clauses


class Setting(NamedTuple):
    """A setting as help shows it, with the words or calls that it may be."""

    name: str
    what: str
    default: str
    doc: str
    words: tuple[str, ...]

    @property
    def said(self) -> str:
        said = self.default if self.default.startswith(("`", "must")) else f"without it, {self.default}"
        return f"{self.what}; {'default ' if said.startswith('`') else ''}{said}"


def tables_at(keyword: str, steps: tuple[str, ...]) -> list[type[Table]]:
    """The tables of settings at a place in a section, by the names and called words that lead to it."""
    section = SECTIONS.get(keyword)
    if section is None or section.terms:
        return []
    kinds = [kind_of(section.kind)]
    for step in steps:
        kinds = [inner for kind in kinds for inner in _inside(kind, step)]
    return [table for kind in kinds for table in _tables(kind)]


def settings_at(keyword: str, steps: tuple[str, ...]) -> dict[str, Setting]:
    """The settings at a place in a section by name."""
    found: dict[str, Setting] = {}
    for table in tables_at(keyword, steps):
        kinds = settings_of(table)
        for row in listed(table):
            if row.name in kinds:
                words = words_at(kind_of(kinds[row.name]))
                found.setdefault(row.name, Setting(row.name, row.what, row.default, row.doc, words))
    return found


def clauses() -> dict[str, str]:
    """The words behind an optimizer of a part, with what they mean."""
    return {name: kind_of(annotation).doc.text for name, annotation in settings_of(Clauses).items()}


def words_at(kind: Kind) -> tuple[str, ...]:
    """What a setting may be, where that is one of some words or calls."""
    items = items_of(kind.bare)
    if items is not None:
        return words_at(kind_of(items[0]))
    found = [*words_of(kind.bare), *(f"{word}(…)" for word in kind.choices)]
    for option in kind.options:
        found += [word for word in words_at(kind_of(option)) if word not in found]
    return (*found, *(("true", "false") if kind.bare is bool else ()))


def calls_of(keyword: str, steps: tuple[str, ...]) -> Mapping[str, type[Table]]:
    """The calls that a place in a section may be, by their words."""
    section = SECTIONS.get(keyword)
    if section is None or section.terms:
        return {}
    kinds = [kind_of(section.kind)]
    for step in steps:
        kinds = [inner for kind in kinds for inner in _inside(kind, step)]
    return {word: table for kind in kinds for word, table in _choices(kind).items()}


def _choices(kind: Kind) -> Mapping[str, type[Table]]:
    items = items_of(kind.bare)
    return kind_of(items[0]).choices if items is not None else kind.choices


def _tables(kind: Kind) -> Iterator[type[Table]]:
    if is_table(kind.bare):
        yield kind.bare
    else:
        yield from (option for option in kind.options if is_table(option))


def _inside(kind: Kind, step: str) -> Iterator[Kind]:
    """What a name of a setting, or the word of a call, leads to."""
    choices = _choices(kind)
    if step in choices:
        yield Kind(choices[step])
        return
    row = rows_of(kind.bare)
    if row is not None:
        yield kind_of(row)
    for table in _tables(kind):
        annotation = settings_of(table).get(step)
        if annotation is not None:
            yield kind_of(annotation)

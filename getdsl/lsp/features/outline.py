"""The outline of a file: its definitions and sections, and what stands in them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from getdsl.grammar import syntax
from getdsl.lsp.analysis import Analysis
from getdsl.lsp.features.values import shown
from getdsl.text.source import Span


class Symbol(NamedTuple):
    """An entry: `kind` is a word of the language, `detail` what is worth seeing beside the name."""

    name: str
    kind: str
    detail: str
    whole: Span
    name_span: Span
    children: tuple[Symbol, ...] = ()


def outline(analysis: Analysis) -> list[Symbol]:
    return [symbol for item in analysis.unit.file.items for symbol in _of_item(analysis, item)]


def definitions(analysis: Analysis, query: str) -> list[Symbol]:
    """The models, blocks and sources of a program whose names hold the letters of a query, in order."""
    return [
        Symbol(item.name, item.kind, "", item.span, item.name_span)
        for unit in analysis.program.units.values()
        for item in unit.definitions.values()
        if _holds(item.name.lower(), query.lower())
    ]


def _holds(name: str, letters: str) -> bool:
    rest = iter(name)
    return all(letter in rest for letter in letters)


def _of_item(analysis: Analysis, item: syntax.Item) -> Iterator[Symbol]:
    match item:
        case syntax.Use(path=path):
            yield Symbol(path, "use", "", item.span, item.span)
        case syntax.Definition(kind=kind, name=name):
            extends = f"extends {item.extends}" if item.extends else ""
            inside = tuple(_statements(analysis, item.body))
            yield Symbol(name, kind, extends, item.span, item.name_span, inside)
        case syntax.Section() | syntax.Setting() | syntax.PartSetting():
            yield from _entry(item)


def _statements(analysis: Analysis, body: Sequence[syntax.Statement]) -> Iterator[Symbol]:
    for node in body:
        match node:
            case syntax.Param(name=name) | syntax.Input(name=name) | syntax.Output(name=str(name)):
                kind = type(node).__name__.lower()
                yield Symbol(name, kind, shown(analysis.values(node)), node.span, node.name_span)
            case syntax.Binding(name=name):
                detail = shown(analysis.values(node.value))
                yield Symbol(name, "name", detail, node.span, node.name_span)
            case syntax.For(body=inner):
                yield from _statements(analysis, inner)
            case syntax.If(yes=yes, no=no):
                yield from _statements(analysis, (*yes, *no))


def _entry(entry: syntax.Entry | syntax.PartSetting) -> Iterator[Symbol]:
    match entry:
        case syntax.Section(keyword=keyword, label=label):
            inside = tuple(symbol for item in entry.entries for symbol in _entry(item))
            yield Symbol(keyword, "section", label or "", entry.span, entry.keyword_span, inside)
        case syntax.Setting(name=name):
            yield Symbol(name, "setting", entry.value.span.in_a_line, entry.span, entry.name_span)
        case syntax.PartSetting(name=name, setting=setting):
            detail = setting.value.span.in_a_line
            yield Symbol(f"{setting.name} {name}", "setting", detail, entry.span, entry.name_span)
        case syntax.Each(entries=entries):
            yield from (symbol for item in entries for symbol in _entry(item))

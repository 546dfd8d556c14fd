"""The sections of a file, by keyword."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TypeAlias

from getdsl.compiler.constants.overrides import Overrides
from getdsl.compiler.sections.declared import SECTIONS, Section, schema
from getdsl.compiler.sections.forms import in_other_form
from getdsl.diagnostics import Diagnostics, nearest
from getdsl.diagnostics.mistakes import sections as mistakes
from getdsl.grammar import syntax
from getdsl.text.source import Span

Item: TypeAlias = syntax.Section | syntax.Setting
WHOLE = ("freeze", "train_only")  # without settings of their own, set from outside as a whole


def find_sections(
    items: Iterable[Item], overrides: Overrides, diagnostics: Diagnostics
) -> dict[str, list[Item]]:
    """The sections by keyword, each in its form; unknown, repeated and misshapen ones are reported.

    All but `load` stand once. What is set from outside as a whole takes the place of what the file has.
    """
    items = [*items]
    found: dict[str, list[Item]] = {}
    for item in items:
        known = _known(item, items, diagnostics)
        if known is not None and _fits(*known, found, diagnostics):
            section, item = known
            found.setdefault(section.keyword, []).append(item)
    for keyword in WHOLE:
        statement = overrides.statement(keyword, diagnostics)
        if statement is not None:
            found[keyword] = [statement]
    return found


def _known(item: Item, items: Sequence[Item], diagnostics: Diagnostics) -> tuple[Section, Item] | None:
    """The declaration of a section; what stands in a misspelt one is checked all the same."""
    keyword, place = name_of(item)
    if keyword in SECTIONS:
        return SECTIONS[keyword], item
    diagnostics.add(mistakes.no_such_section(keyword, place, SECTIONS, _told(item, items)))
    near = nearest(keyword, SECTIONS)
    if near is None or not isinstance(item, syntax.Section):
        return None
    return SECTIONS[near], replace(item, keyword=near)


def _told(item: Item, items: Sequence[Item]) -> str | None:
    """The section that an unknown one's settings tell: no other has them all, and the file lacks it."""
    entries = item.entries if isinstance(item, syntax.Section) else ()
    names = {entry.name if isinstance(entry, syntax.Setting) else "" for entry in entries}
    tables = (section for section in SECTIONS.values() if section.form != "setting" and not section.terms)
    having = [section for section in tables if names <= schema(section.keyword).get("properties", {}).keys()]
    if not names or len(having) != 1 or having[0].form != "block":
        return None
    told = having[0].keyword
    return told if all(name_of(other)[0] != told for other in items) else None


def _fits(section: Section, item: Item, found: dict[str, list[Item]], diagnostics: Diagnostics) -> bool:
    _, place = name_of(item)
    if section.form != "labelled" and section.keyword in found:
        first = found[section.keyword][0]
        both = (item.span, first.span)
        diagnostics.add(mistakes.section_twice(section.keyword, place, name_of(first)[1], both))
        return False
    if isinstance(item, syntax.Setting) != (section.form == "setting"):
        diagnostics.add(mistakes.wrong_form(section.keyword, section.written, place, in_other_form(item)))
        return False
    return True


def name_of(item: Item) -> tuple[str, Span]:
    """The word before a section or setting, and its place."""
    if isinstance(item, syntax.Section):
        return item.keyword, item.keyword_span
    return item.name, item.name_span

"""A section written as a setting, and a setting as a section, made what they were meant to be."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import zip_longest
from typing import TypeGuard

from getdsl.diagnostics.fixes import Edit
from getdsl.grammar import syntax
from getdsl.text.source import Span


def in_other_form(item: syntax.Section | syntax.Setting) -> list[Edit]:
    """The edits that make `train { … }` of `train = { … }`, and a list of `freeze { part = true }`."""
    if isinstance(item, syntax.Setting):
        return [*_braces(item)] if isinstance(item.value, syntax.Dict) else []
    names = [entry.name for entry in item.entries if _is_set(entry)]
    if item.label is not None or not names or len(names) < len(item.entries):
        return []
    return [Edit(item.span, f"{item.keyword} = [{', '.join(names)}]")]


def _is_set(entry: syntax.Entry) -> TypeGuard[syntax.Setting]:
    match entry:
        case syntax.Setting(value=syntax.Name(id="true"), pair=None, where=None, weight=None):
            return True
    return False


def _braces(item: syntax.Setting) -> Iterator[Edit]:
    """A section has no `=` before its braces, and no commas in them."""
    file, pairs = item.span.file, item.value.pairs if isinstance(item.value, syntax.Dict) else ()
    yield Edit(Span(file, item.name_span.end, item.value.span.start), " ")
    for pair, following in zip_longest(pairs, pairs[1:]):
        until = item.value.span.end if following is None else following.span.start
        comma = file.text.find(",", pair.value.span.end, until)
        if comma >= 0 and "#" not in file.text[pair.value.span.end : comma]:
            yield Edit(Span(file, comma, comma + 1), "" if following is None else " ")

"""What a rule's old side matches, and rules that are wrong whatever the file holds."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache

from getdsl.compiler.directives.directives import Load, Rule
from getdsl.diagnostics import Diagnostic, Diagnostics
from getdsl.diagnostics.mistakes import loads
from getdsl.text.source import Span

MARK = "re:"  # before a rule that is a regular expression
STEP = r"([^.]+)"
ANY_STEP = "\0"  # stands for any one step of a key when two rules are compared


@cache
def expression(old: str) -> re.Pattern[str]:
    """What a rule's old side matches at the start of a key. Raises re.error where it is broken."""
    if old.startswith(MARK):
        return re.compile(old.removeprefix(MARK))
    return re.compile(STEP.join(map(re.escape, old.split("*"))))


def check_rules(load: Load, diagnostics: Diagnostics) -> None:
    """Reports the wrong rules of one `load`, each once."""
    for mistake in _mistakes(load):
        diagnostics.add(mistake)


def _mistakes(load: Load) -> Iterator[Diagnostic]:
    for keyword, rules in (("rename", load.rename), ("replace", load.replace)):
        for rule in rules:
            if rule.old in ("", MARK):
                yield loads.empty_old_side(keyword, rule.old_span)
            yield from _misplaced_order(keyword, rule)
    sound: list[Rule] = []
    for rule in load.rename:
        if rule.old in ("", MARK):
            continue
        mistake = _unsound(rule)
        if mistake is None:
            sound.append(rule)
        else:
            yield mistake
    for number, rule in enumerate(sound):
        yield from _unreachable(rule, sound[:number])


def _misplaced_order(keyword: str, rule: Rule) -> Iterator[Diagnostic]:
    if rule.permute_span is None:
        return
    if keyword == "replace":
        yield loads.permute_in_replace(rule.permute_span)
    elif sorted(rule.permute) != [*range(len(rule.permute))]:
        yield loads.no_order_of_axes(rule.permute, rule.permute_span)


def _unsound(rule: Rule) -> Diagnostic | None:
    if rule.old.startswith(MARK):
        return _unsound_expression(rule)
    if rule.new.count("*") > rule.old.count("*"):
        return loads.more_stars(rule.old, rule.new, rule.new_span)
    return None


def _unsound_expression(rule: Rule) -> Diagnostic | None:
    try:
        compiled = expression(rule.old)
    except (re.error, OverflowError) as error:
        position = getattr(error, "pos", None)
        place = _at(rule, position) if position is not None else rule.old_span
        return loads.no_expression(getattr(error, "msg", error), place)
    try:
        compiled.sub(rule.new, "")
    except (re.error, IndexError) as error:
        return loads.wrong_new_side(getattr(error, "msg", error), compiled.groups, rule.new_span)
    return None


def _at(rule: Rule, position: int) -> Span:
    """The character of the old side where an expression breaks; backslashes are written twice."""
    text = rule.old_span.text
    offset, seen = 1, -len(MARK)
    while seen < position and offset < len(text) - 1:
        offset += 2 if text[offset] == "\\" else 1
        seen += 1
    if rule.old_span == rule.span or offset >= len(text) - 1:
        return rule.old_span
    return Span(rule.old_span.file, rule.old_span.start + offset, rule.old_span.start + offset + 1)


def _unreachable(rule: Rule, earlier: Sequence[Rule]) -> Iterator[Diagnostic]:
    for other in earlier:
        both = (_whole(rule), _whole(other))
        if other.old == rule.old:
            yield loads.renamed_twice(rule.old, rule.old_span, other.old_span, both)
            return
        if _is_plain(rule) and _is_plain(other) and _hides(other, rule):
            yield loads.unreachable_rule(rule.old, rule.old_span, other.old, other.old_span, both)
            return


def _whole(rule: Rule) -> Span:
    """From a rule's old side to its end."""
    return rule.old_span.to(rule.permute_span or rule.new_span)


def _is_plain(rule: Rule) -> bool:
    return not rule.old.startswith(MARK)


def _hides(earlier: Rule, later: Rule) -> bool:
    return expression(earlier.old).match(later.old.replace("*", ANY_STEP)) is not None

"""Rules of `rename` and `replace` that are wrong whatever the file holds."""

from __future__ import annotations

import re
from collections.abc import Sequence

from getdsl.compiler.plan.directives import Load, Rule
from getdsl.compiler.plan.rewriting import MARK, expression
from getdsl.diagnostics import Diagnostics, Label
from getdsl.text.source import Span

STEP = "\0"  # stands for any one step of a key when two rules are compared


def check_rules(load: Load, diagnostics: Diagnostics) -> None:
    """Reports the wrong rules of one `load`, each once."""
    for keyword, rules in (("rename", load.rename), ("replace", load.replace)):
        for rule in rules:
            if rule.old in ("", MARK):
                _wrong(
                    diagnostics,
                    f"the old side of a rule of `{keyword}` is empty",
                    rule.old_span,
                    "to put a whole file under a part of the model, write `into = part`"
                    if keyword == "rename"
                    else "it would stand between any two characters: write what is to be replaced",
                )
    sound = [rule for rule in load.rename if rule.old not in ("", MARK) and _sound(rule, diagnostics)]
    for number, rule in enumerate(sound):
        _reachable(rule, sound[:number], diagnostics)


def _sound(rule: Rule, diagnostics: Diagnostics) -> bool:
    if rule.old.startswith(MARK):
        return _sound_expression(rule, diagnostics)
    if rule.new.count("*") > rule.old.count("*"):
        _wrong(
            diagnostics,
            f'"{rule.new}" has more `*` than "{rule.old}"',
            rule.new_span,
            "each `*` of the new side carries over a step that one of the old side matched, in order",
        )
        return False
    return True


def _sound_expression(rule: Rule, diagnostics: Diagnostics) -> bool:
    try:
        compiled = expression(rule.old)
    except (re.error, OverflowError) as error:
        position = getattr(error, "pos", None)
        place = _at(rule, position) if position is not None else rule.old_span
        reason = getattr(error, "msg", str(error))
        _wrong(diagnostics, f"this is no regular expression: {reason}", place, r"write `\\.` for a dot")
        return False
    try:
        compiled.sub(rule.new, "")
    except (re.error, IndexError) as error:
        groups = compiled.groups
        _wrong(
            diagnostics,
            f"the new side is wrong: {getattr(error, 'msg', error)}",
            rule.new_span,
            f"the expression has {groups} group{'s' if groups != 1 else ''}, `\\\\1` is the first",
        )
        return False
    return True


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


def _reachable(rule: Rule, earlier: Sequence[Rule], diagnostics: Diagnostics) -> None:
    for other in earlier:
        if other.old == rule.old:
            _wrong(
                diagnostics,
                f'"{rule.old}" is renamed twice',
                rule.old_span,
                "the first rule that matches is taken: keep one of them",
                other.old_span,
            )
            return
        if not _has(rule, MARK) and not _has(other, MARK) and _hides(other, rule):
            _wrong(
                diagnostics,
                f'no key reaches the rule of "{rule.old}": "{other.old}" takes them all',
                rule.old_span,
                "the first rule that matches is taken: put the longer one first",
                other.old_span,
            )
            return


def _has(rule: Rule, mark: str) -> bool:
    return rule.old.startswith(mark)


def _hides(earlier: Rule, later: Rule) -> bool:
    return expression(earlier.old).match(later.old.replace("*", STEP)) is not None


def _wrong(diagnostics: Diagnostics, message: str, span: Span, help: str, other: Span | None = None) -> None:
    labels = [Label(other, "the earlier rule")] if other is not None else []
    diagnostics.report("GET517", message, span, labels=labels, help=help)

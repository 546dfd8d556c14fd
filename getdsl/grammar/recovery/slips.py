"""Slips in a statement that does not parse: a token that is missing, too much, or another language's."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence

from getdsl.grammar.recovery.lexemes import lexemes
from getdsl.grammar.recovery.repaired import Edit

MOST = 12  # slips in one statement
LONGEST = 2_000  # letters of a statement, which is parsed anew for each change
TOKEN = re.compile(r"[A-Za-z_]\w*|==|&&|\|\||[^\w\s]")
WORDS = {"&&": "and", "&": "and", "||": "or", "!": "not "}
INSTEAD = {"==": "=", "=": "==", ":": "=", ";": "", "\\": "", **WORDS}
IN_BRACKETS, OUTSIDE = (",",), (":", " =", " {")  # what may lack between two words
BEHIND = re.compile(r"(?:where|weight|of|on|minimises|every)\b")  # words that stand behind an expression
QUOTED = re.compile(r"'([^'\"\\\n]*)'")

FailsAt = Callable[[str], int | None]  # where a text does not parse; None where it does
Change = Callable[[str, int], Edit | None]  # the edit that would mend a text at a place


def mended(text: str, place: int, fails_at: FailsAt) -> Sequence[Edit]:
    """The edits by which a text that fails at a place parses, from left to right; none where it is not plain.

    At each place where it fails, one change alone must lead further than any other.
    """
    edits: list[Edit] = []
    shift = 0
    failing: int | None = place if len(text) <= LONGEST else None
    while failing is not None:
        step = _furthest(text, failing, fails_at) if len(edits) < MOST else None
        if step is None:
            return ()
        (start, end, new), failing = step
        edits.append((start - shift, end - shift, new))
        text = text[:start] + new + text[end:]
        shift += len(new) - (end - start)
    return edits


def _furthest(text: str, place: int, fails_at: FailsAt) -> tuple[Edit, int | None] | None:
    """The change at a place after which a text fails last or not at all, and where; None where two do so."""
    reached: list[tuple[float, Edit, int | None]] = []
    for change in CHANGES:
        edit = change(text, place)
        if edit is not None:
            start, end, new = edit
            failing = fails_at(text[:start] + new + text[end:])
            if failing is None or failing >= start + len(new):
                reached.append(
                    (math.inf if failing is None else failing - len(new) + end - start, edit, failing)
                )
    best = max((far for far, _, _ in reached), default=0.0)
    found = [(edit, failing) for far, edit, failing in reached if far == best]
    return found[0] if len(found) == 1 else None


def _missing(new: str) -> Change:
    """Something that lacks between what stands before the place and what stands there."""

    def change(text: str, place: int) -> Edit | None:
        end = len(text[:place].rstrip())
        if end == 0 or place >= len(text) or BEHIND.match(text, place):
            return None
        return (end, end, new) if _is_in_brackets(text[:end]) == (new in IN_BRACKETS) else None

    return change


def _is_in_brackets(before: str) -> bool:
    """Whether a call, a list or a table is open behind a text."""
    depth = 0
    for token in lexemes(before):
        depth += (token.text in "([") - (token.text in ")]")
    return depth > 0


def _another(text: str, place: int) -> Edit | None:
    """What this language says for a token of others."""
    if text[max(0, place - 1) : place + 1] == "==":
        return place - 1, place + 1, "="
    match = TOKEN.match(text, place)
    new = INSTEAD.get(match[0]) if match else None
    if match is None or new is None:
        return None
    if match[0] == ":":  # which stands close, and `=` apart
        before, after = text[:place][-1:], text[match.end() :][:1]
        new = " " * (not before.isspace()) + "=" + " " * (not after.isspace())
    return place, match.end(), new


def _quotes(text: str, place: int) -> Edit | None:
    match = QUOTED.match(text, place)
    return (place, match.end(), f'"{match[1]}"') if match else None


CHANGES: tuple[Change, ...] = (*map(_missing, (*IN_BRACKETS, *OUTSIDE)), _another, _quotes)

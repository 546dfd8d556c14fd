"""Slips in a statement that does not parse: a token that is missing, too much, or another language's."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from getdsl.grammar.recovery.lexemes import lexemes
from getdsl.grammar.recovery.repaired import Edit

MOST = 50  # places of one statement in which the same slip is made
LONGEST = 10_000  # letters of a statement that is parsed anew for each change
TOKEN = re.compile(r"[A-Za-z_]\w*|==|&&|\|\||[^\w\s]")
WORDS = {"&&": "and", "&": "and", "||": "or", "!": "not "}
INSTEAD = {"==": "=", "=": "==", ":": "=", ";": "", "\\": "", **WORDS}
IN_BRACKETS, OUTSIDE = (",",), (":", " =", " {")  # what may lack between two words
BEHIND = re.compile(r"(?:where|weight|of|on|minimises|every)\b")  # words that stand behind an expression
QUOTED = re.compile(r"'([^'\"\\\n]*)'")

FailsAt = Callable[[str], int | None]  # where a text does not parse; None where it does
Change = Callable[[str, int], Edit | None]  # the edit that would mend a text at a place


def mended(text: str, place: int, fails_at: FailsAt) -> Sequence[Edit]:
    """The edits by which a text that fails at a place parses, where one kind of change alone does it."""
    changes = CHANGES if len(text) <= LONGEST else ()
    found = [edits for change in changes if (edits := _everywhere(change, text, place, fails_at))]
    return found[0] if len(found) == 1 else ()


def _everywhere(change: Change, text: str, place: int, fails_at: FailsAt) -> list[Edit]:
    """One change made wherever the text fails, from left to right; nothing where that does not mend it."""
    edits: list[Edit] = []
    shift = 0
    failing: int | None = place
    while failing is not None:
        edit = change(text, failing) if len(edits) < MOST else None
        if edit is None:
            return []
        start, end, new = edit
        edits.append((start - shift, end - shift, new))
        text = text[:start] + new + text[end:]
        shift += len(new) - (end - start)
        before, failing = start + len(new), fails_at(text)
        if failing is not None and failing < before:
            return []
    return edits


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

"""What is said of a text that the parser does not understand."""

from __future__ import annotations

from collections.abc import Sequence

from lark.exceptions import UnexpectedCharacters, UnexpectedInput, UnexpectedToken

from getdsl.diagnostics import Diagnostic, Edit
from getdsl.diagnostics.mistakes import syntax as mistakes
from getdsl.grammar.recovery.repaired import RepairedText
from getdsl.grammar.words import BODY_WORDS
from getdsl.text.source import Span

TERMINALS = {
    "NAME": "a name",
    "INT": "a number",
    "FLOAT": "a number",
    "STRING": "a string",
    "DOC": 'a """docstring"""',
    "OPTIONAL": "`?`",
    "COMPARE": "a comparison",
    "TIMES": "`*`",
    "PLUS": "`+`",
    "MINUS": "`-`",
    "POWER": "`**`",
    "$END": "the end of the file",
    "LPAR": "`(`",
    "RPAR": "`)`",
    "LSQB": "`[`",
    "RSQB": "`]`",
    "LBRACE": "`{`",
    "RBRACE": "`}`",
    "COMMA": "`,`",
    "COLON": "`:`",
    "EQUAL": "`=`",
    "DOT": "`.`",
}
PUNCTUATION = ("`)`", "`]`", "`,`", "`=`", "`:`", "`{`", "`}`")


def error_offset(error: UnexpectedInput, text: str) -> int:
    token = getattr(error, "token", None)
    at_end = token is not None and token.type == "$END"
    return len(text) if at_end or error.pos_in_stream is None else error.pos_in_stream


def complaint(
    error: UnexpectedInput,
    repaired: RepairedText,
    offset: int,
    *,
    unfinished: int | None = None,
    word: str = "",
    slip: Sequence[Edit] = (),
    statement: Span | None = None,
) -> Diagnostic:
    """A syntax error at an offset, as what the user can mend.

    `unfinished` is the end of a statement that stops too early, `word` the one that it starts with, `slip`
    the edits by which it parses, and `statement` the whole of it.
    """
    text = repaired.text
    if unfinished is not None or offset >= len(text):
        last = len(text[:unfinished].rstrip())
        return mistakes.unfinished(repaired.span(max(0, last - 1), last), expectation(error), word, statement)
    if isinstance(error, UnexpectedCharacters):
        return mistakes.meaningless(text[offset], repaired.span(offset, offset + 1), slip)
    found = str(getattr(error, "token", "")).split("\n")[0]
    place = repaired.span(offset, offset + max(1, len(found)))
    before = text[:offset].rstrip()
    if found == "=" and word in BODY_WORDS and before.endswith(word):
        return mistakes.reserved(word, repaired.span(len(before) - len(word), len(before)), BODY_WORDS)
    return mistakes.unexpected(found, place, expectation(error), word, slip)


def expectation(error: UnexpectedInput) -> str:
    """What could have stood there, where that is worth saying."""
    names = _acceptable(error)
    if {"NAME", "INT", "STRING", "LSQB"} <= names:
        return "expected an expression here"
    if "BROKEN" in names and len(names) > 6:
        return "expected a statement here"
    words = (
        TERMINALS.get(name, f"`{name.lower()}`") for name in sorted(names - {"BROKEN"}) if _is_word(name)
    )
    shown = list(dict.fromkeys(words))
    if len(shown) > 5:
        shown = [name for name in PUNCTUATION if name in shown]
    return "expected " + " or ".join(shown) if shown else ""


def _acceptable(error: UnexpectedInput) -> set[str]:
    """The terminals that the parser would have taken."""
    if isinstance(error, UnexpectedToken) and error.accepts:
        return set(error.accepts)
    return set(getattr(error, "allowed", None) or getattr(error, "expected", None) or ())


def _is_word(terminal: str) -> bool:
    """Whether a terminal can be shown: by a name of ours, or as the keyword that it is."""
    return terminal in TERMINALS or terminal.isalpha()

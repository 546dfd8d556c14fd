"""Going on after a syntax error, so that one run reports all of them.

Brackets are balanced, the text is cut into statements by its lines and braces, and each is parsed
by itself. One that does not parse is reported and overwritten with NUL characters, which the
grammar takes for a `broken` statement; the names that it would have bound are kept, so that
their uses are not reported too. A misspelt keyword is put right instead.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable
from typing import Any

from lark.exceptions import UnexpectedInput

from getdsl.diagnostics import Diagnostics
from getdsl.grammar.brackets import BeyondRepairError, balance
from getdsl.grammar.layout import BODIES, Statement, statements
from getdsl.grammar.messages import report_syntax
from getdsl.grammar.repair import Edit, RepairedText
from getdsl.text.source import SourceFile

MAX_SYNTAX_ERRORS = 25
Parse = Callable[[str], Any]
FILE_WORDS = ("use", "model", "block", "source")
BODY_WORDS = (
    "param", "input", "output", "for", "if", "extern", "remove", "weight", "frozen", "buffer", "require"
)  # fmt: skip
SECTION_WORDS = (
    "load",
    "lora",
    "freeze",
    "train_only",
    "data",
    "loss",
    "metrics",
    "optimizer",
    "schedule",
    "train",
)
WRAPPERS = {"file": ("", ""), "body": ("model M {", "\n}"), "entries": ("s {", "\n}")}


def recover(file: SourceFile, parse: Parse, diagnostics: Diagnostics) -> tuple[RepairedText, Any] | None:
    """A text that parses, with its tree; None where all is lost. At least one error is reported."""
    try:
        repaired, patched = balance(file, diagnostics)
    except BeyondRepairError:
        return None
    reader = _Reader(repaired, patched, parse, diagnostics)
    reader.read(statements(repaired.text), "file")
    repaired = repaired.edited(reader.edits)
    for _ in range(MAX_SYNTAX_ERRORS):
        try:
            return repaired, parse(repaired.text)
        except UnexpectedInput as error:
            place = error_offset(error, repaired.text)
            if not diagnostics.errors:
                report_syntax(error, repaired, place, diagnostics)
            victim = _innermost(statements(repaired.text), place)
            if victim is None or not repaired.text[victim.start : victim.end].strip("\0 \n"):
                return None
            repaired = repaired.edited([blank(victim)])
    return None


def error_offset(error: UnexpectedInput, text: str) -> int:
    token = getattr(error, "token", None)
    at_end = token is not None and token.type == "$END"
    return len(text) if at_end or error.pos_in_stream is None else error.pos_in_stream


def blank(statement: Statement) -> Edit:
    return statement.start, statement.end, "\0" * max(1, statement.end - statement.start)


def _innermost(found: list[Statement], place: int) -> Statement | None:
    """The statement that an offset stands in, or the last one before it."""
    before = [item for top in found for item in top.walk() if item.start <= place]
    around = [item for item in before if place < item.end] or before
    return around[-1] if around else None


class _Reader:
    """Parses statements one by one, and collects the edits that make the whole parse."""

    def __init__(
        self, repaired: RepairedText, patched: list[int], parse: Parse, diagnostics: Diagnostics
    ) -> None:
        self.repaired = repaired
        self.text = repaired.text
        self.patched = patched
        self.parse = parse
        self.diagnostics = diagnostics
        self.edits: list[Edit] = []
        self.reported = 0

    def read(self, found: list[Statement], context: str) -> None:
        for statement in found:
            if not self.statement(statement, context):
                self.edits.append(blank(statement))

    def statement(self, statement: Statement, context: str) -> bool:
        """Whether the statement can stay, perhaps with its keyword put right; reports where not."""
        if self.is_patched(statement) or self.reported >= MAX_SYNTAX_ERRORS:
            return False
        skeleton = statement.skeleton(self.text)
        word = self.meant_word(statement, skeleton, context)
        if word is not None:
            skeleton = word + skeleton[len(statement.word) :]
        error = self.error(skeleton, context)
        if error is not None:
            self.reported += 1
            before, _ = WRAPPERS[context]
            place = error_offset(error, before + skeleton) - len(before)
            at_end = place >= len(skeleton)
            inside = place if word is None else place - len(word) + len(statement.word)
            end = statement.end if at_end else None
            report_syntax(
                error,
                self.repaired,
                statement.start + inside,
                self.diagnostics,
                unfinished=end,
                word=statement.word,
            )
            return False
        if word is not None:
            self.misspelt(statement, word)
        if statement.children:
            inner = "body" if (word or statement.word) in BODIES and context != "entries" else "entries"
            self.read(statement.children, inner)
        return True

    def is_patched(self, statement: Statement) -> bool:
        """Whether brackets were mended in the statement itself."""
        inside = [place for place in self.patched if statement.start <= place <= statement.end]
        return any(not any(c.start <= place <= c.end for c in statement.children) for place in inside)

    def error(self, skeleton: str, context: str) -> UnexpectedInput | None:
        before, after = WRAPPERS[context]
        try:
            self.parse(before + skeleton + after)
        except UnexpectedInput as error:
            return error
        return None

    def meant_word(self, statement: Statement, skeleton: str, context: str) -> str | None:
        """The keyword that a statement's first word was meant to be, where that makes it parse."""
        known = {"file": FILE_WORDS, "body": BODY_WORDS, "entries": ()}[context]
        if not re.match(r"\w+\s+[\w\"]", skeleton) or statement.word in (*known, *SECTION_WORDS):
            return None
        for word in difflib.get_close_matches(statement.word, known, n=2, cutoff=0.6):
            if self.error(word + skeleton[len(statement.word) :], context) is None:
                return word
        return None

    def misspelt(self, statement: Statement, word: str) -> None:
        end = statement.start + len(statement.word)
        self.edits.append((statement.start, end, word))
        self.reported += 1
        self.diagnostics.report(
            "GET102",
            f"`{statement.word}` starts no statement",
            self.repaired.span(statement.start, end),
            help=f"did you mean `{word}`?",
        )

"""Statements of a text that does not parse, each parsed by itself."""

from __future__ import annotations

import difflib
import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable
from operator import attrgetter

from lark import Token, Tree
from lark.exceptions import UnexpectedInput

from getdsl.diagnostics import Diagnostics, Edit
from getdsl.diagnostics.mistakes import syntax as mistakes
from getdsl.grammar.recovery.complaints import complaint, error_offset
from getdsl.grammar.recovery.layout import Statement
from getdsl.grammar.recovery.repaired import Edit as Repair
from getdsl.grammar.recovery.repaired import RepairedText
from getdsl.grammar.recovery.slips import mended
from getdsl.grammar.words import BODIES, BODY_WORDS, FILE_WORDS, SECTION_WORDS

MAX_SYNTAX_ERRORS = 25
TRIES = 250  # of changes that may make a statement parse
Parse = Callable[[str], Tree[Token]]
# behind an entry: where an entry begins the lexer takes words such as `model` for names
WRAPPERS = {"file": ("", ""), "body": ("model M {", "\n}"), "entries": ("s { a = 0\n", "\n}")}
WORDS: dict[str, tuple[str, ...]] = {"file": FILE_WORDS, "body": BODY_WORDS, "entries": ()}


def blank(statement: Statement) -> Repair:
    return statement.start, statement.end, "\0" * max(1, statement.end - statement.start)


def _is_in_one(place: int, found: list[Statement]) -> bool:
    """Whether an offset is in one of statements that stand one behind the other."""
    number = bisect_right(found, place, key=attrgetter("start")) - 1
    return number >= 0 and place <= found[number].end


class Reader:
    """Parses statements one by one, and collects the edits that make the whole parse."""

    def __init__(
        self, repaired: RepairedText, patched: list[int], parse: Parse, diagnostics: Diagnostics
    ) -> None:
        self.repaired = repaired
        self.text = repaired.text
        self.patched = patched
        self.parse = parse
        self.diagnostics = diagnostics
        self.edits: list[Repair] = []
        self.reported = 0
        self.tries = TRIES

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
            self.refuse(statement, skeleton, error, context, word or statement.word)
            return False
        if word is not None:
            self.misspelt(statement, word)
        is_body = (word or statement.word) in BODIES and context != "entries"
        self.read(statement.children, "body" if is_body else "entries")
        return True

    def refuse(
        self, statement: Statement, skeleton: str, error: UnexpectedInput, context: str, word: str
    ) -> None:
        """Reports an error in a skeleton, which starts with `word` where the statement has its own."""
        self.reported += 1
        before, _ = WRAPPERS[context]
        place = error_offset(error, before + skeleton) - len(before)
        end = statement.end if place >= len(skeleton) else None
        shift = statement.start - len(word) + len(statement.word)
        offset = place + shift
        mending = mended(skeleton, place, lambda text: self.fails_at(text, context))
        slip = [Edit(self.repaired.span(start + shift, stop + shift), new) for start, stop, new in mending]
        whole = self.repaired.span(statement.start, statement.end)
        self.diagnostics.add(
            complaint(
                error,
                self.repaired,
                offset,
                unfinished=end,
                word=statement.word,
                slip=slip,
                statement=whole,
            )
        )

    def fails_at(self, skeleton: str, context: str) -> int | None:
        """Where a skeleton does not parse; None where it does. At its start, where it is too late to ask."""
        self.tries -= 1
        error = self.error(skeleton, context) if self.tries >= 0 else None
        if error is None:
            return None if self.tries >= 0 else -1
        before, _ = WRAPPERS[context]
        return error_offset(error, before + skeleton) - len(before)

    def is_patched(self, statement: Statement) -> bool:
        """Whether brackets were mended in the statement itself."""
        first, last = bisect_left(self.patched, statement.start), bisect_right(self.patched, statement.end)
        return any(not _is_in_one(place, statement.children) for place in self.patched[first:last])

    def error(self, skeleton: str, context: str) -> UnexpectedInput | None:
        before, after = WRAPPERS[context]
        try:
            self.parse(before + skeleton + after)
        except UnexpectedInput as error:
            return error
        return None

    def meant_word(self, statement: Statement, skeleton: str, context: str) -> str | None:
        """The keyword that a statement's first word was meant to be, where that makes it parse."""
        known = WORDS[context]
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
        place = self.repaired.span(statement.start, end)
        self.diagnostics.add(mistakes.misspelt_keyword(statement.word, word, place))

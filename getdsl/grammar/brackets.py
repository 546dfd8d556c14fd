"""Brackets without a partner: each is reported, closed or dropped, so that the rest can be parsed.

A bracket left open ends where the layout says that its statement ends, provided that the file
is laid out as people do (what stands in braces is indented); else at the next closing bracket.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from getdsl.diagnostics import Diagnostics, Label
from getdsl.grammar.lexemes import CLOSERS, HEADER, OPENERS, Lexeme, lexemes
from getdsl.grammar.repair import Edit, RepairedText
from getdsl.text.source import SourceFile, Span

TABLE_BEFORE = re.compile(r"[=(,\[|]\Z")  # what makes a `{` a table rather than a body
HEADLESS = re.compile(
    r"(?:(?:model|block|source)\s+\w+(?:\s+extends\s+\w+)?|for\s[^{}#]*|if\s[^{}#]*"
    r"|loss|metrics|data|train|lora|rename|replace|load\s+\"[^\"\n]*\")[^\S\n]*(?:#.*)?"
)


MAX_BRACKETS = 25  # that are reported


class BeyondRepairError(Exception):
    """There are so many mistakes that a guess at the rest would be noise."""


@dataclass
class Brackets:
    """What balancing did: the edits, and where statements were patched, which are then not read."""

    edits: list[Edit] = field(default_factory=list)
    patched: list[int] = field(default_factory=list)


@dataclass
class _Open:
    lexeme: Lexeme
    line: int
    indent: int
    holds: bool  # statements, rather than the items of a call, a list or a table
    quiet: bool = False


def holds_statements(bracket: str, before: str) -> bool:
    """Whether an opening bracket holds statements, by the word before it."""
    return bracket == "{" and not TABLE_BEFORE.search(before)


def balance(file: SourceFile, diagnostics: Diagnostics) -> tuple[RepairedText, list[int]]:
    """The text with its brackets balanced, and the offsets (in the text) of statements that were patched.

    Raises BeyondRepairError where it gives up; what it found until then is reported.
    """
    scanner = _Scanner(file, lexemes(file.text), diagnostics)
    done = scanner.run()
    repaired = RepairedText(file, file.text).edited(done.edits)
    shifts = sorted((start, len(new) - (end - start)) for start, end, new in done.edits)
    patched = []
    for offset in done.patched:
        patched.append(offset + sum(shift for start, shift in shifts if start < offset))
    return repaired, patched


class _Scanner:
    def __init__(self, file: SourceFile, tokens: list[Lexeme], diagnostics: Diagnostics) -> None:
        self.file = file
        self.tokens = tokens
        self.diagnostics = diagnostics
        self.open: list[_Open] = []
        self.done = Brackets()
        self.trusted = _is_indented(file.text, tokens)
        braces = [token.text for token in tokens if token.text in ("{", "}")]
        self.lacks_openers = braces.count("}") > braces.count("{")
        self.line, self.indent = 0, 0
        self.number = 0
        self.reported = 0

    @property
    def previous(self) -> Lexeme | None:
        return self.tokens[self.number - 1] if self.number else None

    @property
    def following(self) -> Lexeme | None:
        return self.tokens[self.number + 1] if self.number + 1 < len(self.tokens) else None

    def run(self) -> Brackets:
        for number, token in enumerate(self.tokens):
            self.number = number
            if token.indent >= 0:
                self.line, self.indent = token.start, token.indent
                if self.trusted:
                    self.begin_line(token)
            if token.text in CLOSERS:
                before = self.previous.text if self.previous else ""
                self.open.append(_Open(token, self.line, self.indent, holds_statements(token.text, before)))
            elif token.text in OPENERS:
                self.close_bracket(token)
            elif token.unclosed:
                self.unclosed_string(token)
        self.number = len(self.tokens)
        while self.open:
            self.unclosed(self.open.pop())
        return self.done

    # -- layout

    def begin_line(self, token: Lexeme) -> None:
        """Closes what should have ended above a line that starts a statement."""
        headless = self.is_headless(token)
        if token.text in OPENERS or not (headless or HEADER.match(self.file.text, token.start)):
            return
        before = self.previous
        if before is None or before.text[-1] in ",([=":
            return
        while self.open and self.open[-1].indent >= token.indent:
            self.unclosed(self.open.pop())
        if headless:
            self.missing_opener(token)

    def line_from(self, start: int) -> str:
        end = self.file.text.find("\n", start)
        return self.file.text[start : end if end >= 0 else len(self.file.text)]

    def is_headless(self, token: Lexeme) -> bool:
        """`train` with its settings below it, and no `{`."""
        if not HEADLESS.fullmatch(self.line_from(token.start)):
            return False
        if token.text in ("for", "if") and not self.lacks_openers:  # its expression may go on below
            return False
        below = (item for item in self.tokens[self.number + 1 :] if item.indent >= 0)
        following = next(below, None)
        return following is not None and following.indent > token.indent and following.text != "{"

    def missing_opener(self, token: Lexeme) -> None:
        place = token.start + len(self.line_from(token.start).split("#")[0].rstrip())
        self.done.edits.append((place, place, " {"))
        self.open.append(_Open(Lexeme("{", place, -1), self.line, token.indent, True))
        self.diagnostics.report(
            "GET102",
            "this has no `{`",
            Span(self.file, token.start, place),
            "expected `{` after this",
            help="add `{`",
        )

    def belongs_below(self, brace: _Open) -> bool:
        """Whether lines go on after a `}` as if it were not there."""
        following = self.following
        return (
            self.trusted
            and brace.holds
            and brace.line != self.line
            and following is not None
            and following.indent > brace.indent
        )

    # -- brackets

    def close_bracket(self, token: Lexeme) -> None:
        partner = self.partner(token)
        if partner is None and self.open and not self.open[-1].holds and self.is_mistaken(self.open[-1]):
            self.mistaken(token, self.open.pop())
            return
        if partner is None or (token.text == "}" and self.belongs_below(self.open[partner])):
            self.stray(token)
            return
        while len(self.open) > partner + 1:
            self.unclosed(self.open.pop())
        self.open.pop()

    def is_mistaken(self, item: _Open) -> bool:
        """Whether an open bracket finds no closer of its own before the next statement starts."""
        depth = 0
        for token in self.tokens[self.number + 1 :]:
            if token.indent >= 0 and HEADER.match(self.file.text, token.start):
                break
            if token.text == item.lexeme.text:
                depth += 1
            elif token.text == CLOSERS[item.lexeme.text]:
                depth -= 1
                if depth < 0:
                    return False
        return True

    def mistaken(self, token: Lexeme, item: _Open) -> None:
        """`(` that ends with `]`."""
        wanted = CLOSERS[item.lexeme.text]
        self.done.edits.append((token.start, token.end, wanted))
        self.done.patched.append(token.start)
        self.count()
        opener = Span(self.file, item.lexeme.start, item.lexeme.end)
        self.diagnostics.report(
            "GET104",
            f"`{token.text}` cannot close `{item.lexeme.text}`",
            Span(self.file, token.start, token.end),
            labels=[Label(opener, "opened here")],
            help=f"write `{wanted}`",
        )

    def partner(self, token: Lexeme) -> int | None:
        """The open bracket that a closing one closes; `)` and `]` never reach out of a body."""
        for number in reversed(range(len(self.open))):
            item = self.open[number]
            if item.lexeme.text == OPENERS[token.text]:
                deeper = self.trusted and item.holds and token.indent >= 0 and item.indent > token.indent
                if not (deeper and any(other.holds for other in self.open[:number])):
                    return number
            elif token.text != "}" and item.holds:
                return None
        return None

    def stray(self, token: Lexeme) -> None:
        self.done.edits.append((token.start, token.end, " "))
        self.count()
        if any(not item.quiet for item in self.open) or not self.open:
            self.diagnostics.report(
                "GET104",
                f"`{token.text}` closes nothing",
                Span(self.file, token.start, token.end),
                help="remove it",
            )
        if token.text != "}":
            self.done.patched.append(token.start)

    def count(self) -> None:
        self.reported += 1
        if self.reported > MAX_BRACKETS:
            raise BeyondRepairError

    def unclosed(self, item: _Open) -> None:
        """Closes a bracket right after what stands before."""
        char, start = item.lexeme.text, item.lexeme.start
        last = self.previous.end if self.previous else start + 1
        self.done.edits.append((last, last, CLOSERS[char]))
        if not item.holds:
            self.done.patched.append(start)
        if item.quiet:
            return
        self.count()
        labels = []
        if not item.holds and last > start + 1:
            labels = [Label(Span(self.file, last - 1, last), f"`{CLOSERS[char]}` may belong after this")]
        self.diagnostics.report(
            "GET103",
            f"`{char}` is never closed",
            Span(self.file, start, start + 1),
            labels=labels,
            help=f"add `{CLOSERS[char]}`",
        )

    def unclosed_string(self, token: Lexeme) -> None:
        """The rest of its line is lost, brackets that it would have closed too."""
        self.done.edits.append((token.start, token.end, '""'))
        self.done.patched.append(token.start)
        for item in reversed(self.open):
            if item.holds:
                break
            item.quiet = True
        if '"""' in self.file.text[max(0, token.start - 2) : token.start + 3]:
            what, help = "a docstring that is not closed", 'close it with `"""`'
        else:
            what, help = "a string that is not closed", 'close the string with `"` on the same line'
        self.diagnostics.report("GET105", what, Span(self.file, token.start, token.start + 1), help=help)


def _is_indented(text: str, tokens: list[Lexeme]) -> bool:
    """Whether most statements in braces are indented, so that indentation says what was meant."""
    depth, indented, inside = 0, 0, 0
    for token in tokens:
        if token.text == "{":
            depth += 1
        elif token.text == "}":
            depth = max(0, depth - 1)
        elif (depth or token.indent > 0) and token.indent >= 0 and HEADER.match(text, token.start):
            inside += 1
            indented += token.indent > 0
    return 2 * indented >= inside

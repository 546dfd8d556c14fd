"""Brackets without a partner: each is reported, closed or dropped, so that the rest can be parsed.

A bracket left open ends where the layout says that its statement ends, provided that the file
is laid out as people do (what stands in braces is indented); else at the next closing bracket.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from itertools import accumulate

from getdsl.diagnostics import Diagnostic, Diagnostics
from getdsl.diagnostics.mistakes import syntax as mistakes
from getdsl.grammar.recovery.headers import HEADER, holds_statements
from getdsl.grammar.recovery.indentation import is_headless, is_indented, lacks_openers, line_from
from getdsl.grammar.recovery.lexemes import CLOSERS, OPENERS, Lexeme, lexemes
from getdsl.grammar.recovery.repaired import Edit, RepairedText
from getdsl.text.source import SourceFile, Span

BEHIND_TERMS = ("where", "weight")  # words that stand behind the expression of a term
MAX_BRACKETS = 25  # that are reported
PLAIN = re.compile(
    r"(\"[^\"#()\[\]{},]*[^\"#()\[\]{},\s]|\")[\s)\]},]*(?:\{\s*)?(?:#.*)?"
)  # what a string holds


class BeyondRepairError(Exception):
    """There are so many mistakes that a guess at the rest would be noise."""


@dataclass
class _Open:
    lexeme: Lexeme
    line: int
    indent: int
    holds: bool  # statements, rather than the items of a call, a list or a table
    quiet: bool = False


def balance(file: SourceFile, diagnostics: Diagnostics) -> tuple[RepairedText, list[int]]:
    """The text with its brackets balanced, and the offsets (in the text) of patched statements, sorted.

    Raises BeyondRepairError where it gives up; what it found until then is reported.
    """
    balancer = _Balancer(file, lexemes(file.text), diagnostics)
    balancer.run()
    repaired = RepairedText(file, file.text).edited(balancer.edits)
    edits = sorted((start, len(new) - (end - start)) for start, end, new in balancer.edits)
    starts = [start for start, _ in edits]
    shifts = [0, *accumulate(shift for _, shift in edits)]
    return repaired, [offset + shifts[bisect_left(starts, offset)] for offset in sorted(balancer.patched)]


class _Balancer:
    """Reads tokens and keeps the brackets that are open; collects edits, and statements not to be read."""

    def __init__(self, file: SourceFile, tokens: list[Lexeme], diagnostics: Diagnostics) -> None:
        self.file = file
        self.tokens = tokens
        self.diagnostics = diagnostics
        self.trusts_layout = is_indented(file.text, tokens)
        self.may_go_on = not lacks_openers(tokens)
        self.open: list[_Open] = []
        self.edits: list[Edit] = []
        self.patched: list[int] = []
        self.reported = 0
        self.number, self.line, self.indent = 0, 0, 0  # of the token that is read, and of its line

    @property
    def previous(self) -> Lexeme | None:
        return self.tokens[self.number - 1] if self.number else None

    @property
    def following(self) -> Lexeme | None:
        return self.tokens[self.number + 1] if self.number + 1 < len(self.tokens) else None

    def run(self) -> None:
        for number, token in enumerate(self.tokens):
            self.number = number
            if token.indent >= 0:
                self.line, self.indent = token.start, token.indent
                if self.trusts_layout:
                    self.begin_line(token)
            self.read(token)
        self.number = len(self.tokens)
        while self.open:
            self.unclosed(self.open.pop())

    def read(self, token: Lexeme) -> None:
        if token.text in CLOSERS:
            holds = holds_statements(token.text, self.previous.text if self.previous else "")
            self.open.append(_Open(token, self.line, self.indent, holds))
        elif token.text in OPENERS:
            self.close(token)
        elif token.unclosed:
            self.unclosed_string(token)

    def place(self, token: Lexeme) -> Span:
        return Span(self.file, token.start, token.end)

    def count(self, mistake: Diagnostic | None) -> None:
        """Reports a mistake, unless it follows from another; gives up at the limit."""
        self.reported += 1
        if self.reported > MAX_BRACKETS:
            raise BeyondRepairError
        if mistake is not None:
            self.diagnostics.add(mistake)

    # -- layout

    def begin_line(self, token: Lexeme) -> None:
        """Closes what should have ended above a line that starts a statement."""
        headless = is_headless(self.file.text, self.tokens, self.number, self.may_go_on)
        if token.text in OPENERS or not (headless or HEADER.match(self.file.text, token.start)):
            return
        before = self.previous
        if before is not None and before.text[-1] in ",([=":
            return
        while self.open and self.open[-1].indent >= token.indent:
            self.unclosed(self.open.pop())
        if headless:
            self.no_opener(token)

    def no_opener(self, token: Lexeme) -> None:
        end = token.start + len(line_from(self.file.text, token.start).split("#")[0].rstrip())
        self.edits.append((end, end, " {"))
        self.open.append(_Open(Lexeme("{", end, -1), self.line, token.indent, True))
        self.diagnostics.add(mistakes.no_opening_brace(Span(self.file, token.start, end)))

    def belongs_below(self, brace: _Open) -> bool:
        """Whether lines go on after a `}` as if it were not there."""
        if not (self.trusts_layout and brace.holds and brace.line != self.line):
            return False
        return self.following is not None and self.following.indent > brace.indent

    # -- brackets that close

    def close(self, token: Lexeme) -> None:
        partner = self.partner(token)
        if partner is None and self.open and not self.open[-1].holds and self.is_mistaken(self.open[-1]):
            self.mistaken(token, self.open.pop())
        elif partner is None or (token.text == "}" and self.belongs_below(self.open[partner])):
            self.stray(token)
        else:
            while len(self.open) > partner + 1:
                self.unclosed(self.open.pop())
            self.open.pop()

    def partner(self, token: Lexeme) -> int | None:
        """The open bracket that a closing one closes; `)` and `]` never reach out of a body."""
        for number in reversed(range(len(self.open))):
            item = self.open[number]
            if item.lexeme.text == OPENERS[token.text]:
                deeper = self.trusts_layout and item.holds and item.indent > token.indent >= 0
                if not (deeper and any(other.holds for other in self.open[:number])):
                    return number
            elif token.text != "}" and item.holds:
                return None
        return None

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
        self.edits.append((token.start, token.end, wanted))
        self.patched.append(token.start)
        opener = self.place(item.lexeme)
        self.count(mistakes.closes_another(token.text, self.place(token), item.lexeme.text, wanted, opener))

    def stray(self, token: Lexeme) -> None:
        self.edits.append((token.start, token.end, " "))
        follows = bool(self.open) and all(item.quiet for item in self.open)
        self.count(None if follows else mistakes.closes_nothing(token.text, self.place(token)))
        if token.text != "}":
            self.patched.append(token.start)

    # -- what is never closed

    def unclosed(self, item: _Open) -> None:
        """Closes a bracket right after what stands before."""
        char, start = item.lexeme.text, item.lexeme.start
        last = self.end_of(item)
        self.edits.append((last, last, CLOSERS[char]))
        if not item.holds:
            self.patched.append(start)
        if item.quiet:
            return
        end = Span(self.file, last - 1, last)
        before = end if not item.holds and last > start + 1 else None
        place = Span(self.file, start, start + 1)
        self.count(mistakes.never_closed(char, CLOSERS[char], place, before, *self.belongs(item, end)))

    def end_of(self, item: _Open) -> int:
        """Where what an open bracket holds ends: before a `where` or `weight`, or the token that is read."""
        last = self.previous
        if not (item.holds or item.quiet):
            first = bisect_right(self.tokens, item.lexeme.start, key=lambda token: token.start)
            for number in range(first + 1, self.number):
                if self.tokens[number].text in BEHIND_TERMS and self.goes_on(number):
                    last = self.tokens[number - 1]
                    break
        return last.end if last else item.lexeme.end

    def goes_on(self, number: int) -> bool:
        """Whether a token is a word behind an expression, and no name in it."""
        before, after = self.tokens[number - 1], self.tokens[number + 1 : number + 2]
        return before.text[-1] not in ",([{=" and not (after and after[0].text in ("(", "="))

    def belongs(self, item: _Open, end: Span) -> tuple[str, Span]:
        """What stands before the closing bracket, and what it belongs after, where an open one ends."""
        if not item.holds:
            return "", end
        if self.file.position(item.line)[0] == end.line:
            return " ", end
        stop = end.start + len(line_from(self.file.text, end.start).rstrip())
        return "\n" + " " * item.indent, Span(self.file, end.start, stop)

    def unclosed_string(self, token: Lexeme) -> None:
        """The rest of its line is lost, brackets that it would have closed too."""
        self.edits.append((token.start, token.end, '""'))
        self.patched.append(token.start)
        for item in reversed(self.open):
            if item.holds:
                break
            item.quiet = True
        is_docstring = '"""' in self.file.text[max(0, token.start - 2) : token.start + 3]
        place = Span(self.file, token.start, token.start + 1)
        if is_docstring:
            self.diagnostics.add(mistakes.unclosed_docstring(place))
        else:
            self.diagnostics.add(mistakes.unclosed_string(place, self.meant_end(token)))

    def meant_end(self, string: Lexeme) -> Span | None:
        """Where an unclosed string was meant to end, if punctuation is all that follows."""
        match = PLAIN.fullmatch(string.text)
        end = string.start + match.end(1) if match else 0
        return Span(self.file, end, end) if match else None

"""Going on after a syntax error, so that one run reports all of them.

Brackets are balanced first: an unclosed one is closed where the indentation says that it
ends. Any other statement that cannot be parsed is overwritten with NUL characters, which
the grammar takes for a `broken` statement; the names that it would have bound are kept,
so that their uses are not reported too.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass

from getdsl.diagnostics import Diagnostics
from getdsl.source import SourceFile, Span

LEXEME = re.compile(r'"""[\s\S]*?"""|"(?:\\.|[^"\\\n\r])*"|#[^\n]*|[()\[\]{}]|\x00+')
CLOSER = {"(": ")", "[": "]", "{": "}"}
HEADER = re.compile(
    r"(?:param|input|output|weight|frozen|buffer)\s+\"?(?P<declared>[A-Za-z_]\w*)\"?[^\S\n]*[:=]?"
    r"|(?:use|extern|remove|require|for|if|model|block|source)\b[^\S\n]*\"?(?P<keyword>\w*)"
    r"|(?P<bound>[A-Za-z_]\w*)(?:\[[^\]\n]*\])*[^\S\n]*(?:=(?!=)|:)"
    r"|[A-Za-z_]\w*[^\S\n]*(?:\"[^\"\n]*\"|\w+)?[^\S\n]*\{"
    r"|\"[^\"\n]*\"[^\S\n]*->"
)


@dataclass
class RepairedText:
    """The text that is parsed in the place of a file's, and the way back to its offsets."""

    file: SourceFile
    text: str
    insertions: list[int]  # offsets in `text` that the file does not have, ascending

    def original(self, offset: int) -> int:
        return offset - bisect_right(self.insertions, offset - 1)

    def overwrite(self, start: int, end: int) -> None:
        self.text = self.text[:start] + "\0" * (end - start) + self.text[end:]


def bound_names(text: str) -> tuple[str, ...]:
    """The names that the statements in a piece of text would bind."""
    found = []
    for line in re.split(r"\n|\{", text):
        match = HEADER.match(line.strip())
        if match:
            found.append(match["declared"] or match["bound"])
    return tuple(dict.fromkeys(name for name in found if name))


def balance_brackets(file: SourceFile, diagnostics: Diagnostics) -> RepairedText:
    """Reports brackets without a partner, closes those left open, drops those never opened."""
    text = file.text
    open_brackets: list[tuple[str, int]] = []
    inserts: list[tuple[int, str]] = []
    stray: list[int] = []

    def close(char: str, offset: int, before: int) -> None:
        inserts.append((_end_by_indentation(file, offset, before), CLOSER[char]))
        diagnostics.report(
            "GET103",
            f"`{char}` is never closed",
            Span(file, offset, offset + 1),
            help=f"add `{CLOSER[char]}`",
        )

    for match in LEXEME.finditer(text):
        char, offset = match[0], match.start()
        if char in CLOSER:
            open_brackets.append((char, offset))
        elif char in (")", "]", "}"):
            partner = next((i for i in reversed(range(len(open_brackets))) if CLOSER[open_brackets[i][0]] == char), None)
            if partner is None or _closes_elsewhere(file, open_brackets, partner, offset):
                stray.append(offset)
                diagnostics.report("GET104", f"`{char}` closes nothing", Span(file, offset, offset + 1), help="remove it")
                continue
            for unclosed, place in reversed(open_brackets[partner + 1 :]):
                close(unclosed, place, offset)
            del open_brackets[partner:]
    for unclosed, place in reversed(open_brackets):
        close(unclosed, place, len(text))
    return _apply(file, inserts, stray)


def _closes_elsewhere(file: SourceFile, stack: list[tuple[str, int]], partner: int, offset: int) -> bool:
    """A `)` or `]` whose only partner lies outside the innermost braces is a stray one."""
    return file.text[offset] != "}" and any(char == "{" for char, _ in stack[partner + 1 :])


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _end_by_indentation(file: SourceFile, offset: int, before: int) -> int:
    """Where a bracket opened at `offset` ends: before the next line that is indented no deeper."""
    number = file.position(offset)[0]
    indent = _indent(file.line(number))
    for following in range(number + 1, len(file.line_starts) + 1):
        line = file.line(following)
        start = file.line_starts[following - 1]
        if start > before:
            break
        if line.strip() and not line.lstrip().startswith("#") and _indent(line) <= indent:
            return start + _indent(line)
    return before


def _apply(file: SourceFile, inserts: list[tuple[int, str]], stray: list[int]) -> RepairedText:
    text = list(file.text)
    for offset in stray:
        text[offset] = " "
    pieces: list[str] = []
    added: list[int] = []
    position, length = 0, 0
    for offset, char in sorted(inserts, key=lambda item: item[0]):
        pieces.append("".join(text[position:offset]))
        length += offset - position
        pieces.append(char)
        added.append(length)
        length += 1
        position = offset
    pieces.append("".join(text[position:]))
    return RepairedText(file, "".join(pieces), added)


@dataclass(frozen=True)
class Start:
    """A line that starts a statement: where, where its header ends, and how deep in braces."""

    place: int
    header: int
    depth: int


@dataclass(frozen=True)
class Layout:
    """Where statements start in a text, and where the braces around them end."""

    text: str
    starts: list[Start]
    closers: list[tuple[int, int]]  # the place of a `}`, and the depth inside it

    def end(self, start: Start) -> int:
        """Where a statement ends: at the next one beside it, or where its braces close."""
        ends = [other.place for other in self.starts if other.place > start.place and other.depth <= start.depth]
        ends += [place for place, depth in self.closers if place > start.place and depth == start.depth]
        end = min(ends, default=len(self.text))
        return start.place + len(self.text[start.place : end].rstrip())


def layout(text: str) -> Layout:
    """Finds the statements of balanced text by its lines and braces."""
    starts: list[Start] = []
    closers: list[tuple[int, int]] = []
    holds: list[bool] = []  # for each open bracket: does it hold statements?
    position = 0

    def lines(begin: int, end: int) -> None:
        if all(holds):
            for match in re.finditer(r"(?:\A|(?<=\n))[^\S\n]*(?=\S)", text[:end][begin:]):
                place = begin + match.end()
                header = HEADER.match(text, place) if begin == 0 or match.start() or text[begin - 1] == "\n" else None
                if header:
                    starts.append(Start(place, header.end(), len(holds)))

    for lexeme in LEXEME.finditer(text):
        lines(position, lexeme.start() + (lexeme[0][0] in "\"\0"))
        position = lexeme.end()
        if lexeme[0] == "{":
            holds.append(not re.search(r"[=(,\[]\s*\Z", text[max(0, lexeme.start() - 80) : lexeme.start()]))
        elif lexeme[0] in "([":
            holds.append(False)
        elif lexeme[0] in ")]}" and holds:
            if holds[-1]:
                closers.append((lexeme.start(), len(holds)))
            holds.pop()
    lines(position, len(text))
    return Layout(text, starts, closers)


def blamed(text: str, offset: int) -> tuple[int, int, bool] | None:
    """The range of the statement that an error at `offset` belongs to, and whether it was left unfinished.

    An error inside the header of a statement (`name =`) means that the parser was still
    inside the one before it.
    """
    found = layout(text)
    before = [start for start in found.starts if start.place <= offset]
    if not before:
        return None
    start = before[-1]
    beside = [other for other in before[:-1] if other.depth >= start.depth]
    if offset < start.header and beside and not text[found.end(beside[-1]) : start.place].strip():
        return beside[-1].place, found.end(beside[-1]), True
    return start.place, found.end(start), offset >= found.end(start)

"""Where in a text a place is, told by its words and brackets alone: no tree is asked for."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from getdsl.grammar.words import FILE_WORDS, SECTION_WORDS

WORDS = re.compile(
    r'"""[\s\S]*?(?:"""|\Z)|"(?:\\.|[^"\\\n\r])*"?|#[^\n]*'
    r"|[A-Za-z_]\w*|[0-9][\w.]*|->|\?\?|\.\.\.|\.\.|[=!<>]=|\*\*|//|\S"
)
CLOSERS = {")": "(", "]": "[", "}": "{"}
BEGINNING = re.compile(rf"(?:{'|'.join((*FILE_WORDS, *SECTION_WORDS))})\b")
KEPT = 80  # words before a bracket
GO_ON = ("->", "=", "+", "-", "*", "/", ",", "and", "or", "??", "of")  # after which a statement goes on
CONTINUE = ("->", "+", "*", "/", "??", "where", "weight", "else", "extends")  # and what goes on with one


@dataclass
class Open:
    """A bracket that is open at the place, and the words of the statement that lead to it."""

    char: str
    head: tuple[str, ...]
    start: int
    commas: int = 0
    given: set[str] = field(default_factory=set)  # names with a `=` behind them, directly in it
    words: list[str] = field(default_factory=list)  # of the statement or argument in hand, directly in it

    @property
    def callee(self) -> str:
        """The name before a `(` or `[`, with its dots: `encoder.blocks`."""
        name = ""
        for word in reversed(self.head):
            if not (word == "." or (word[0].isalpha() or word[0] == "_")):
                break
            if name and word != "." and not name.startswith("."):
                break
            name = word + name
        return name.lstrip(".")

    @property
    def flows(self) -> bool:
        """Whether something flows into the call."""
        count = self.callee.count(".") * 2 + 1
        return len(self.head) > count and self.head[-count - 1] == "->"


@dataclass
class Context:
    """What leads to a place: the word that is begun there, and the brackets around it, outermost first.

    `inside` is `string` or `comment` where the place is in one.
    """

    prefix: str
    start: int
    brackets: list[Open]
    inside: str = ""
    line_before: str = ""

    @property
    def inner(self) -> Open:
        return self.brackets[-1]

    @property
    def before(self) -> str:
        """The word before the one that is begun."""
        words = self.inner.words
        return words[-1] if words else (self.inner.char or "")

    @property
    def bodies(self) -> list[Open]:
        """The braces around the place."""
        return [item for item in self.brackets if item.char == "{"]


def context_at(text: str, offset: int) -> Context:
    """The context of a place. A statement begins with a line in braces, or with a `name =`."""
    brackets = [Open("", (), 0)]
    prefix, start, inside, line = "", offset, "", -1
    for match in WORDS.finditer(text, 0, offset):
        word = match[0]
        if word[0] in '#"':
            inside = _inside(word, match.end() == offset)
            if inside:
                prefix, start = word.lstrip('"'), match.start() + len(word) - len(word.lstrip('"'))
                break
            if word[0] == "#":
                continue
        elif match.end() == offset and (word[0].isalnum() or word[0] == "_"):
            prefix, start = word, match.start()
            _new_line(brackets, text, line, match.start())
            break
        _new_line(brackets, text, line, match.start())
        line = match.start()
        _take(brackets, word, match.start())
    else:
        _new_line(brackets, text, line, offset)
    before = text[text.rfind("\n", 0, offset) + 1 : offset]
    return Context(prefix, start, brackets, inside, before)


def _inside(word: str, at_end: bool) -> str:
    """Whether a string or a comment still goes on at its end."""
    if not at_end:
        return ""
    if word[0] == "#":
        return "comment"
    quote = '"""' if word.startswith('"""') else '"'
    closed = len(word) >= 2 * len(quote) and word.endswith(quote)
    return "" if closed else "string"


def _new_line(brackets: list[Open], text: str, before: int, start: int) -> None:
    """Ends the statement in hand where a line begins that does not go on with it."""
    if BEGINNING.match(text, start) and text[start - 1 : start] in ("", "\n"):
        del brackets[1:]  # whatever was left open above
        brackets[0].words.clear()
    inner = brackets[-1]
    if inner.char not in ("", "{") or before < 0 or "\n" not in text[before:start]:
        return
    if not (inner.words and inner.words[-1] in GO_ON) and not text.startswith(CONTINUE, start):
        inner.words.clear()


def _take(brackets: list[Open], word: str, start: int) -> None:
    inner = brackets[-1]
    if word in "([{":
        brackets.append(Open(word, tuple(inner.words[-KEPT:]), start))
        return
    if word in CLOSERS:
        _close(brackets, CLOSERS[word])
        inner = brackets[-1]
        if word == "}" and inner.char in ("", "{"):
            inner.words.clear()
            return
        inner.words.append(word)
        return
    if word == "=" and inner.words and inner.char in ("(", "{"):
        inner.given.add(inner.words[-1])
        if inner.char == "{":
            del inner.words[:-1]  # `name =` begins a statement, on the same line too
    if word == "," and inner.char in ("(", "[", "{"):
        inner.commas += 1
        inner.words.clear()
        return
    inner.words.append(word)


def _close(brackets: list[Open], opener: str) -> None:
    """Closes a bracket, with those inside that were left open; one that nothing opens is passed over."""
    for number in range(len(brackets) - 1, 0, -1):
        if brackets[number].char == opener:
            del brackets[number:]
            return
        if opener != "{" and brackets[number].char == "{":
            return

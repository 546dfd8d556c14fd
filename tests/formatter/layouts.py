"""Other layouts of a spec's text: the same tokens, with other spaces, lines and comments between them."""

from __future__ import annotations

import re
from random import Random

TOKEN = re.compile(
    r'"""[\s\S]*?"""|"(?:\\.|[^"\\\n])*"|#[^\n]*|[A-Za-z_]\w*|\d[\d_]*\.\d[\d_]*(?:[eE][+-]?\d+)?'
    r"|\d[\d_]*(?:[eE][+-]?\d+)?|->|\?\?|\.\.\.?|\*\*|//|[=!<>]=|\S"
)
WORD = re.compile(r"[\w.]")
WORDS = ("call", "apply", "take", "on", "minimises", "every")  # by what follows them on their line
SPACES = (" ", "  ", "\t", "     ", "\f")


def respaced(random: Random, text: str) -> str:
    """The text with its lines broken elsewhere and other spaces in them.

    What a layout takes from its text stays: comments and where they stand, blank lines, and whether a line
    breaks behind an opening brace.
    """
    pieces: list[str] = []
    last, end = "", 0
    for match in TOKEN.finditer(text):
        gap = text[end : match.start()]
        pieces += [_respaced(random, last, gap, match[0]), match[0]]
        last, end = match[0], match.end()
    return "".join(pieces) + "\n"


def _respaced(random: Random, last: str, gap: str, following: str) -> str:
    if "\n" in gap and (gap.count("\n") > 1 or last in ("", "{") or "#" in (last[:1], following[:1])):
        return re.sub(" +", lambda _: random.choice(SPACES), gap)
    if last in WORDS:
        return gap
    may_break = last != "{" and following[:1] != "#"
    if may_break and random.random() < 0.3:
        return "\n" + random.choice(("", *SPACES))
    return _space(random, last, gap, following)


def _space(random: Random, last: str, gap: str, following: str) -> str:
    """A space, or nothing where two tokens stay two without it."""
    if "." in (last[-1:], following[:1]) and not gap.strip(" \n"):
        return "" if not gap else " "
    glued = last and WORD.match(last[-1]) and WORD.match(following[0])
    parts_alone = last[-1:] in "()[],:{}" or following[0] in "()[],:{}"
    return random.choice(SPACES) if glued or not parts_alone else random.choice(("", *SPACES))


def scattered(random: Random, text: str) -> str:
    """The text with lines broken and comments put anywhere; it may be that it no longer parses."""
    pieces: list[str] = []
    end = 0
    for number, match in enumerate(TOKEN.finditer(text)):
        gap = text[end : match.start()]
        what = random.random()
        if what < 0.05:
            gap += f" # note {number}\n"
        elif what < 0.1:
            gap += f"\n\n  # note {number}\n\n"
        elif what < 0.2:
            gap += random.choice(("\n", "\n\n\n", "  \n"))
        pieces += [gap, match[0]]
        end = match.end()
    return "".join(pieces)

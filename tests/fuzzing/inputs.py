"""Specs that nobody wrote: shipped ones and those of the tests, damaged along the lines of the grammar."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from itertools import accumulate
from pathlib import Path
from random import Random

ROOT = Path(__file__).parents[2]
TOKENS = re.compile(
    r'"""|"[^"\n]*"|[A-Za-z_]\w*|\d+(?:\.\d+)?(?:e[+-]?\d+)?|->|\.\.\.?|\?\?|[<>=!]=|\*\*|//|\S'
)
NUMBERS = ("0", "1", "-1", "2", "3", "7", "64", "1000000007", "9" * 30, "1e308", "1e-320", "0.5", "1e999")
NASTY = (
    "\0",
    "\ufeff",
    "\u202e",
    "é",
    "中",
    "\u2028",
    "\t",
    "\r",
    '"""',
    "#",
    "'",
    ";",
    "\\",
    "@",
    "\x1b[31m",
)
LONGEST = 100_000


@cache
def pool() -> tuple[str, ...]:
    """The texts that inputs are made of."""
    shipped = [path.read_text() for path in sorted((ROOT / "specs").rglob("*.get"))]
    pages = [path.read_text() for path in sorted((ROOT / "tests/language").glob("*.md"))]
    written = [text for page in pages for text in re.findall(r"^```get.*?\n(.*?)^```$", page, re.M | re.S)]
    faces = [path.read_text() for path in sorted((ROOT / "getdsl/blocks").glob("*.get"))]
    return (*shipped, *written, *faces)


@cache
def shares() -> tuple[float, ...]:
    """How often each text is taken, added up: small ones more often, since a change of them shows more."""
    return tuple(accumulate(1 / (200 + len(text)) for text in pool()))


def drawn(random: Random) -> str:
    """An input."""
    [text] = random.choices(pool(), cum_weights=shares())
    for _ in range(random.choice((0, 1, 1, 1, 2, 3, 8))):
        text = random.choice(CHANGES)(random, text)[:LONGEST]
    return text


def changed(random: Random, text: str) -> str:
    """A text with one more change."""
    return random.choice(CHANGES)(random, text)[:LONGEST]


def _token(random: Random, text: str) -> re.Match[str] | None:
    found = list(TOKENS.finditer(text))
    return random.choice(found) if found else None


def _replaced(text: str, match: re.Match[str] | None, by: str) -> str:
    return text if match is None else text[: match.start()] + by + text[match.end() :]


def drop_token(random: Random, text: str) -> str:
    return _replaced(text, _token(random, text), "")


def repeat_token(random: Random, text: str) -> str:
    match = _token(random, text)
    return _replaced(text, match, f"{match[0]} {match[0]}" if match else "")


def exchange_tokens(random: Random, text: str) -> str:
    other = _token(random, text)
    return _replaced(text, _token(random, text), other[0] if other else "")


def foreign_token(random: Random, text: str) -> str:
    """A token of another spec."""
    other = _token(random, random.choice(pool()))
    return _replaced(text, _token(random, text), other[0] if other else "")


def other_number(random: Random, text: str) -> str:
    numbers = list(re.finditer(r"\b\d+\b", text))
    return _replaced(text, random.choice(numbers) if numbers else None, random.choice(NUMBERS))


def nasty(random: Random, text: str) -> str:
    place = random.randrange(len(text) + 1)
    return text[:place] + random.choice(NASTY) + text[place:]


def move_line(random: Random, text: str) -> str:
    lines = text.split("\n")
    line = lines.pop(random.randrange(len(lines)))
    lines.insert(random.randrange(len(lines) + 1), line)
    return "\n".join(lines)


def foreign_lines(random: Random, text: str) -> str:
    """Some lines of another spec in the place of one."""
    lines, others = text.split("\n"), random.choice(pool()).split("\n")
    place, first = random.randrange(len(lines)), random.randrange(len(others))
    lines[place : place + random.randint(0, 2)] = others[first : first + random.randint(1, 4)]
    return "\n".join(lines)


def cut(random: Random, text: str) -> str:
    return text[: random.randrange(len(text) + 1)]


def nest(random: Random, text: str) -> str:
    """A token in very many brackets."""
    match, depth = _token(random, text), random.choice((2, 40, 300))
    opening, closing = random.choice(("()", "[]", "{}"))
    return _replaced(text, match, opening * depth + match[0] + closing * depth if match else "")


def multiply(random: Random, text: str) -> str:
    """A line very often."""
    lines = text.split("\n")
    place = random.randrange(len(lines))
    lines[place:place] = [lines[place]] * random.choice((2, 2, 2, 5, 5, 5, 30, 30, 400))  # many are slow
    return "\n".join(lines)


Change = Callable[[Random, str], str]
CHANGES: tuple[Change, ...] = (
    drop_token,
    drop_token,
    repeat_token,
    exchange_tokens,
    exchange_tokens,
    foreign_token,
    foreign_token,
    other_number,
    nasty,
    move_line,
    foreign_lines,
    cut,
    nest,
    multiply,
)

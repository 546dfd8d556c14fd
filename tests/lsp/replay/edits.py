"""What people do to a text, at random: each kind of edit is a piece that takes the place of another."""

from __future__ import annotations

import re
from collections.abc import Callable
from random import Random
from typing import NamedTuple

TOKENS = (
    *"{}()[]\"#,:=.+-*/@<>'",
    *(
        "->",
        "=>",
        '"""',
        "..",
        "...",
        "none",
        "true",
        "batch.",
        "model ",
        "block ",
        "input ",
        "output ",
        "for ",
        "if ",
    ),
    *(
        "0",
        "7",
        "64",
        "0.1",
        "1e-3",
        "x",
        "y",
        "width",
        "encoder",
        "Linear(8)",
        "LayerNorm()",
        "relu(x)",
        "x -> ",
    ),
)
CHARACTERS = (
    "\n",
    "\r\n",
    "\r",
    "\t",
    "é",
    "ß",
    "😀",
    "𝒙",
    "\u2028",
    "\u0085",
    "\u0000",
    "\ufeff",
    "e\u0301",
)
STATEMENTS = (
    "    z = x\n",
    "    output extra = x\n",
    "    param depth = 2\n",
    "    for i in 0..2 { y = y }\n",
    "    if true { y = y } else { y = y -> Linear(3) }\n",
    "    # a remark, with 😀 in it\n",
    '    """A doc of something."""\n',
)
SECTIONS = (
    "block Extra { input x: [B, D] output y = x -> Linear(D) }\n",
    "block Extra { input x: [B, D] output y = x -> Missing(D) }\n",
    "model Other { input x: [B, 8] output y = x -> Linear(8) }\n",
    "train { epochs = 3 }\n",
    "train { epoch = 3 optimizer = Adam(0.1) }\n",
    "loss { y = MSE(y, batch.y) }\n",
    'use "used.get"\n',
    'use "nowhere.get"\n',
    'use "main.get"\n',
    'use "getdsl:zoo/basset.get"\n',
)


class Edit(NamedTuple):
    start: int
    end: int
    piece: str

    def of(self, text: str) -> str:
        return text[: self.start] + self.piece + text[self.end :]


def typed(random: Random, text: str) -> Edit:
    return _put(random, text, random.choice(TOKENS))


def strange(random: Random, text: str) -> Edit:
    """Characters that editors, UTF-16 and Python count in different ways."""
    return _put(random, text, random.choice(CHARACTERS))


def erased(random: Random, text: str) -> Edit:
    start = random.randint(0, len(text))
    return Edit(start, min(len(text), start + random.choice((1, 1, 1, 4, 30))), "")


def number_changed(random: Random, text: str) -> Edit:
    return _one_of(random, text, r"\d+", lambda found: str(random.choice((0, 1, 2, 3, 8, 64, 10**9))))


def name_changed(random: Random, text: str) -> Edit:
    other = _one_of(random, text, r"[A-Za-z_]\w*", str)
    names = re.findall(r"[A-Za-z_]\w*", text) or ["x"]
    return other._replace(piece=random.choice((f"{other.piece}s", other.piece[:-1], random.choice(names))))


def broken(random: Random, text: str) -> Edit:
    """A bracket or a quote less, which breaks what stands behind it."""
    return _one_of(random, text, r'[{}()\[\]"]', lambda found: "")


def commented(random: Random, text: str) -> Edit:
    """A line into a comment, or out of it."""
    start, end = _line(random, text)
    line = text[start:end]
    return Edit(start, end, line.replace("#", "", 1) if "#" in line else f"# {line}")


def line_deleted(random: Random, text: str) -> Edit:
    start, end = _line(random, text)
    return Edit(start, end, "")


def line_repeated(random: Random, text: str) -> Edit:
    start, end = _line(random, text)
    return Edit(start, start, text[start:end])


def line_new(random: Random, text: str) -> Edit:
    start, _ = _line(random, text)
    return Edit(start, start, random.choice(("\n", "\n\n", *STATEMENTS)))


def pasted(random: Random, text: str) -> Edit:
    """What stands elsewhere, in the place of something."""
    start, other = sorted((random.randint(0, len(text)), random.randint(0, len(text))))
    at = random.randint(0, len(text))
    return Edit(at, min(len(text), at + random.choice((0, 20))), text[start : min(other, start + 300)])


def section_pasted(random: Random, text: str) -> Edit:
    start, _ = _line(random, text)
    at = random.choice((0, start, len(text)))
    return Edit(at, at, random.choice(SECTIONS))


def line_ends(random: Random, text: str) -> Edit:
    """All line ends, as editors turn them."""
    plain = text.replace("\r\n", "\n")
    return Edit(0, len(text), plain if "\r\n" in text else plain.replace("\n", "\r\n"))


KINDS: dict[Callable[[Random, str], Edit], int] = {
    typed: 6,
    strange: 2,
    erased: 4,
    number_changed: 6,
    name_changed: 4,
    broken: 2,
    commented: 3,
    line_deleted: 2,
    line_repeated: 2,
    line_new: 4,
    pasted: 2,
    section_pasted: 3,
    line_ends: 1,
}


def any_edit(random: Random, text: str) -> Edit:
    """An edit of some kind, at places that an editor can name: never inside of a line's end."""
    (kind,) = random.choices([*KINDS], [*KINDS.values()])
    edit = kind(random, text)
    return edit._replace(start=_outside(text, edit.start), end=_outside(text, edit.end))


def _put(random: Random, text: str, piece: str) -> Edit:
    at = random.randint(0, len(text))
    return Edit(at, at, piece)


def _one_of(random: Random, text: str, pattern: str, change: Callable[[str], str]) -> Edit:
    found = [*re.finditer(pattern, text)]
    if not found:
        return typed(random, text)
    match = random.choice(found)
    return Edit(match.start(), match.end(), change(match[0]))


def _line(random: Random, text: str) -> tuple[int, int]:
    at = random.randint(0, len(text))
    start = text.rfind("\n", 0, at) + 1
    end = text.find("\n", at)
    return start, end + 1 if end >= 0 else len(text)


def _outside(text: str, at: int) -> int:
    return at - 1 if text[at - 1 : at + 1] == "\r\n" else at

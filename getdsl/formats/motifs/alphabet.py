"""The alphabet that a MEME file declares, on one line or as a block."""

from __future__ import annotations

import re
from collections.abc import Sequence

from getdsl.formats.motifs.motif import MemeError

LETTERS = "ACGT"
STANDARD = (LETTERS, "ACGU", "ACDEFGHIKLMNPQRSTVWY")  # that a word after ALPHABET may be, without `=`
WORD = re.compile(r'"(?:[^"\\]|\\.)*"?|[~=]|[^\s"~=]+')


def alphabet_length(lines: Sequence[str], start: int, path: str) -> int:
    """How many lines the alphabet at `start` takes. Raises MemeError where it is not DNA's."""
    first = _words(lines[start])
    if "=" in first[1:2]:
        return _checked(path, start, "is", "".join(first[2:]), 1)
    if len(first) == 2 and first[1] in STANDARD:
        return _checked(path, start, "is", first[1], 1)
    letters, end = _block(lines, start)
    if end is None:
        raise MemeError(path, start + 1, "ALPHABET block without its end, END ALPHABET or a row of stars")
    return _checked(path, start, "defines", "".join(sorted(letters)), end - start + 1)


def _block(lines: Sequence[str], start: int) -> tuple[set[str], int | None]:
    """The core letters of a block, those that no `=` defines, and the line that ends it."""
    letters: set[str] = set()
    for index in range(start + 1, len(lines)):
        words, stars = _words(lines[index]), _stars(lines[index])
        if words[:1] == ["MOTIF"]:
            break
        if words[:2] == ["END", "ALPHABET"] or (letters and stars):
            return letters, index
        if not stars:
            letters |= _core(words)
    return letters, None


def _core(words: list[str]) -> set[str]:
    """The letter of a line, and its complement's where that is said; none of one that `=` defines."""
    if not words or "=" in words:
        return set()
    return {words[0], *(words[at + 1][0] for at, word in enumerate(words[:-1]) if word == "~")}


def _checked(path: str, start: int, verb: str, letters: str, length: int) -> int:
    if letters != LETTERS:
        shown = letters or ("empty" if verb == "is" else "no letters")
        raise MemeError(path, start + 1, f"ALPHABET {verb} {shown}, and only ACGT can be read")
    return length


def _words(line: str) -> list[str]:
    """The words of a line: what stands in quotes is one, and a comment none."""
    words = []
    for word in WORD.findall(line):
        if word.startswith("#"):
            break
        words.append(word)
    return words


def _stars(line: str) -> bool:
    return bool(line.strip()) and set(line.strip()) == {"*"}

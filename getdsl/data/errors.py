"""What is wrong with a data file, said so that it can be mended."""

import difflib
from collections.abc import Iterable
from pathlib import Path

from getdsl.diagnostics.listing import joined

_ROMAN = (
    "",
    "i",
    "ii",
    "iii",
    "iv",
    "v",
    "vi",
    "vii",
    "viii",
    "ix",
    "x",
    "xi",
    "xii",
    "xiii",
    "xiv",
    "xv",
    "xvi",
)


class DataError(Exception):
    """`problem` says what is wrong with `path`, `fix` what to do about it; the text is one sentence."""

    def __init__(self, path: str | Path, problem: str, fix: str) -> None:
        self.path = str(path)
        self.problem = problem
        self.fix = fix
        super().__init__(self.path, problem, fix)

    def __str__(self) -> str:
        return f"{self.path}: {self.problem}; {self.fix}."


def suggest(name: str, known: Iterable[str]) -> str:
    """`did you mean chrIV? there are: chrI, chrII`: the nearest of the names, then the first of them."""
    names = list(known)
    near = _same_chromosome(name, names) or difflib.get_close_matches(name, names, n=1, cutoff=0.8)
    question = f"did you mean {near[0]}? " if near else ""
    return f"{question}there are: {joined(names)}"


def _same_chromosome(name: str, names: list[str]) -> list[str]:
    """The names that another assembly's habits turn `name` into: 4, chr4, IV, chriv for chrIV."""
    bare = name.lower().removeprefix("chr")
    roman = _ROMAN[int(bare)] if bare.isdecimal() and int(bare) < len(_ROMAN) else bare
    spellings = {bare, roman}
    return [each for each in names if each.lower().removeprefix("chr") in spellings]

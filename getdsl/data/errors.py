"""What is wrong with a data file, said so that it can be mended."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from pathlib import Path

from getdsl.diagnostics.listing import joined
from getdsl.formats.text import FormatError

_ROMAN = ("", *"i ii iii iv v vi vii viii ix x xi xii xiii xiv xv xvi".split())


class DataError(Exception):
    """`problem` says what is wrong with `path`, `fix` what to do about it; the text is one sentence."""

    def __init__(self, path: str | Path, problem: str, fix: str) -> None:
        self.path = str(path)
        self.problem = problem
        self.fix = fix
        super().__init__(self.path, problem, fix)

    @classmethod
    def of(cls, error: FormatError, fix: str) -> DataError:
        """What a reader of a format says, with its line; `fix` where it does not say one itself."""
        problem = f"line {error.line}: {error.problem}" if error.line else error.problem
        return cls(error.path, problem, error.fix or fix)

    def __str__(self) -> str:
        return f"{self.path}: {self.problem}; {self.fix}."


_SHOWN = 24  # names that are listed of many


def suggest(name: str, known: Iterable[str]) -> str:
    """`did you mean chrIV? there are: chrI, chrII`: the nearest of the names, then the first of them."""
    names = list(known)
    near = same_chromosome(name, names) or difflib.get_close_matches(name, names, n=1, cutoff=0.8)
    question = f"did you mean {near[0]}? " if near else ""
    return f"{question}there are: {joined(names)}"


def renaming(unknown: Iterable[str], known: Iterable[str]) -> str:
    """What to write as `rename_chromosomes`, where unknown names differ from known ones by habit; else ''."""
    names = list(known)
    pairs = {name: same_chromosome(name, names) for name in unknown}
    said = [f'"{name}" = "{found[0]}"' for name, found in pairs.items() if found]
    more = ", …" if len(said) > _SHOWN else ""
    return f"write `rename_chromosomes = {{ {', '.join(said[:_SHOWN])}{more} }}` in `data`" if said else ""


def same_chromosome(name: str, names: Iterable[str]) -> list[str]:
    """The names that another assembly's habits turn `name` into: chr4, IV or chriv for 4, MT for chrM."""
    known = [(each, _bare(each)) for each in names]
    bare = _bare(name)
    same = [each for each, other in known if other == bare]
    if same or not bare.isdecimal() or int(bare) >= len(_ROMAN):
        return same
    return [each for each, other in known if other == _ROMAN[int(bare)]]


def _bare(name: str) -> str:
    bare = name.lower().removeprefix("chr")
    return "mt" if bare in ("m", "mito") else bare

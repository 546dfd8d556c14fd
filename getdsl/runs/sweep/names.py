"""Names in a grid: those of params and settings, or the last part of one where that is the only such."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence

from getdsl.compiler.sections.declared import SECTIONS
from getdsl.compiler.spec import Checked
from getdsl.diagnostics import UserError
from getdsl.diagnostics.listing import first_of
from getdsl.diagnostics.mistakes.names import GET211

Check = Callable[[Sequence[str]], Checked]
"""Checks the spec with more settings, as `--set` takes them."""


def full_names(grid: Mapping[str, Sequence[str]], check: Check) -> dict[str, str]:
    """The name by which each is set: `lr` is `optimizer.lr`. Raises UserError where it could be several."""
    return {name: _full(name, values[0], check) for name, values in grid.items()}


def short_names(names: Iterable[str]) -> dict[str, str]:
    """The last part of each, where no other has it, in the order in which folders name them.

    A point is so called the same however its grid is written.
    """
    names = list(names)
    last = Counter(name.rpartition(".")[2] for name in names)
    found = {name: short if last[short := name.rpartition(".")[2]] == 1 else name for name in names}
    return dict(sorted(found.items(), key=lambda item: item[1]))


def _full(name: str, value: str, check: Check) -> str:
    """A name that can be set as it is stays; so does one that nothing has, for `check` to say so."""
    if "." in name or _can_be_set(name, value, check):
        return name
    sections = (keyword for keyword, section in SECTIONS.items() if not section.terms)
    paths = [path for keyword in sections if _can_be_set(path := f"{keyword}.{name}", value, check)]
    if len(paths) > 1:
        raise UserError(f"`--grid {name}` could be {first_of(paths)}", "write out which of them is meant")
    return paths[0] if paths else name


def _can_be_set(path: str, value: str, check: Check) -> bool:
    return all(item.code != GET211.id for item in check([f"{path}={value}"]).diagnostics)

"""The files of a spec before and after its fixes."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from getdsl.compiler.check import check_files
from getdsl.compiler.constants.overrides import read_overrides
from getdsl.compiler.spec import Checked
from getdsl.diagnostics import Diagnostics
from getdsl.grammar import read_source
from getdsl.grammar.rewriting import Rewritten
from getdsl.mending.mend import Made, mend


def mended_files(
    path: Path, settings: Sequence[str], param_files: Sequence[Path], model: str | None
) -> tuple[list[Rewritten], tuple[Made, ...]]:
    """The files that change by the fixes of a spec, and the fixes; nothing is written.

    `settings`, `param_files` and `model` are what `check` takes.
    """
    source = read_source(path, Diagnostics())
    if source is None:
        return [], ()

    def check(texts: Mapping[Path, str]) -> Checked:
        return check_files(texts, read_overrides(settings, param_files, None, Diagnostics()), model)

    mended = mend({Path(os.path.realpath(path)): source.text}, check)
    changed = [
        Rewritten(Path(shown(place)), mended.before[place], text)
        for place, text in mended.texts.items()
        if text != mended.before[place]
    ]
    return changed, mended.made


def shown(path: Path) -> str:
    """A path as seen from the working directory, where it is below that."""
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)

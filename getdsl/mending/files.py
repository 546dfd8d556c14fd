"""The files of a spec before and after its fixes."""

from __future__ import annotations

import codecs
import difflib
import os
import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from getdsl.compiler.check import check_files
from getdsl.compiler.constants.overrides import read_overrides
from getdsl.compiler.spec import Checked
from getdsl.diagnostics import Diagnostics, UserError
from getdsl.grammar import read_source
from getdsl.grammar.reading import MAX_BYTES
from getdsl.mending.mend import Made, mend
from getdsl.text.opener import read_bytes
from getdsl.text.whole import whole_file

NO_END = "\\ No newline at end of file\n"  # as diff and patch have it


@dataclass(frozen=True)
class ChangedFile:
    """A file's text before and after its fixes."""

    path: Path
    before: str
    after: str

    def write(self) -> None:
        """Puts the text in the place of the file's, whole, with its permissions and its byte order mark.

        Raises UserError where the file holds something else by now.
        """
        data = read_bytes(self.path, MAX_BYTES)
        mark = codecs.BOM_UTF8 if data.startswith(codecs.BOM_UTF8) else b""
        if data != mark + self.before.encode():
            raise UserError(f"{shown(self.path)} was changed meanwhile", "run the command again")
        with whole_file(self.path, mode=stat.S_IMODE(self.path.stat().st_mode)) as aside:
            aside.write_bytes(mark + self.after.encode())

    def difference(self) -> str:
        """What changed, as `diff -u` has it."""
        before, after = (side.splitlines(keepends=True) for side in (self.before, self.after))
        lines = difflib.unified_diff(before, after, shown(self.path), f"{shown(self.path)} (fixed)")
        return "".join(line if line.endswith("\n") else f"{line}\n{NO_END}" for line in lines)


def mended_files(
    path: Path, settings: Sequence[str], param_files: Sequence[Path], model: str | None
) -> tuple[list[ChangedFile], tuple[Made, ...]]:
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
        ChangedFile(place, mended.before[place], text)
        for place, text in mended.texts.items()
        if text != mended.before[place]
    ]
    return changed, mended.made


def shown(path: Path) -> str:
    """A path as seen from the working directory, where it is below that."""
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)

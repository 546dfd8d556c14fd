"""Files and folders of specs, read and written in the one layout."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from getdsl.diagnostics import Diagnostics, SpecError, UserError
from getdsl.formatter.formatting import formatted
from getdsl.grammar import read_source
from getdsl.grammar.reading import MAX_BYTES
from getdsl.text.opener import read_bytes
from getdsl.text.whole import whole_file


@dataclass(frozen=True, slots=True)
class Rewritten:
    """A file's text as it is and as it would be; `path` is how the user named it."""

    path: Path
    before: str
    after: str

    @property
    def changes(self) -> bool:
        return self.before != self.after

    def write(self) -> None:
        """Puts the new text in the place of the old, whole, with its permissions; a link stays one."""
        place = self.path.resolve()
        if not os.access(place, os.W_OK):
            raise UserError(f"{self.path} may not be written", "`chmod u+w` makes it so, where it is yours")
        with whole_file(place, mode=stat.S_IMODE(place.stat().st_mode)) as aside:
            aside.write_bytes(self.after.encode())


def rewritten(path: Path) -> Rewritten:
    """Raises SpecError where the file cannot be read or does not parse."""
    diagnostics = Diagnostics()
    if read_source(path, diagnostics) is None:
        raise SpecError(diagnostics.sorted())
    before = read_bytes(path, MAX_BYTES).decode()  # with what marks its byte order
    return Rewritten(path, before, formatted(before, str(path)))


def specs_in(paths: Iterable[Path]) -> Iterator[Path]:
    """The files that are named, and the `.get` files in folders that are, each file once.

    Hidden folders are passed over, and so are links to folders. Raises UserError for a folder without any.
    """
    seen: set[Path] = set()
    for path in paths:
        found = _in_folder(path) if path.is_dir() else [path]
        if not found:
            raise UserError(f"there is no `.get` file in {path}", "name a file, or a folder that has some")
        for file in found:
            if (place := file.resolve()) not in seen:
                seen.add(place)
                yield file


def _in_folder(folder: Path) -> list[Path]:
    found: list[Path] = []
    for place, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        found += [Path(place, name) for name in sorted(files) if name.endswith(".get")]
    return found

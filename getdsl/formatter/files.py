"""Files and folders of specs, read and written in the one layout."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from getdsl.diagnostics import Diagnostics, SpecError, UserError
from getdsl.formatter.formatting import formatted
from getdsl.grammar import read_source
from getdsl.grammar.reading import MAX_BYTES
from getdsl.grammar.rewriting import Rewritten
from getdsl.text.opener import read_bytes


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

"""The faces that ship with getdsl: which name stands in which file, and their syntax trees.

A parsed face is kept in the user's cache directory, under a key of all that it depends on, since
parsing the dozen faces of a model would be a quarter of the time that `check` takes.
"""

from __future__ import annotations

import hashlib
import re
from contextlib import suppress
from functools import cache
from pathlib import Path

from getdsl.compiler.constants.paths import PACKAGE
from getdsl.diagnostics import Diagnostics
from getdsl.grammar import parse, syntax
from getdsl.grammar.serialise import data_to_file, file_to_data
from getdsl.text.kept import cache_folder, keep, read_kept
from getdsl.text.opener import SHIPPED, read_bytes, read_text
from getdsl.text.source import SourceFile

FOLDERS = (PACKAGE / "blocks", PACKAGE / "data")
DEFINES = re.compile(r"^(?:block|source) (\w+)", re.MULTILINE)


@cache
def _texts() -> dict[Path, str]:
    return {path: read_text(path, SHIPPED) for folder in FOLDERS for path in sorted(folder.rglob("*.get"))}


@cache
def index() -> dict[str, Path]:
    """Names of the library's blocks and data sources, and the faces that define them."""
    return {match[1]: path for path, text in _texts().items() for match in DEFINES.finditer(text)}


def face(path: Path) -> syntax.File:
    """The syntax tree of a face, from the cache where it is there."""
    source = SourceFile(f"getdsl/{path.relative_to(PACKAGE).as_posix()}", _texts()[path], path)
    kept = _kept(path)
    data = read_kept(kept)
    with suppress(LookupError, TypeError, ValueError, AttributeError, AssertionError):  # it is another's data
        return data_to_file(data, source)
    found = _parse(source)
    keep(kept, file_to_data(found))
    return found


def _parse(source: SourceFile) -> syntax.File:
    diagnostics = Diagnostics()
    parsed = parse(source, diagnostics)
    assert not diagnostics.errors, [
        f"{item.message} at {item.primary and item.primary.span}" for item in diagnostics
    ]
    return parsed


@cache
def _grammar_key() -> bytes:
    """Changes with the grammar and with what makes trees of it."""
    digest = hashlib.sha256()
    for path in sorted((PACKAGE / "grammar").rglob("*.*")):
        if path.suffix in (".py", ".lark"):
            digest.update(read_bytes(path, SHIPPED))
    return digest.digest()


def _kept(path: Path) -> Path:
    """Where a face's tree is kept."""
    digest = hashlib.sha256(_grammar_key() + str(path).encode() + _texts()[path].encode())
    return cache_folder() / "faces" / f"{path.stem}-{digest.hexdigest()[:16]}.json"

"""The faces that ship with getdsl: which name stands in which file, and their syntax trees.

A parsed face is kept in the user's cache directory, under a key of all that it depends on, since
parsing the dozen faces of a model would be a quarter of the time that `check` takes.
"""

from __future__ import annotations

import hashlib
import pickle
import re
from contextlib import suppress
from functools import cache
from pathlib import Path

from getdsl.compiler.constants.paths import PACKAGE
from getdsl.diagnostics import Diagnostics
from getdsl.grammar import parse, syntax
from getdsl.text.source import SourceFile
from getdsl.text.whole import whole_file

FOLDERS = (PACKAGE / "blocks", PACKAGE / "data")
DEFINES = re.compile(r"^(?:block|source) (\w+)", re.MULTILINE)


@cache
def _texts() -> dict[Path, str]:
    return {
        path: path.read_text(encoding="utf-8") for folder in FOLDERS for path in sorted(folder.glob("*.get"))
    }


@cache
def index() -> dict[str, Path]:
    """Names of the library's blocks and data sources, and the faces that define them."""
    return {match[1]: path for path, text in _texts().items() for match in DEFINES.finditer(text)}


def face(path: Path) -> syntax.File:
    """The syntax tree of a face, from the cache where it is there."""
    kept = _kept(path)
    found = _read(kept)
    if found is None:
        found = _parse(path)
        with suppress(OSError), whole_file(kept) as aside:  # a cache that cannot be written is done without
            aside.write_bytes(pickle.dumps(found, protocol=pickle.HIGHEST_PROTOCOL))
    return found


def _read(kept: Path) -> syntax.File | None:
    """A kept tree; None where it is absent or damaged."""
    try:
        found = pickle.loads(kept.read_bytes())
    except Exception:  # a damaged pickle may raise anything
        return None
    return found if isinstance(found, syntax.File) else None


def _parse(path: Path) -> syntax.File:
    diagnostics = Diagnostics()
    shown = f"getdsl/{path.relative_to(PACKAGE).as_posix()}"
    parsed = parse(SourceFile(shown, _texts()[path], path), diagnostics)
    assert not diagnostics.errors, [
        f"{item.message} at {item.primary and item.primary.span}" for item in diagnostics
    ]
    return parsed


@cache
def _grammar_key() -> bytes:
    """Changes with the grammar and with the classes that trees are made of."""
    digest = hashlib.sha256()
    for path in sorted((PACKAGE / "grammar").glob("*.*")):
        if path.suffix in (".py", ".lark"):
            digest.update(path.read_bytes())
    digest.update((PACKAGE / "text" / "source.py").read_bytes())
    return digest.digest()


def _kept(path: Path) -> Path:
    """Where a face's tree is kept."""
    from platformdirs import user_cache_path

    digest = hashlib.sha256(_grammar_key() + str(path).encode() + _texts()[path].encode())
    return user_cache_path("getdsl") / "faces" / f"{path.stem}-{digest.hexdigest()[:16]}.pickle"

"""A spec as a checkpoint carries it along: written, and read back."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import cast

from getdsl.compiler.check import check_files
from getdsl.compiler.constants.constant import Constant
from getdsl.compiler.constants.overrides import Override, Overrides
from getdsl.compiler.constants.paths import PACKAGE, PathText
from getdsl.compiler.program import LIBRARY_PREFIX, SPECS
from getdsl.compiler.spec import Checked, Spec
from getdsl.diagnostics import SpecError
from getdsl.grammar.reading import MAX_BYTES
from getdsl.runs.run_folder.identity import identity, sha256_of
from getdsl.runs.run_folder.records import SmallFile, SpecRecord
from getdsl.text.opener import read_bytes, read_text
from getdsl.text.source import SourceFile, Span

SMALL = 4_000_000  # bytes of a file that a checkpoint carries along


def spec_record(checked: Checked) -> SpecRecord:
    """The spec as JSON, with all files that it uses, and the folder that paths set from outside start in."""
    spec = checked.spec
    assert spec is not None
    main, *others = checked.files or (str(spec.path),)
    texts = {main: spec.text} | {path: read_text(path, MAX_BYTES) for path in others}
    return {
        "files": {_portable(path): text for path, text in texts.items()},
        "model": spec.model,
        "overrides": dict(spec.overrides),
        "folder": os.getcwd(),
        "small_files": _small_files(spec),
        "sha256": sha256_of(identity(spec)),
        "parts": identity(spec),
    }


def _portable(path: str) -> str:
    """A shipped spec by the name that every installation knows it by."""
    resolved, shipped = Path(path).resolve(), SPECS.resolve()
    return (
        LIBRARY_PREFIX + str(resolved.relative_to(shipped))
        if resolved.is_relative_to(shipped)
        else str(resolved)
    )


def _small_files(spec: Spec) -> dict[str, SmallFile]:
    """The text files that params name, such as motifs, by what sets the param; data are not among them."""
    params = {
        f"{path}.{name}": value
        for path, module in spec.graph.walk_modules()
        for name, value in module.params.items()
    }
    found: dict[str, SmallFile] = {}
    for name, value in {**spec.params, **params}.items():
        if isinstance(value, PathText) and not Path(value).is_relative_to(PACKAGE):
            text = _small_text(Path(value))
            if text is not None:
                found[name] = {"path": os.path.abspath(value), "text": text}
    return found


def _small_text(path: Path) -> str | None:
    try:
        return read_bytes(path, SMALL).decode()
    except (OSError, UnicodeDecodeError):
        return None


def restore_spec(record: SpecRecord, extra: Overrides, spare: Path) -> Spec:
    """The spec of a record, with `extra` overrides on top. Raises SpecError where it no longer checks.

    Small files that are gone or have changed are written into the folder `spare`.
    """
    texts = {
        SPECS.resolve() / path.removeprefix(LIBRARY_PREFIX)
        if path.startswith(LIBRARY_PREFIX)
        else Path(path): text
        for path, text in record["files"].items()
    }
    overrides = Overrides()
    for name, value in record["overrides"].items():
        text = f"{name}={json.dumps(value)}"
        place = Span(SourceFile("--set", text, Path(record["folder"]) / "--set"), 0, len(text))
        overrides.add(Override(name, cast(Constant, value), place, "the run"))  # what JSON says is one
    for number, (name, file) in enumerate(record["small_files"].items()):
        if _small_text(Path(file["path"])) != file["text"]:
            copy = spare / f"{number}-{Path(file['path']).name}"
            copy.write_text(file["text"], encoding="utf-8")
            overrides.add(Override(name, str(copy), None, "the run"))
    overrides.items |= extra.items
    checked = check_files(texts, overrides, record["model"])
    if checked.spec is None:
        raise SpecError(checked.diagnostics)
    return checked.spec

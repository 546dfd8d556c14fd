"""`spec.get` of a run's folder: the spec's text with what was set from outside written into it.

It is proved: what stands in the folder is checked, and must be the run's spec. A value that has no place in
the text is not written into it; the text says then what to set.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path

from getdsl.compiler.check import check_files
from getdsl.compiler.constants.overrides import read_overrides
from getdsl.compiler.program import LIBRARY_PREFIX, SPECS, locate
from getdsl.compiler.spec import Checked, Spec
from getdsl.diagnostics import Diagnostics
from getdsl.diagnostics.listing import quoted
from getdsl.grammar import parse, syntax
from getdsl.grammar.reading import MAX_BYTES
from getdsl.runs.outcome.files import SPEC, USED
from getdsl.runs.resolved.edits import Edit, edited, literal_text
from getdsl.runs.resolved.overridden import edits_of
from getdsl.runs.resolved.paths import known_paths, path_edits
from getdsl.runs.run_folder.identity import identity, sha256_of
from getdsl.text.opener import read_text
from getdsl.text.source import SourceFile


def resolved_spec(checked: Checked, folder: Path) -> dict[str, str]:
    """The texts by their names in the run's folder: `spec.get`, and in `spec` the files that it uses."""
    spec = checked.spec
    assert spec is not None
    files = _files(checked, spec)
    names = _names(files)
    wanted = sha256_of(identity(spec))
    known = known_paths(spec)
    values = {path: _value(spec, path, value, known) for path, value in spec.overrides.items()}
    for written in (_with_place(files, spec, values), {}):
        texts = _texts(files, names, spec.model, known, written)
        left = {path: value for path, value in spec.overrides.items() if path not in written}
        if _is(texts, folder, left, spec.model, wanted):
            break
    texts[SPEC] = "".join(f"# {line}\n" for line in _head(spec, wanted, left)) + "\n" + texts[SPEC]
    return texts


def _head(spec: Spec, sha256: str, left: Mapping[str, object]) -> Iterator[str]:
    yield f"What was run: {spec.path or 'a text'}, model {spec.model}"
    yield f"sha256 {sha256}"
    for path, value in spec.overrides.items():
        if path not in left:
            yield f"set from outside: {path} = {literal_text(value)}"
    if left:
        settings = (shlex.quote(f"{path}={literal_text(value)}") for path, value in left.items())
        yield "The text has no place for some of what was set from outside; run it with"
        yield f"  {' '.join(f'--set {setting}' for setting in settings)}"


def _value(spec: Spec, path: str, value: object, known: set[str]) -> object:
    """What was set, as the text has to say it: a path is absolute there."""
    value = spec.params.get(path, value)
    absolute = os.path.abspath(value) if isinstance(value, str) and "\0" not in value else None
    return absolute if absolute in known else value


def _with_place(
    files: Mapping[Path, syntax.File], spec: Spec, values: Mapping[str, object]
) -> dict[str, object]:
    parsed = list(files.values())
    return {path: value for path, value in values.items() if edits_of(parsed, spec.model, path, value)}


# -- the files


def _files(checked: Checked, spec: Spec) -> dict[Path, syntax.File]:
    """The spec and all files that it uses, parsed, by their paths; the spec first."""
    main, *others = map(Path, checked.files or (str(spec.path),))
    texts = {main: spec.text} | {path: read_text(path, MAX_BYTES) for path in others}
    return {path: parse(SourceFile(str(path), text, path), Diagnostics()) for path, text in texts.items()}


def _names(files: Mapping[Path, syntax.File]) -> dict[Path, str]:
    """What each file is called in the run's folder; what ships with getdsl is not copied."""
    main, *others = files
    names = {main: SPEC}
    for path in others:
        if not path.is_relative_to(SPECS.resolve()):
            taken = f"{USED}/{path.name}" in names.values()
            names[path] = f"{USED}/{f'{len(names)}-' if taken else ''}{path.name}"
    return names


def _texts(
    files: Mapping[Path, syntax.File],
    names: Mapping[Path, str],
    model: str,
    known: set[str],
    values: Mapping[str, object],
) -> dict[str, str]:
    found = {}
    for path, name in names.items():
        file = files[path]
        edits = [*_use_edits(file, path, names), *path_edits(file, path.parent, known)]
        if name == SPEC:
            for place, value in values.items():
                edits += edits_of(list(files.values()), model, place, value)
        found[name] = edited(file.source.text, edits)
    return found


def _use_edits(file: syntax.File, path: Path, names: Mapping[Path, str]) -> Iterator[Edit]:
    """What makes a file's `use`s lead to the files in the run's folder, or to what ships with getdsl."""
    for item in file.items:
        if not isinstance(item, syntax.Use) or item.path.startswith(LIBRARY_PREFIX):
            continue
        used = locate(item.path, path).resolve()
        if used in names:
            name = names[used] if names[path] == SPEC else Path(names[used]).name
            yield Edit.of(item.span, quoted(name))
        elif used.is_relative_to(SPECS.resolve()):
            yield Edit.of(item.span, quoted(LIBRARY_PREFIX + used.relative_to(SPECS.resolve()).as_posix()))


def _is(texts: Mapping[str, str], folder: Path, left: Mapping[str, object], model: str, sha256: str) -> bool:
    """Whether the texts, in the folder and with what is left to set, are the spec of a hash."""
    places = {(folder / name).resolve(): text for name, text in texts.items()}
    overrides = read_overrides((), (), left, Diagnostics())
    found = check_files(places, overrides, model).spec
    return found is not None and sha256_of(identity(found)) == sha256

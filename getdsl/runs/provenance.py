"""What a run was made of: its spec, its data, its versions; enough to build it again from a checkpoint."""

from __future__ import annotations

import hashlib
import json
import os
import platform
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

import getdsl
from getdsl.compiler.check import check_files
from getdsl.compiler.constants.overrides import Override, Overrides
from getdsl.compiler.constants.paths import PACKAGE, PathText
from getdsl.compiler.graph.text import graph_text
from getdsl.compiler.program import LIBRARY_PREFIX, SPECS
from getdsl.compiler.spec import Checked, Spec
from getdsl.diagnostics import SpecError
from getdsl.formats.checkpoint_header import LoadRequest
from getdsl.text.source import SourceFile, Span
from getdsl.trust import trust_of
from getdsl.weights.hashing import sha256_of as sha256_of_files
from getdsl.weights.header import read_header
from getdsl.weights.locate import locate

Record = dict[str, Any]  # JSON
SMALL = 4_000_000  # bytes of a file that a checkpoint carries along


def spec_record(checked: Checked) -> Record:
    """The spec as JSON, with all files that it uses, and the folder that paths set from outside start in."""
    spec = checked.spec
    assert spec is not None
    main, *others = checked.files or (str(spec.path),)
    texts = {main: spec.text} | {path: Path(path).read_text(encoding="utf-8-sig") for path in others}
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


def _small_files(spec: Spec) -> dict[str, Record]:
    """The text files that params name, such as motifs, by what sets the param; data are not among them."""
    params = {
        f"{path}.{name}": value
        for path, module in spec.graph.walk_modules()
        for name, value in module.params.items()
    }
    found: dict[str, Record] = {}
    for name, value in {**spec.params, **params}.items():
        if isinstance(value, PathText) and not Path(value).is_relative_to(PACKAGE):
            text = _small_text(Path(value))
            if text is not None:
                found[name] = {"path": os.path.abspath(value), "text": text}
    return found


def _small_text(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8") if path.stat().st_size <= SMALL else None
    except (OSError, UnicodeDecodeError):
        return None


def restore_spec(record: Mapping[str, Any], extra: Overrides, spare: Path) -> Spec:
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
        overrides.add(Override(name, value, place, "the run"))
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


def identity(spec: Spec) -> dict[str, str]:
    """What makes two specs the same run, part by part; comments, layout and file names do not count."""
    parts = {
        "the model": graph_text(spec.graph),
        "the model's inputs": graph_text(spec.prepare),
        "loss": _graphs(spec.stages.losses),
        "metrics": _graphs(spec.stages.metrics)
        + str([term.metrics for term in spec.stages.metric_terms.values()]),
    }
    if spec.source is not None:
        parts["data.source"] = f"{spec.source.name}({_json(spec.source.params)})"
    for section, settings in spec.settings.items():
        values = settings.value if isinstance(settings.value, dict) else {"": settings.value}
        for name, value in values.items():
            if name != "source":
                parts[f"{section}.{name}".rstrip(".")] = _json(value)
    for number, load in enumerate(spec.loads):
        parts[f"load.{number}"] = f"{load.label} {_json(load.value)}"
    paths = sorted(_paths(spec), key=len, reverse=True)
    return {name: _absolute(text, paths) for name, text in parts.items()}


def _graphs(graphs: Mapping[frozenset[str], Any]) -> str:
    return "\n".join(f"{sorted(absent)} {graph_text(graph)}" for absent, graph in graphs.items())


def _json(value: Any) -> str:
    return json.dumps(value, sort_keys=True, default=str)


def _paths(spec: Spec) -> set[str]:
    """The paths among all params; they depend on the folder that a command runs in."""
    params = [module.params for _, module in spec.graph.walk_modules()]
    params += [spec.source.params] if spec.source is not None else []
    return {str(value) for each in params for value in each.values() if isinstance(value, PathText)}


def _absolute(text: str, paths: list[str]) -> str:
    for path in paths:
        if not path.startswith(LIBRARY_PREFIX):
            text = text.replace(f'"{path}"', f'"{_named(path)}"')
    return text


def _named(path: str) -> str:
    """An absolute path, or for what ships with getdsl the name that every installation knows it by."""
    shipped = PACKAGE / "data"
    absolute = Path(os.path.abspath(path))
    return (
        LIBRARY_PREFIX + str(absolute.relative_to(shipped))
        if absolute.is_relative_to(shipped)
        else str(absolute)
    )


def sha256_of(parts: Mapping[str, str]) -> str:
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True)
class Difference:
    """Where two runs differ, in words."""

    name: str
    then: str | None
    now: str | None

    def __str__(self) -> str:
        if self.then is not None and self.now is not None and max(len(self.then), len(self.now)) < 60:
            return f"`{self.name}` was {self.then} and is {self.now}"
        return (
            f"`{self.name}` differs"
            if self.then and self.now
            else f"`{self.name}` is {'new' if self.now else 'gone'}"
        )


def differences(then: Mapping[str, str], now: Mapping[str, str]) -> list[Difference]:
    names = [name for name in {**then, **now} if then.get(name) != now.get(name)]
    return [Difference(name, then.get(name), now.get(name)) for name in names]


def loaded_record(loaded: Iterable[Mapping[str, Any]]) -> list[Record]:
    """The files whose tensors a model holds; one that came without a sha256 is hashed."""
    return [{**file, "sha256": file["sha256"] or _sha256_at(file["location"])} for file in loaded]


def _sha256_at(location: str) -> str:
    request = LoadRequest(location)
    header = read_header(request, offline=True, verify=False, trust=trust_of(True))  # it was loaded
    index = locate(request, offline=True, progress=False)
    return sha256_of_files(header.paths if index in header.paths else (index, *header.paths))


def versions() -> dict[str, str]:
    import lightning
    import numpy

    return {
        "getdsl": getdsl.__version__,
        "torch": torch.__version__,
        "lightning": lightning.__version__,
        "numpy": numpy.__version__,
        "python": platform.python_version(),
    }

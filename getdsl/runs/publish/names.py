"""What the files of a run are called where it is published: names that say nothing of its machine."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from getdsl.compiler.program import LIBRARY_PREFIX
from getdsl.compiler.spec import Spec
from getdsl.runs.resolved.paths import known_paths
from getdsl.runs.run_folder.records import RunRecord


@dataclass(frozen=True)
class Names:
    """Names by absolute path, the longest path first."""

    of: Mapping[str, str]

    def text(self, text: str) -> str:
        for path, name in self.of.items():
            text = text.replace(path, name)
        return text

    def record(self, record: RunRecord) -> RunRecord:
        """The record with these names; what is set from outside starts where the model is used."""
        named = self._value(record)
        named["spec"]["folder"] = "."
        return cast(RunRecord, named)

    def _value(self, value: Any) -> Any:
        if isinstance(value, Mapping):
            return {self._value(key): self._value(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [self._value(item) for item in value]
        return self.text(value) if isinstance(value, str) else value


def names_for(spec: Spec, record: RunRecord) -> Names:
    """Names for all files that a run knows by where they lie.

    Files of the spec, and what lies below them, keep their places to each other; others go by their names.
    """
    specs = [path for path in record["spec"]["files"] if not path.startswith(LIBRARY_PREFIX)]
    root = Path(os.path.commonpath([os.path.dirname(path) for path in specs])) if specs else None
    paths = {*specs, *known_paths(spec), *_told(record)}
    known = sorted((path for path in paths if os.path.isabs(path) and Path(path).name), key=len, reverse=True)
    return Names({path: _name(Path(path), root) for path in known})


def _told(record: RunRecord) -> Iterable[str]:
    yield record["data"]["path"]
    yield from (file["path"] for file in record["spec"]["small_files"].values())
    yield from (file["location"] for file in record.get("loaded", ()))
    yield from (value for value in record["spec"]["overrides"].values() if isinstance(value, str))


def _name(path: Path, root: Path | None) -> str:
    inside = root is not None and root != Path(root.anchor) and path.is_relative_to(root)
    return str(path.relative_to(root)) if inside and root is not None else path.name

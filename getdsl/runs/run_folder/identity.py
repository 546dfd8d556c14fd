"""What makes two specs the same run, and where they differ."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from getdsl.compiler.constants.paths import PACKAGE, PathText
from getdsl.compiler.graph.graph import Graph
from getdsl.compiler.graph.text import graph_text
from getdsl.compiler.program import LIBRARY_PREFIX
from getdsl.compiler.spec import Spec
from getdsl.weights.hashing import sha256_of as sha256_of_files

HOW_IT_RUNS = (
    *("data.store", "data.num_workers", "train.devices", "train.num_nodes", "train.strategy"),
    "train.loggers",
)
"""Settings that change how fast a run is, or who is told of it, and not what it computes."""


def identity(spec: Spec) -> dict[str, str]:
    """What makes two specs the same run, part by part; comments, layout and file names do not count."""
    parts = {
        "the model": graph_text(spec.graph),
        "the model's inputs": graph_text(spec.prepare),
        "loss": _graphs(spec.stages.losses),
        "metrics": _graphs(spec.stages.metrics)
        + str([term.metrics for term in spec.stages.metric_terms.values()]),
    }
    for name, source in spec.data.sources.items() if spec.data is not None else ():
        parts[f"data.{name}"] = f"{source.name}({_json(source.params)})"
    for section, settings in spec.settings.items():
        values = spec.section(section) if isinstance(settings.value, dict) else {"": settings.value}
        for name, value in values.items():
            parts[f"{section}.{name}".rstrip(".")] = _json(value)
    for part in spec.training.parts:
        parts |= {f"optimizer.{part.name}.{name}": _json(value) for name, value in part.said().items()}
    for path in sorted(spec.graph.files()):
        parts[f"the file {Path(path).name}"] = sha256_of_files([Path(path)])
    for name in HOW_IT_RUNS:
        parts.pop(name, None)
    for number, load in enumerate(spec.loads):
        parts[f"load.{number}"] = f"{load.label} {_json(load.value)}"
    paths = sorted(_paths(spec), key=len, reverse=True)
    return {name: _absolute(text, paths) for name, text in parts.items()}


def _graphs(graphs: Mapping[frozenset[str], Graph]) -> str:
    return "\n".join(f"{sorted(absent)} {graph_text(graph)}" for absent, graph in graphs.items())


def _json(value: object) -> str:
    return json.dumps(value, sort_keys=True, default=str)


def _paths(spec: Spec) -> set[str]:
    """The paths among all params; they depend on the folder that a command runs in."""
    params = [module.params for _, module in spec.graph.walk_modules()]
    found = {str(value) for each in params for value in each.values() if isinstance(value, PathText)}
    found |= spec.graph.files()
    for source in spec.data.sources.values() if spec.data is not None else ():
        found.update(map(str, source.paths()))
    if spec.data is not None and spec.data.genome is not None:
        found.add(str(spec.data.genome))
    return found


def _absolute(text: str, paths: list[str]) -> str:
    for path in paths:
        text = text.replace(f'"{path}"', f'"{path_name(path)}"')
    return text


def path_name(path: str) -> str:
    """An absolute path, or for what ships with getdsl the name that every installation knows it by."""
    if path.startswith(LIBRARY_PREFIX):
        return path
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

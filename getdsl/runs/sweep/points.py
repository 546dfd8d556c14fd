"""The points of a sweep: each a spec with settings on top, and the folder of its run."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from getdsl.compiler.check import check
from getdsl.compiler.spec import Checked
from getdsl.diagnostics import SpecError
from getdsl.runs.run_folder.identity import identity, sha256_of
from getdsl.runs.sweep.grid import points, read_grid
from getdsl.runs.sweep.names import full_names, short_names

LONGEST = 100  # characters of a folder's name
SAFE = re.compile(r"[^A-Za-z0-9.=+\-]+")


@dataclass(frozen=True)
class Base:
    """The spec that is swept, and what is set in all points."""

    spec: Path
    settings: tuple[str, ...] = ()
    param_files: tuple[Path, ...] = ()
    model: str | None = None

    def check(self, more: Sequence[str] = ()) -> Checked:
        return check(
            self.spec, settings=[*self.settings, *more], param_files=self.param_files, model=self.model
        )


@dataclass(frozen=True)
class Point:
    """A run to be: `settings` are its own, as `--set` takes them, `sha256` is its spec's."""

    base: Base
    name: str
    settings: Mapping[str, str]
    folder: Path
    sha256: str

    def check(self) -> Checked:
        return self.base.check(_texts(self.settings))


def lay_out(base: Base, grid: Sequence[str], seeds: str | None, folder: Path) -> list[Point]:
    """All points, each of which checks. Raises UserError, and SpecError of the first that does not."""
    values = read_grid(grid, seeds)
    _need(base.check())
    names = full_names(values, base.check)
    full = {names[name]: found for name, found in values.items()}
    shown = short_names(full)
    return [_point(base, each, shown, folder) for each in points(full)]


def _point(base: Base, settings: Mapping[str, str], shown: Mapping[str, str], folder: Path) -> Point:
    spec = _need(base.check(_texts(settings))).spec
    assert spec is not None
    name = _name({shown[path]: settings[path] for path in shown})
    return Point(base, name, settings, folder / name, sha256_of(identity(spec)))


def _texts(settings: Mapping[str, str]) -> list[str]:
    return [f"{name}={value}" for name, value in settings.items()]


def _need(checked: Checked) -> Checked:
    if checked.spec is None:
        raise SpecError(checked.diagnostics)
    return checked


def _name(settings: Mapping[str, str]) -> str:
    """A folder's name, such as `lr=0.001,width=64`; where not all can stand in it, with a hash of it all."""
    whole = ",".join(_texts(settings))
    name = ",".join(SAFE.sub("_", text) for text in _texts(settings))
    if name == whole and len(name) <= LONGEST:
        return name
    return f"{name[:LONGEST]}-{hashlib.sha256(whole.encode()).hexdigest()[:8]}"

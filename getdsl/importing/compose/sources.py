"""Where the configs of defaults lists are: in folders, among the files that were given, or known by name."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from getdsl.diagnostics import suggestion_or_list
from getdsl.diagnostics.listing import first_of
from getdsl.importing.compose.defaults import Default
from getdsl.importing.compose.registered import REGISTERED, registered
from getdsl.importing.config import ConfigError, Table
from getdsl.importing.yaml_file import read_yaml

SECTIONS = ("model", "dataset", "machine", "training", "optimizer", "finetune", "run")
SUFFIXES = (".yaml", ".yml")


@dataclass(frozen=True)
class Source:
    """A config's content, what its header says of its package, and its name for people."""

    name: str
    table: Table
    header: str | None
    path: Path | None = None  # none where it is no file

    @property
    def leads(self) -> bool:
        """Whether it names others in a `defaults` list."""
        return "defaults" in self.table.entries


@dataclass
class Sources:
    """The configs below `root`, and `given`, those of the command line by the group that each stands for."""

    root: Path
    given: dict[str, Path] = field(default_factory=dict)
    _read: dict[Path, Source] = field(default_factory=dict)

    def load(self, entry: Default) -> Source | None:
        """The config that an entry names; none where it is not there."""
        for suffix in ("", *SUFFIXES):
            path = self.root / f"{entry.path}{suffix}"
            if path.suffix in SUFFIXES and _there(path, Path.is_file):
                self._read[path] = self._read.get(path) or read(path)
                return self._read[path]
        if entry.path in REGISTERED:
            return Source(f"GET's {entry.path}", registered(entry.path), None)
        given = self.given.get(entry.group) if entry.grouped else None
        return read_alone(given) if given is not None else None

    def is_group(self, name: str) -> bool:
        return _there(self.root / name, Path.is_dir) or name in self.given

    def missing(self, entry: Default) -> ConfigError:
        """What is said of an entry that names nothing, with what is in the folder that it names."""
        folder = self.root / entry.group
        problem = f"the defaults name `{entry.path}`, and there is no such file"
        if not _there(folder, Path.is_dir):
            help = f"give its folder `{folder}`, or name its file beside this one on the command line"
            return ConfigError(entry.place, problem, help)
        known = [path.stem for path in configs(folder)]
        prefix = entry.written.rpartition("/")[0] if not entry.grouped else ""
        shown = [f"{prefix}/{name}".removeprefix("/") for name in known]
        if not entry.group:
            shown += REGISTERED
        name = entry.written.removeprefix("/") if not entry.grouped else str(entry.name)
        return ConfigError(entry.place, problem, suggestion_or_list(name, shown, f"configs in {folder}"))


def _there(path: Path, kind: Callable[[Path], bool]) -> bool:
    """Whether a file or folder is there; what no system could name is not."""
    try:
        return kind(path)
    except (OSError, ValueError):
        return False


def read(path: Path) -> Source:
    """A file of a group, which may be empty. Raises ConfigError where it cannot be read."""
    table, header = read_yaml(path, empty=True)
    return Source(str(path), table, _absolute(header), path)


def read_alone(path: Path) -> Source:
    """A file that was given by itself: without a header, its content says where it belongs."""
    table, header = read_yaml(path)
    return Source(str(path), table, _absolute(header) or _guess(table, path), path)


def _absolute(header: str | None) -> str | None:
    """A header's package, which counts from the top; `_group_` says what holds anyway."""
    if header in (None, "_group_") or str(header).startswith("_global_"):
        return None if header == "_group_" else header
    return f"_global_.{header}"


def group_of(source: Source) -> str:
    """The group that a file which was given by itself may stand for."""
    assert source.path is not None
    package = source.header or ""
    if package in ("_global_", "_group_"):
        known = [name for name in source.table.entries if name in SECTIONS]
        return known[0] if len(known) == 1 else source.path.parent.name
    return package.removeprefix("_global_.")


def _guess(table: Table, path: Path) -> str:
    if set(table.entries) & {*SECTIONS, "loss", "metrics"}:
        return "_global_"
    if "_target_" in table.entries:
        return "_global_.model"
    named = next((name for name in (path.stem, path.parent.name) if name in SECTIONS), None)
    return f"_global_.{named}" if named else "_global_"


def primary(path: Path) -> Path:
    """The file itself, or the primary one of a folder: `config.yaml`, or its only one."""
    if not path.is_dir():
        return path
    found = configs(path)
    named = [item for item in found if item.stem == "config"]
    if named or len(found) == 1:
        return (named or found)[0]
    names = first_of([item.name for item in found])
    if not found:
        raise ConfigError(str(path), "this folder holds no YAML file", "give the primary config's file")
    raise ConfigError(str(path), "which of this folder's files is the primary one?", f"give one of {names}")


def configs(folder: Path) -> list[Path]:
    return sorted(_files(folder))


def _files(folder: Path) -> Iterator[Path]:
    return (item for item in folder.iterdir() if item.suffix in SUFFIXES and item.is_file())

"""Composing as Hydra does, without Hydra: `defaults` lists, packages, and overrides, all of it data.

Hydra itself is left out on purpose: it loads plug-ins and runs resolvers, and its values no longer know
the line that they came from. The tests hold this against Hydra's own composition.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from getdsl.diagnostics import suggestion_or_list
from getdsl.importing.config import ConfigError, Node, Place, Table, find, merge, steps_of
from getdsl.importing.defaults import Default, entries_of
from getdsl.importing.overrides import Override
from getdsl.importing.yaml_file import read_yaml

SECTIONS = ("model", "dataset", "machine", "training", "optimizer", "finetune", "run")
SUFFIXES = (".yaml", ".yml")


@dataclass
class Composer:
    """The config of several files, each with the defaults that it names."""

    choices: dict[str, Override] = field(default_factory=dict)  # of groups, from the command line
    files: list[str] = field(default_factory=list)  # that were read, in order
    skipped: list[tuple[Place, str]] = field(default_factory=list)  # entries of defaults that are Hydra's own
    given: dict[str, Path] = field(default_factory=dict)  # files of the command line, by group
    chosen: dict[str, str] = field(default_factory=dict)  # by `override` entries and the command line
    used: set[str] = field(default_factory=set)
    root: Path = Path()
    chain: tuple[Path, ...] = ()

    def compose(self, paths: Sequence[Path]) -> Table:
        """One tree of the files, later ones over earlier ones."""
        result = Table({}, Place(str(paths[0])))
        mains = list(dict.fromkeys(primary(path) for path in paths))
        read = {main: read_yaml(main) for main in mains}
        leading = [main for main in mains if "defaults" in read[main][0].entries]
        for main in mains:
            if main not in leading:
                self.given.setdefault(self.group_of(main), main)
        composed: dict[Path, Table] = {}
        for main in [*leading, *(main for main in mains if main not in leading)]:
            if str(main) in self.files:
                continue  # another file's defaults brought it in
            table, package = read[main]
            if package is None and main not in leading:
                package = _guess(table, main)
            self.root = main.parent
            composed[main] = Table({}, Place(str(main)))
            self.add(composed[main], main, table, package or "_global_", "")
        for main in mains:
            merge(result, composed.get(main, Table({}, result.place)))
        self.choices = {group: item for group, item in self.choices.items() if group in self.used}
        return result

    def choose(self, overrides: Iterable[Override]) -> None:
        """Notes what may choose an option of a group: `model=NAME`. What names no group is a value."""
        for item in overrides:
            if not item.adds and not item.removes and "." not in item.path:
                self.choices[item.path] = item

    def group_of(self, path: Path) -> str:
        table, package = read_yaml(path)
        if package is None:
            package = _guess(table, path)
        if package in ("_global_", "_group_"):
            known = [name for name in table.entries if name in SECTIONS]
            package = known[0] if len(known) == 1 else path.parent.name
        return package

    def add(self, result: Table, path: Path, table: Table, package: str, group: str) -> None:
        """Merges a file and its defaults into the result."""
        resolved = path.resolve()
        if resolved in self.chain:
            names = " -> ".join(step.name for step in (*self.chain, resolved))
            raise ConfigError(str(path), f"defaults name each other in a circle: {names}")
        outer, self.chain = self.chain, (*self.chain, resolved)
        self.files.append(str(path))
        defaults = table.entries.pop("defaults", None)
        entries = list(self.entries(defaults, group))
        if not any(entry.name == "_self_" for entry in entries):
            entries.append(Default("_self_", "", None, False, table.place))  # Hydra 1.1 and later
        for entry in entries:
            if entry.name == "_self_":
                merge(result, _under(table, package))
            else:
                self.add_default(result, path, entry, package)
        self.chain = outer

    def entries(self, defaults: Node | None, group: str) -> Iterator[Default]:
        """A defaults list, without what it overrides elsewhere, which is noted for those entries."""
        found = entries_of(defaults, group)
        for entry in found:
            if entry.overrides and entry.option is not None:
                self.chosen.setdefault(entry.group, entry.option)
        for entry in found:
            if entry.group.split("/")[0] == "hydra":
                self.skipped.append((entry.place, f"{entry.group}: {entry.option}"))
            elif not entry.overrides:
                yield entry

    def add_default(self, result: Table, parent: Path, entry: Default, package: str) -> None:
        option = entry.option
        if entry.group:
            self.used.add(entry.group)
            option = self.chosen.get(entry.group, option)
            if entry.group in self.choices:
                option = self.choices[entry.group].text
        if option in (None, "null"):
            return
        if option == "???":
            raise ConfigError(
                entry.place, f"no `{entry.group}` is chosen", f"choose one: `{entry.group}=NAME`"
            )
        path = self.locate(entry, str(option))
        if path is None:
            if entry.optional:
                return
            raise self.missing(entry, str(option))
        table, header = read_yaml(path)
        group = entry.group if entry.group else _parent(entry.name)
        own = entry.package or header or "_group_"
        if entry.group in self.given and path == self.given[entry.group] and header is None:
            own = entry.package or _guess(table, path)
        self.add(result, path, table, _package(own, group, package), group)

    def locate(self, entry: Default, option: str) -> Path | None:
        stem = self.root / entry.group / option if entry.group else self.root / entry.name
        for suffix in ("", *SUFFIXES):
            path = stem.with_name(stem.name + suffix)
            if path.is_file() and path.suffix in SUFFIXES:
                return path
        return self.given.get(entry.group)

    def missing(self, entry: Default, option: str) -> ConfigError:
        folder = self.root / entry.group
        shown = f"{entry.group}/{option}" if entry.group else entry.name
        known = [path.stem for path in _configs(folder)]
        if not folder.is_dir():
            help = f"give its folder `{folder}`, or name its file beside this one on the command line"
        else:
            help = suggestion_or_list(option, known, f"configs in {folder}")
        return ConfigError(entry.place, f"the defaults name `{shown}`, and there is no such file", help)


def _parent(name: str) -> str:
    return name.rpartition("/")[0]


def _package(own: str, group: str, outer: str) -> str:
    """Where a config's content goes: `_global_`, `_group_` (its folders), `_here_`, or a path of its own."""
    if own.startswith("_global_"):
        return own.removeprefix("_global_").lstrip(".") or "_global_"
    steps = [] if outer == "_global_" else steps_of(outer)
    if own == "_here_":
        return outer
    own = own.replace("_group_", group.replace("/", "."))
    if group and steps and own.startswith(f"{'.'.join(steps)}."):
        return own
    return own.strip(".") or "_global_"


def _under(table: Table, package: str) -> Table:
    if package == "_global_":
        return table
    for step in reversed(steps_of(package)):
        outer = Table({}, table.place)
        outer.put(step, table)
        table = outer
    return table


def _guess(table: Table, path: Path) -> str:
    """Where a file without header belongs when it is given by itself."""
    if set(table.entries) & {*SECTIONS, "model", "loss", "metrics"}:
        return "_global_"
    if "_target_" in table.entries:
        return "model"
    return next((name for name in (path.stem, path.parent.name) if name in SECTIONS), "_global_")


def primary(path: Path) -> Path:
    """The file itself, or the primary one of a folder: `config.yaml`, or its only one."""
    if not path.is_dir():
        return path
    found = _configs(path)
    named = [item for item in found if item.stem == "config"]
    if named or len(found) == 1:
        return (named or found)[0]
    names = ", ".join(f"`{item.name}`" for item in found[:8])
    if not found:
        raise ConfigError(str(path), "this folder holds no YAML file", "give the primary config's file")
    raise ConfigError(str(path), "which of this folder's files is the primary one?", f"give one of {names}")


def _configs(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    return sorted(item for item in folder.iterdir() if item.suffix in SUFFIXES and item.is_file())


def put_value(root: Table, override: Override) -> None:
    """Sets, adds (`+`) or takes away (`~`) one value of the composed config."""
    steps = steps_of(override.path)
    parent = find(root, ".".join(steps[:-1])) if len(steps) > 1 else root
    known = [*parent.entries] if isinstance(parent, Table) else []
    present = steps[-1] in known
    if not override.adds and not present:
        raise ConfigError(
            override.place,
            f"the config has no `{override.path}` to {'take away' if override.removes else 'set'}",
            suggestion_or_list(steps[-1], known, "what is there") + f"; `+{override.path}=…` adds it",
        )
    target = root
    for step in steps[:-1]:
        below = target.entries.get(step)
        if not isinstance(below, Table):
            below = Table({}, override.place)
            target.put(step, below)
        target = below
    if override.removes:
        del target.entries[steps[-1]]
    elif override.node is not None:
        target.put(steps[-1], override.node, override.place)

"""What became of every setting of a config, so that none is dropped in silence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any, Literal

from getdsl.diagnostics import suggestion
from getdsl.importing.config import (
    ConfigError,
    Leaf,
    Node,
    Place,
    Table,
    Unresolved,
    find,
    inside,
    leaves,
    plain,
    steps_of,
)

Fate = Literal["written", "default", "none", "unknown"]


@dataclass(frozen=True)
class Entry:
    """A setting and its fate.

    `written`: it stands in the spec; `default`: what the spec would do without it; `none`: it has no
    counterpart; `unknown`: nothing of its name is known. `note` says what differs or why.
    """

    path: str
    value: Any
    place: Place
    fate: Fate
    becomes: str | None = None
    note: str | None = None
    section: str = ""


@dataclass
class Ledger:
    """The settings of a config, each ticked off once."""

    root: Table
    entries: dict[str, Entry] = field(default_factory=dict)
    known: set[str] = field(default_factory=set)  # paths that were asked for
    sections: Mapping[str, str] = field(default_factory=dict)  # of the spec, by the config's

    def table(self, path: str) -> Table:
        """The table at a path, an empty one where there is none."""
        found = find(self.root, path)
        return found if isinstance(found, Table) else Table({}, self.root.place)

    def take(self, path: str) -> Any:
        """The value at a path; None where it is absent, null, or known to a run of Hydra only.

        Raises ConfigError where it refers to nothing.
        """
        self.known.add(path)
        found = find(self.root, path)
        return known(plain(found)) if found is not None else None

    def glance(self, path: str) -> Any:
        """Like `take`, for what a comment says: None where it refers to nothing."""
        self.known.add(path)
        found = find(self.root, path)
        value = plain(found) if found is not None else None
        return None if _unresolved(value) is not None else value

    def has(self, path: str) -> bool:
        return find(self.root, path) is not None

    def node(self, path: str) -> Node | None:
        self.known.add(path)
        return find(self.root, path)

    def place(self, path: str) -> Place:
        found = find(self.root, path)
        return found.place if found is not None else self.root.place

    def mark(
        self, path: str, fate: Fate, becomes: str | None = None, note: str | None = None, section: str = ""
    ) -> None:
        """Ticks off the settings at and under a path that are not ticked off yet."""
        node = find(self.root, path)
        if node is None:
            return
        for name, leaf in leaves(node, path):
            if name in self.entries:
                continue
            value, home = plain(leaf), section or self.sections.get(steps_of(name)[0], "")
            unresolved = _unresolved(value)
            if unresolved is not None:
                self.entries[name] = Entry(name, value, leaf.place, "none", None, unresolved.why, home)
            else:
                self.entries[name] = Entry(name, value, leaf.place, fate, becomes, note, home)

    def written(self, path: str, becomes: str, note: str | None = None, section: str = "") -> None:
        self.mark(path, "written", becomes, note, section)

    def default(self, path: str, becomes: str | None = None, note: str | None = None) -> None:
        self.mark(path, "default", becomes, note)

    def none(self, path: str, note: str, section: str = "") -> None:
        self.mark(path, "none", None, note, section)

    def finish(self, reasons: Mapping[str, str]) -> None:
        """Ticks off what is left: by a reason for its name, or as unknown."""
        for name, leaf in leaves(self.root):
            if name in self.entries:
                continue
            why = _reason(name, reasons)
            if why is not None or _unresolved(plain(leaf)) is not None:
                self.none(name, why or "")
            else:
                self.mark(name, "unknown", None, self._nearest(name))

    def _nearest(self, name: str) -> str:
        *outer, last = steps_of(name)
        siblings = {
            steps_of(path)[-1] for path in self.known if steps_of(path)[:-1] == outer and not self.has(path)
        }
        near = one_key(last) or suggestion(last, siblings)
        return "no setting of this name is known" + (f"; {near}" if near else "")

    def ordered(self) -> list[Entry]:
        """By the order of the config."""
        return [self.entries[name] for name, _ in leaves(self.root) if name in self.entries]


def known(value: Any) -> Any:
    """A value, or None where only a run of Hydra knows it. Raises ConfigError where it refers to nothing."""
    unresolved = _unresolved(value)
    if unresolved is not None and unresolved.mistake is not None:
        raise unresolved.mistake
    return None if unresolved is not None else value


def one_key(name: str) -> str | None:
    """What is said of a key that looks like several, which YAML and Hydra take for one."""
    if ":" in name:
        return f"it is one key: a space after the colon, `{name.replace(':', ': ', 1)}`, ends a name"
    return "it is one key with a dot in its name: put what it says into tables" if "." in name else None


def _unresolved(value: Any) -> Unresolved | None:
    """Of a value that is not known, what says why."""
    if isinstance(value, Unresolved):
        return value
    within = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return next((found for found in map(_unresolved, within) if found is not None), None)


def _reason(name: str, reasons: Mapping[str, str]) -> str | None:
    """The reason for a path, for what it stands in, or for its last name anywhere."""
    steps = steps_of(name)
    outer = [*accumulate(steps, inside, initial="")][:0:-1]
    return next((reasons[path] for path in outer if path in reasons), reasons.get(f"*.{steps[-1]}"))


def needed(node: Node | None, path: str) -> Any:
    """The value of a setting that the model needs. Raises ConfigError where only a run knows it."""
    if isinstance(node, Leaf) and isinstance(node.value, Unresolved):
        raise node.value.mistake or ConfigError(
            node.place, f"`{path}` is `{node.value.text}`: {node.value.why}", f"give it a value: `{path}=…`"
        )
    return plain(node) if node is not None else None

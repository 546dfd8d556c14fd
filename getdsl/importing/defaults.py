"""The entries of a `defaults` list."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from getdsl.importing.config import ConfigError, Items, Leaf, Node, Place, Table

ENTRY = re.compile(
    r"(?P<override>override\s+)?(?P<optional>optional\s+)?(?P<group>[^@\s]+)(@(?P<package>[\w.]+))?"
)


@dataclass(frozen=True)
class Default:
    """An entry of a defaults list: a config by name, or a group and its option."""

    name: str
    group: str
    option: str | None
    optional: bool
    place: Place
    package: str | None = None
    overrides: bool = False


def entries_of(defaults: Node | None, group: str) -> list[Default]:
    """The entries of a list that stands in a config of a group. Raises ConfigError for what is none."""
    if defaults is None:
        return []
    if not isinstance(defaults, Items):
        raise ConfigError(defaults.place, "`defaults` is a list", "write `- model: NAME` lines under it")
    return [entry for item in defaults.items for entry in _entries(item, group)]


def _entries(item: Node, group: str) -> Iterator[Default]:
    if isinstance(item, Leaf) and isinstance(item.value, str):
        name, _, package = item.value.partition("@")
        inside = name if name == "_self_" or name.startswith("/") or not group else f"{group}/{name}"
        yield Default(inside.removeprefix("/"), "", "", False, item.place, package or None)
        return
    if not isinstance(item, Table) or len(item.entries) != 1:
        raise ConfigError(
            item.place, "an entry of `defaults` is a name or `group: name`", "for example `- model: NAME`"
        )
    [(key, value)] = item.entries.items()
    match = ENTRY.fullmatch(key.strip())
    if match is None:
        raise ConfigError(item.place, f"`{key}` names no group of configs")
    named = match["group"]
    below = named.removeprefix("/") if named.startswith("/") or not group else f"{group}/{named}"
    for option in _options(value):
        yield Default(
            "",
            below,
            option,
            match["optional"] is not None,
            item.place,
            match["package"],
            match["override"] is not None,
        )


def _options(value: Node) -> Iterable[str | None]:
    if isinstance(value, Items):
        return [str(item.value) for item in value.items if isinstance(item, Leaf)]
    if isinstance(value, Leaf):
        return [None if value.value is None else str(value.value)]
    raise ConfigError(value.place, "an option of `defaults` is a name", "for example `- model: NAME`")

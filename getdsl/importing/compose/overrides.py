"""What the command line sets beside the files: `key=value`, `+key=value`, `~key`, `group=option`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from getdsl.importing.compose.grammar import read_value
from getdsl.importing.compose.tokens import KEY
from getdsl.importing.config import ConfigError, Items, Leaf, Node, Place, Table

LIKE = re.compile(r"\+|~[A-Za-z_$]|[^=/]*=|[\w/]+@[^=/]*=")


@dataclass(frozen=True)
class Override:
    """`adds` by `+`, `forces` by `++`, `removes` by `~`; `node` is the value, where one is said."""

    text: str
    path: str
    package: str | None
    node: Node | None
    adds: bool
    forces: bool
    removes: bool
    place: Place

    @property
    def key(self) -> str:
        """The group that it chooses an option of, with its package where one is said."""
        return self.path if self.package is None else f"{self.path}@{self.package}"

    @property
    def of_hydra(self) -> bool:
        """Whether it says how Hydra itself works."""
        return re.split(r"[./]", self.path)[0] == "hydra"


def is_override(word: str) -> bool:
    """Whether a word of the command line looks like what sets a value, and not like a file."""
    return LIKE.match(word) is not None or "=" in word


def read_override(word: str) -> Override:
    """Raises ConfigError where the word is no override or its value is none."""
    place = Place(f"`{word}`")
    match = KEY.match(word)
    if match is None or (not match["value"] and match["sign"] != "~"):
        raise ConfigError(place, "cannot be read", _form(word))
    node = None
    if match["value"]:
        text = word[match.end() :].lstrip(" \t")
        node = node_of(read_value(text, place) if text else "", place)
    sign = match["sign"] or ""
    package = match["package"] or "" if match["at"] else None
    return Override(
        word, match["key"], package, node, sign == "+", sign == "++", removes=sign == "~", place=place
    )


def _form(word: str) -> str:
    if re.match(r"[^=]*\[\d+\]", word):
        return "an item of a list is set by its number after a dot: `key.0=value`"
    return "write `key=value`, without spaces around the `=`"


def node_of(value: Any, place: Place) -> Node:
    """A value as a tree, all of it at one place."""
    if isinstance(value, dict):
        return Table({str(name): node_of(item, place) for name, item in value.items()}, place)
    if isinstance(value, list):
        return Items([node_of(item, place) for item in value], place)
    return Leaf(value, place)

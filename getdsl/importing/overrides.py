"""What the command line sets beside the files: `key=value`, `+key=value`, `~key`, `group=option`."""

from __future__ import annotations

import re
from dataclasses import dataclass

from getdsl.importing.config import ConfigError, Node, Place
from getdsl.importing.yaml_file import parse_yaml

FORM = re.compile(
    r"(?P<sign>\+\+?|~)?(?P<path>[A-Za-z_][\w./@-]*(?:\[\d+\])?[\w.]*)(?:=(?P<value>.*))?", re.DOTALL
)


@dataclass(frozen=True)
class Override:
    path: str
    text: str
    node: Node | None
    adds: bool
    removes: bool
    place: Place


def is_override(word: str) -> bool:
    """Whether a word of the command line sets a value, and is no file."""
    match = FORM.fullmatch(word)
    return match is not None and (match["value"] is not None or match["sign"] == "~")


def read_override(word: str) -> Override:
    """Raises ConfigError where the word is no override or its value is no YAML."""
    place = Place(f"`{word}`")
    match = FORM.fullmatch(word)
    if match is None or (match["value"] is None and match["sign"] != "~"):
        raise ConfigError(place, "cannot be read", "write `key=value`")
    text = match["value"] if match["value"] is not None else ""
    node = parse_yaml(text, str(place)) if text.strip() else None
    if match["value"] is not None and node is None:
        node = parse_yaml('""', str(place))
    sign = match["sign"] or ""
    if node is not None:
        _put_place(node, place)
    return Override(match["path"], text.strip(), node, sign.startswith("+"), sign == "~", place)


def _put_place(node: Node, place: Place) -> None:
    node.place = place

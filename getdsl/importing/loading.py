"""One checkpoint of a config as a `load`."""

from __future__ import annotations

from typing import Any

from getdsl.importing.config import ConfigError, Place, Table, plain
from getdsl.importing.ledger import known
from getdsl.importing.literals import literal, quoted

NAMES = ("checkpoint", "model_key", "strict", "patterns_to_drop", "rename_config")


def load_of(table: Table) -> list[str]:
    """The lines of a `load`, from a table of GET's names. Raises ConfigError for a value that is none."""
    values = {name: known(plain(item)) for name, item in table.entries.items() if name in NAMES}
    location = values.get("checkpoint")
    if not isinstance(location, str) or not location:
        raise ConfigError(table.place, "`checkpoint` is a path or URL", "give the checkpoint's file")
    places = {name: item.place for name, item in table.entries.items()}
    lines = [
        *_key(values.get("model_key")),
        *_strict(values.get("strict"), places.get("strict", table.place)),
        *_drop(texts(values.get("patterns_to_drop"), table, "patterns_to_drop")),
        *_replace(values.get("rename_config"), places.get("rename_config", table.place)),
    ]
    return [f"load {quoted(location)} {{", *lines, "}"] if lines else [f"load {quoted(location)} {{}}"]


def _key(key: Any) -> list[str]:
    if key is None:
        return []
    options = [item.strip() for item in str(key).split("|") if item.strip()]
    return ["    key    = " + " | ".join(map(quoted, options))]


def _strict(strict: Any, place: Place) -> list[str]:
    if strict is not None and not isinstance(strict, bool):
        raise ConfigError(place, "`strict` is true or false")
    return ["    strict = false"] if strict is False else []


def _drop(patterns: list[str]) -> list[str]:
    return ["    drop   = [" + ", ".join(quoted(f"*{item}*") for item in patterns) + "]"] if patterns else []


def _replace(rules: Any, place: Place) -> list[str]:
    if rules in (None, {}):
        return []
    if not isinstance(rules, dict):
        raise ConfigError(place, "`rename_config` maps texts to texts")
    width = max(len(quoted(str(old))) for old in rules)
    rows = [
        f"        {quoted(str(old)):<{width}} -> {quoted('' if new is None else str(new))}"
        for old, new in rules.items()
    ]
    return ["    replace {", *rows, "    }"]


def texts(value: Any, node: Any, path: str) -> list[str]:
    """The texts of a setting that lists some, or is one. Raises ConfigError for anything else."""
    if value is None:
        return []
    items = value if isinstance(value, list) else [value]
    wrong = [item for item in items if not isinstance(item, str) or not item]
    if wrong:
        place = node.place if node is not None else path
        raise ConfigError(place, f"`{path}` lists texts, and {literal(wrong[0])} is none")
    return [str(item) for item in items]

"""Values set from outside: `--set path=value`, `--params run.yaml`, and the API's `params`."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import cast

from getdsl.compiler.constants.constant import Constant
from getdsl.compiler.constants.evaluate import literal
from getdsl.diagnostics import Diagnostics
from getdsl.diagnostics.mistakes import files as wrong_files
from getdsl.diagnostics.mistakes import names
from getdsl.grammar import parse, parse_expression, syntax
from getdsl.text.opener import MEBIBYTE, read_text
from getdsl.text.source import SourceFile, Span

MOST = 16 * MEBIBYTE  # of a file of params
MAX_VALUES = 100_000
MAX_DEPTH = 50  # levels of tables and lists
INDEX = re.compile(r"\[(\d+)\]")  # `load[0].key` and `load.0.key` are one path


@dataclass(frozen=True)
class Override:
    path: str
    value: Constant
    span: Span | None
    origin: str  # how provenance names it: `--set`, `run.yaml`, `params`


@dataclass
class Overrides:
    """The values by path (`embed_dim`, `encoder.num_heads`, `train.epochs`); later ones win."""

    items: dict[str, Override] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)
    known: set[str] = field(default_factory=set)  # every path that could have been set

    def add(self, override: Override) -> None:
        path = INDEX.sub(r".\1", override.path)
        self.items[path] = replace(override, path=path)

    def take(self, path: str) -> Override | None:
        """The override of a path, which counts as used from now on."""
        self.known.add(path)
        found = self.items.get(path)
        if found is not None:
            self.used.add(path)
        return found

    def statement(self, name: str, diagnostics: Diagnostics) -> syntax.Setting | None:
        """`--set 'freeze=[encoder.blocks[0..6]]'` as the statement that it stands for in a file."""
        override = self.take(name)
        if override is None:
            return None
        value = override.value if isinstance(override.value, str) else json.dumps(override.value)
        file = parse(SourceFile(override.origin, f"{name} = {value}"), diagnostics)
        items = [item for item in file.items if isinstance(item, syntax.Setting)]
        return items[0] if items else None

    def under(self, prefix: str) -> dict[str, Override]:
        """Overrides below a path, by the rest of theirs."""
        return {
            path.removeprefix(prefix): item for path, item in self.items.items() if path.startswith(prefix)
        }

    def report_unused(self, diagnostics: Diagnostics) -> None:
        for path, item in self.items.items():
            if path not in self.used:
                known = map(_shown, self.known)
                diagnostics.add(names.nothing_to_set(_shown(path), item.span, item.origin, known))


def _shown(path: str) -> str:
    """A path as the language writes it: a `load` by its number in brackets."""
    return re.sub(r"^load\.(\d+)", r"load[\1]", path)


def read_overrides(
    settings: Iterable[str],
    files: Iterable[Path],
    params: Mapping[str, object] | None,
    diagnostics: Diagnostics,
) -> Overrides:
    """Overrides from `--params` files, then the API's `params`, then `--set`."""
    overrides = Overrides()
    for path in files:
        _read_file(path, overrides, diagnostics)
    _add_all(params or {}, "params", overrides, diagnostics)
    for setting in settings:
        _read_setting(setting, overrides, diagnostics)
    return overrides


def _flat(values: Mapping[str, object], prefix: str = "") -> Iterable[tuple[str, Constant]]:
    for name, value in values.items():
        path = f"{prefix}{name}"
        if isinstance(value, Mapping):
            yield from _flat(value, f"{path}.")
        elif path == "load" and isinstance(value, list) and all(isinstance(item, Mapping) for item in value):
            for number, item in enumerate(value):
                yield from _flat(item, f"{path}.{number}.")
        else:
            yield path, cast(Constant, value)  # a value of another kind is refused where it is read


def _read_file(path: Path, overrides: Overrides, diagnostics: Diagnostics) -> None:
    import yaml

    try:
        values = yaml.safe_load(read_text(path, MOST))
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is not text"
        diagnostics.add(wrong_files.unreadable_params(path, str(why).lower()))
        return
    except yaml.YAMLError as error:
        place = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", error)
        diagnostics.add(wrong_files.no_yaml(path, problem, place.line + 1 if place else None))
        return
    except RecursionError:
        diagnostics.add(wrong_files.nested_too_deeply(path, MAX_DEPTH))
        return
    if values is not None and not isinstance(values, Mapping):
        diagnostics.add(wrong_files.no_names_and_values(path))
    elif values is not None:
        _add_all(values, str(path), overrides, diagnostics)


def _add_all(
    values: Mapping[str, object], origin: str, overrides: Overrides, diagnostics: Diagnostics
) -> None:
    """Adds values by their paths, if there are no more of them than people write."""
    depth = _depth(values, MAX_VALUES)
    if depth is None:
        diagnostics.add(wrong_files.too_many_values(origin, MAX_VALUES))
    elif depth > MAX_DEPTH:
        diagnostics.add(wrong_files.nested_too_deeply(origin, MAX_DEPTH))
    else:
        for name, value in _flat(values):
            overrides.add(Override(name, value, None, origin))


def _depth(values: object, most: int) -> int | None:
    """How deeply values are nested, up to one level too many; None where there are more than `most`.

    An alias counts for all that it stands for, and may hold itself.
    """
    level, depth = [values], 0
    count = 0
    while level and depth <= MAX_DEPTH:
        count += len(level)
        if count > most:
            return None
        lists = [item for item in level if isinstance(item, list | tuple)]
        tables = [item for item in level if isinstance(item, Mapping)]
        depth += bool(lists or tables)
        level = [each for item in lists for each in item] + [
            each for item in tables for each in item.values()
        ]
    return depth


def _read_setting(text: str, overrides: Overrides, diagnostics: Diagnostics) -> None:
    name, equals, right = text.partition("=")
    name = name.strip()
    place = Span(SourceFile("--set", text), 0, len(text))
    if not equals or not re.fullmatch(r"[A-Za-z_][\w.]*(\[\d+\][\w.]*)*", name):
        diagnostics.add(wrong_files.unreadable_setting(text, place))
        return
    overrides.add(Override(name, _value(right.strip()), place, "--set"))


def _value(text: str) -> Constant:
    """A literal of the language; anything else is a string as it stands."""
    quiet = Diagnostics()
    expr = parse_expression(SourceFile("--set", text), quiet) if text else None
    if expr is None or quiet.errors:
        return text
    try:
        return literal(expr)
    except ValueError:
        return text

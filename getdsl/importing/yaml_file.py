"""One YAML file as a tree with places. Tags, repeated keys and bombs of aliases are refused."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

from getdsl.importing.config import ConfigError, Items, Leaf, Node, Place, Table
from getdsl.text.opener import TooLargeError, read_bytes

MAX_BYTES = 5_000_000
MAX_VALUES = 100_000  # with aliases written out
MAX_DEPTH = 50
HEADER = re.compile(r"^#\s*@package\s+(\S+)\s*$")


class _Loader(yaml.SafeLoader):
    """YAML as OmegaConf reads it: `1e-4` is a number, and dates stay text."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in found if not tag.endswith((":timestamp", ":float"))]
    for first, found in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(
        r"""^(?:[-+]?(?:[0-9][0-9_]*)\.[0-9_]*(?:[eE][-+]?[0-9]+)?
        |[-+]?(?:[0-9][0-9_]*)(?:[eE][-+]?[0-9]+)
        |\.[0-9_]+(?:[eE][-+][0-9]+)?
        |[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$""",
        re.VERBOSE,
    ),
    list("-+0123456789."),
)


def read_yaml(path: Path) -> tuple[Table, str | None]:
    """The file's table, and the package that its header names (`# @package model`), if any."""
    text = _text(path)
    package = next((match[1] for line in text.splitlines()[:10] if (match := HEADER.match(line))), None)
    node = parse_yaml(text, str(path))
    if not isinstance(node, Table):
        what = "a list" if isinstance(node, Items) else "a single value"
        raise ConfigError(
            node.place, f"a config holds names and values, and this is {what}", "write `name: value` lines"
        )
    return node, package


def parse_yaml(text: str, name: str) -> Node:
    """The tree of a YAML text; `name` says in messages where it comes from. Raises ConfigError."""
    try:
        loader = _Loader(text)
        try:
            root = loader.get_single_node()
            return _Reader(loader, name).node(root, 0) if root else Table({}, Place(name))
        finally:
            loader.dispose()
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 0
        problem = error.problem or error.context or "it does not parse"
        raise ConfigError(Place(name, line), f"this is not YAML: {problem}", _yaml_help(problem)) from None
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise ConfigError(Place(name, line), "this is not YAML: it holds a control character") from None
    except RecursionError:
        raise ConfigError(name, f"its values are nested deeper than {MAX_DEPTH} levels") from None


def _text(path: Path) -> str:
    try:
        data = read_bytes(path, MAX_BYTES)
    except IsADirectoryError:
        raise ConfigError(str(path), "this is a folder, not a YAML file") from None
    except FileNotFoundError:
        raise ConfigError(str(path), "there is no such file") from None
    except TooLargeError:
        large = f"is larger than {MAX_BYTES // 1_000_000} MB, which no config is"
        raise ConfigError(str(path), large) from None
    except OSError as error:
        raise ConfigError(str(path), f"cannot be read: {(error.strerror or str(error)).lower()}") from None
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ConfigError(Place(str(path), line), "is not UTF-8 text", "save it as UTF-8") from None
    if not text.strip():
        raise ConfigError(str(path), "is empty", "give a config with `model: {_target_: …}` in it")
    return text


def _yaml_help(problem: str) -> str | None:
    if "\\t" in problem or "'\t'" in problem:
        return "indent with spaces"
    if "mapping values are not allowed" in problem:
        return "quote a value that holds `: `"
    return None


class _Reader:
    """YAML nodes to ours."""

    def __init__(self, loader: _Loader, file: str) -> None:
        self.loader = loader
        self.file = file
        self.count = 0
        self.section = Place(file)  # of the outermost key that is being read

    def node(self, node: yaml.Node, depth: int) -> Node:
        place = Place(self.file, node.start_mark.line + 1)
        self.count += 1
        if self.count > MAX_VALUES:
            raise ConfigError(
                self.section, f"it stands for more than {MAX_VALUES:,} values", "aliases (`*name`) multiply"
            )
        if depth > MAX_DEPTH:
            raise ConfigError(
                place, f"its values are nested deeper than {MAX_DEPTH} levels", "an alias may hold itself"
            )
        if isinstance(node, yaml.MappingNode) and node.tag == "tag:yaml.org,2002:map":
            return self.table(node, place, depth)
        if isinstance(node, yaml.SequenceNode) and node.tag == "tag:yaml.org,2002:seq":
            return Items([self.node(item, depth + 1) for item in node.value], place)
        return Leaf(self.scalar(node, place), place)

    def table(self, node: yaml.MappingNode, place: Place, depth: int) -> Table:
        found = Table({}, place)
        for key, value in node.value:
            at = Place(self.file, key.start_mark.line + 1)
            if not isinstance(key, yaml.ScalarNode) or key.tag == "tag:yaml.org,2002:null":
                raise ConfigError(at, "a key must be a name")
            if key.tag == "tag:yaml.org,2002:merge":
                raise ConfigError(at, "merge keys (`<<`) are not read", "write the values out")
            name = str(key.value)
            self.section = at if depth == 0 else self.section
            if name in found.entries:
                raise ConfigError(
                    at, f"`{name}` is set twice, first in line {found.keys[name].line}", "take one away"
                )
            found.put(name, self.node(value, depth + 1), at)
        return found

    def scalar(self, node: yaml.Node, place: Place) -> Any:
        known = ("null", "bool", "int", "float", "str")
        if not isinstance(node, yaml.ScalarNode) or node.tag not in {f"tag:yaml.org,2002:{k}" for k in known}:
            raise ConfigError(
                place,
                f"the tag `{node.tag.replace('tag:yaml.org,2002:', '!!')}` is not read: a config is data",
                "take the tag away, and write the value plainly",
            )
        try:
            return self.loader.construct_object(node, deep=True)
        except ValueError as error:
            raise ConfigError(place, f"`{node.value}` is no value: {error}") from None

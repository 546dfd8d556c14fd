"""Python as text: names, constants, and trees of modules in lines that a person can read."""

from __future__ import annotations

import json
import keyword
import textwrap
from collections.abc import Iterator, Mapping
from typing import TypeAlias

WIDTH = 100

Tree: TypeAlias = "str | dict[str, Tree]"


def literal(value: object) -> str:
    """A constant as Python, strings in double quotes."""
    return json.dumps(value) if isinstance(value, str) else repr(value)


def identifier(path: str) -> str:
    """A name for a path, in which nothing stands that Python does not take."""
    name = "".join(char if char.isalnum() or char == "_" else "_" for char in path.removeprefix("size "))
    return f"{name}_" if keyword.iskeyword(name) else name


def title(name: str) -> str:
    return name[0].upper() + name[1:]


def docstring(doc: str) -> list[str]:
    """The lines of a docstring, and the empty one behind it."""
    first, *rest = doc.replace('"""', "'''").split("\n")
    if not rest:
        return [f'"""{first}"""', ""]
    return [f'"""{first}', *rest, '"""', ""]


def assignments(items: Mapping[str, str]) -> Iterator[str]:
    """`self.name = …` for items with dotted names, of which those below one name stand in a container."""
    for name, tree in _nest(items).items():
        target = f"self.{name}"
        first, *rest = _container(tree, WIDTH - len(target))
        yield f"{target} = {first}"
        yield from rest


def _nest(items: Mapping[str, str]) -> dict[str, Tree]:
    """Dotted names as a tree: `blocks.0` is item "0" of "blocks"."""
    tree: dict[str, Tree] = {}
    for name, text in items.items():
        *owners, last = name.split(".")
        level = tree
        for owner in owners:
            below = level.setdefault(owner, {})
            assert isinstance(below, dict), f"`{name}` stands inside of a module"
            level = below
        level[last] = text
    return tree


def _container(tree: Tree, width: int = WIDTH) -> list[str]:
    """A module, or the list or dict that holds indexed ones, in lines."""
    if isinstance(tree, str):
        return _wrapped_call(tree, width)
    in_order = list(tree) == [str(number) for number in range(len(tree))]
    opening, closing = ("List([", "])") if in_order else ("Dict({", "})")
    lines = [f"nn.{_kind(tree)}{opening}"]
    for key, item in tree.items():
        lines += _item("" if in_order else f'"{key}": ', _container(item))
    return [*lines, closing]


def _kind(tree: Mapping[str, Tree]) -> str:
    """What all the items of a container are."""
    texts = (item if isinstance(item, str) else "" for item in tree.values())
    return "Parameter" if all(text.startswith("nn.Parameter(") for text in texts) else "Module"


def _item(key: str, lines: list[str]) -> list[str]:
    """The lines of one item of a container, indented, a comma behind the last."""
    *before, last = key + lines[0], *lines[1:]
    return [f"    {line}" for line in (*before, f"{last},")]


def _wrapped_call(text: str, width: int) -> list[str]:
    """A call on one line where it fits, else its arguments on lines of their own."""
    if len(text) <= width:
        return [text]
    head, _, inside = text.partition("(")
    lines = textwrap.wrap(inside[:-1], width - 4, break_long_words=False, break_on_hyphens=False)
    return [f"{head}(", *(f"    {line}" for line in lines[:-1]), f"    {lines[-1]},", ")"]

"""Python as text: names, constants, and trees of modules in lines that a person can read."""

from __future__ import annotations

import keyword
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

WIDTH = 100
PLAIN = re.compile(r"[ !#-\[\]-~]*")  # printable ASCII without a double quote or a backslash

PARAMETER = "nn.Parameter"


@dataclass(frozen=True)
class Call:
    """A call whose arguments are Python, each a piece that no line break divides."""

    function: str
    arguments: tuple[str, ...] = ()


Tree: TypeAlias = "Call | dict[str, Tree]"


def literal(value: object) -> str:
    """A constant as Python, which reads it back as it is; plain strings in double quotes."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{literal(key)}: {literal(item)}" for key, item in value.items()) + "}"
    if isinstance(value, str):
        return f'"{value}"' if PLAIN.fullmatch(value) else repr(value)
    if not isinstance(value, list | tuple):
        return _scalar(value)
    items = ", ".join(map(literal, value))
    return f"({items},)" if isinstance(value, tuple) else f"[{items}]"


def _scalar(value: object) -> str:
    """A number, a truth value, or none."""
    if isinstance(value, float) and not math.isfinite(value):
        return f'float("{value}")'
    plain = int(value) if isinstance(value, int) and not isinstance(value, bool) else value
    return repr(plain)


def identifier(path: str) -> str:
    """A name for a path that Python takes, in a class too, which renames what starts with two underscores."""
    name = re.sub(r"\W", "_", path.removeprefix("size "), flags=re.ASCII)
    if not name or name[0].isdigit() or name.startswith("__"):
        name = f"n{name}"
    return f"{name}_" if keyword.iskeyword(name) else name


def title(name: str) -> str:
    """The name of the class of a block."""
    return identifier(name[0].upper() + name[1:])


def fresh(wanted: str, taken: set[str]) -> str:
    """A name like the wanted one that is not taken yet, and is from now on."""
    while wanted in taken:
        wanted += "_"
    taken.add(wanted)
    return wanted


def docstring(doc: str) -> list[str]:
    """The lines of a docstring that reads as `doc`, whatever stands in it, and the empty one behind it."""
    first, *rest = map(_inside_quotes, doc.split("\n"))
    if not rest:
        return [f'"""{first}"""', ""]
    return [f'"""{first}', *rest, '"""', ""]


def _inside_quotes(line: str) -> str:
    """A line as it stands within three double quotes, unprintable characters escaped."""
    single = repr(f'"{line}')[2:-1]  # a double quote in it, so that `repr` delimits by single ones
    return single.replace("\\'", "'").replace('"', '\\"' if line.endswith('"') or '""' in line else '"')


def assignments(items: Mapping[str, Call]) -> Iterator[str]:
    """`self.name = …` for items with dotted names, of which those below one name stand in a container.

    A name that starts with two underscores is given as a text, since in a class Python would rename it.
    """
    for name, tree in _nest(items).items():
        opening, closing = f"self.{name} = ", ""
        if name.startswith("__"):
            kind = "parameter" if isinstance(tree, Call) and tree.function == PARAMETER else "module"
            opening, closing = f"self.register_{kind}({literal(name)}, ", ")"
        *before, last = _container(tree, WIDTH - len(opening))
        lines = [*before, last + closing]
        yield opening + lines[0]
        yield from lines[1:]


def _nest(items: Mapping[str, Call]) -> dict[str, Tree]:
    """Dotted names as a tree: `blocks.0` is item "0" of "blocks"."""
    tree: dict[str, Tree] = {}
    for name, call in items.items():
        *owners, last = name.split(".")
        level = tree
        for owner in owners:
            below = level.setdefault(owner, {})
            assert isinstance(below, dict), f"`{name}` stands inside of a module"
            level = below
        level[last] = call
    return tree


def _container(tree: Tree, width: int = WIDTH) -> list[str]:
    """A module, or the list or dict that holds indexed ones, in lines."""
    if isinstance(tree, Call):
        return _call(tree, width)
    in_order = list(tree) == [str(number) for number in range(len(tree))]
    opening, closing = ("List([", "])") if in_order else ("Dict({", "})")
    lines = [f"nn.{_kind(tree)}{opening}"]
    for key, item in tree.items():
        lines += _item("" if in_order else f"{literal(key)}: ", _container(item))
    return [*lines, closing]


def _kind(tree: Mapping[str, Tree]) -> str:
    """What all the items of a container are."""
    parameters = (isinstance(item, Call) and item.function == PARAMETER for item in tree.values())
    return "Parameter" if all(parameters) else "Module"


def _item(key: str, lines: list[str]) -> list[str]:
    """The lines of one item of a container, indented, a comma behind the last."""
    *before, last = key + lines[0], *lines[1:]
    return [f"    {line}" for line in (*before, f"{last},")]


def _call(call: Call, width: int) -> list[str]:
    """A call on one line where it fits, else its arguments on lines of their own."""
    text = f"{call.function}({', '.join(call.arguments)})"
    if len(text) <= width or not call.arguments:
        return [text]
    return [f"{call.function}(", *(f"    {line}" for line in _filled(call.arguments, width - 4)), ")"]


def _filled(arguments: Sequence[str], width: int) -> Iterator[str]:
    """Arguments, a comma behind each, as many to a line as fit."""
    line = ""
    for argument in arguments:
        if line and len(line) + len(argument) + 2 > width:
            yield line
            line = ""
        line += f" {argument}," if line else f"{argument},"
    yield line

"""Values of a spec as text in which two that are the same are equal, wherever a command runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from getdsl.compiler.constants.paths import PathText
from getdsl.compiler.graph.text import argument_text
from getdsl.compiler.sections.declare import Table, values
from getdsl.runs.run_folder.identity import path_name


def value_text(value: object) -> str:
    """A value as the language writes it, paths absolute, or by the name that every installation has."""
    if isinstance(value, PathText):
        return f'"{path_name(value)}"'
    if isinstance(value, tuple | list):
        return f"[{', '.join(map(value_text, value))}]"
    if isinstance(value, Mapping):
        pairs = (f"{name} = {value_text(item)}" for name, item in value.items())
        return "{ " + ", ".join(pairs) + " }"
    return argument_text(value)


def flat(value: object, path: str = "") -> Iterator[tuple[str, str]]:
    """The settings of a table by their paths, tables inside it opened; what is not set is left out."""
    if isinstance(value, Table):
        value = {"name": getattr(type(value), "word", None), **values(value)}
    if isinstance(value, Mapping):
        for name, item in value.items():
            yield from flat(item, f"{path}.{name}" if path else str(name))
    elif value is not None:
        yield path, value_text(value)

"""Definitions gathered from Python modules, each with all that it reads, as text without imports of them."""

from __future__ import annotations

import ast
import importlib.util
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from getdsl.compiler.lower.export.free_names import free_names
from getdsl.compiler.lower.python_text import fresh
from getdsl.text.opener import SHIPPED, read_text

Definition = ast.FunctionDef | ast.ClassDef | ast.Assign | ast.AnnAssign


@dataclass(frozen=True)
class Source:
    """A module's text, its definitions, and where its imported names come from: (module, name or none)."""

    text: str
    defined: dict[str, Definition]
    imported: dict[str, tuple[str, str | None]]


class Sources:
    """Definitions under names that no two share; what stands in packages of others is imported by the text.

    `ours` are the packages whose modules are gathered.
    """

    def __init__(self, ours: set[str], known: dict[tuple[str, str | None], str]) -> None:
        self.ours = ours
        self.names = dict(known)  # what each definition or import is called
        self.wanted: dict[tuple[str, str | None], str] = {}  # what the text that reads them calls some
        self.taken = set(known.values())
        self.definitions: list[str] = []
        self.foreign: dict[tuple[str, str | None], str] = {}

    def want(self, module: str, name: str, here: str) -> None:
        """A definition gets the name `here`, whoever reads it first."""
        self.wanted[self._origin(module, name)] = here

    def _origin(self, module: str, name: str) -> tuple[str, str | None]:
        """Where a definition stands that a module of ours may only pass on."""
        module = plain_of(module, name)
        source = source_of(module)
        if name in source.defined:
            return module, name
        owner, inner = source.imported[name]
        ours = inner is not None and owner.partition(".")[0] in self.ours
        return self._origin(owner, inner) if ours and inner is not None else (owner, inner)

    def add(self, module: str, name: str) -> str:
        """Gathers a definition, after all that it reads; what it is called here."""
        module = plain_of(module, name)
        source = source_of(module)
        if name not in source.defined:
            return self.imported(*source.imported[name], name)
        key = (module, name)
        if key not in self.names:
            self.names[key] = self.wanted.get(key) or fresh(name, self.taken)
            self.definitions.append(self._renamed(source, source.defined[name], self.names[key], name))
        return self.names[key]

    def imported(self, module: str, name: str | None, here: str) -> str:
        """What a module imports, gathered or imported in turn; what it is called here."""
        if name is not None and module.partition(".")[0] in self.ours:
            return self.add(module, name)
        key = (module, name)
        if key not in self.names:
            self.names[key] = self.foreign[key] = self.wanted.get(key) or fresh(here, self.taken)
        return self.names[key]

    def imports(self) -> Iterator[str]:
        """The lines that import what other packages define, one a module."""
        named: dict[str, list[str]] = {}
        for (module, name), here in sorted(self.foreign.items(), key=str):
            if name is None:
                yield f"import {module}" + (f" as {here}" if here != module else "")
            else:
                named.setdefault(module, []).append(name if here == name else f"{name} as {here}")
        for module, names in named.items():
            yield f"from {module} import {', '.join(names)}"

    def _renamed(self, source: Source, definition: Definition, here: str, name: str) -> str:
        """The text of a definition, in which the names that it reads are those of this text."""
        changes = {_place(definition, name): (name, here)} if here != name else {}
        for read in free_names(definition):
            found = self._read(source, read.id, (name, here))
            if found != read.id:
                changes[read.lineno, read.col_offset] = (read.id, found)
        lines = [line.encode() for line in source.text.splitlines()]
        for (line, column), (old, new) in sorted(changes.items(), reverse=True):
            text = lines[line - 1]
            lines[line - 1] = text[:column] + new.encode() + text[column + len(old.encode()) :]
        decorators = getattr(definition, "decorator_list", [])
        first = min([definition.lineno, *(each.lineno for each in decorators)])
        return "\n".join(line.decode() for line in lines[first - 1 : definition.end_lineno])

    def _read(self, source: Source, name: str, itself: tuple[str, str]) -> str:
        if name == itself[0]:
            return itself[1]
        if name in source.defined:
            module = next(key for key, value in _SOURCES.items() if value is source)
            return self.add(module, name)
        return self.imported(*source.imported[name], name) if name in source.imported else name


def _place(definition: Definition, name: str) -> tuple[int, int]:
    """Where a definition writes its own name."""
    match definition:
        case ast.FunctionDef():
            return definition.lineno, definition.col_offset + len("def ")
        case ast.ClassDef():
            return definition.lineno, definition.col_offset + len("class ")
    return definition.lineno, definition.col_offset


_SOURCES: dict[str, Source] = {}


def source_of(module: str) -> Source:
    """What a module that can be imported defines and imports. Raises ImportError where it has no text."""
    if module not in _SOURCES:
        _SOURCES[module] = _read_source(module)
    return _SOURCES[module]


def _read_source(module: str) -> Source:
    found = importlib.util.find_spec(module)
    if found is None or not found.origin or not found.origin.endswith(".py"):
        raise ImportError(f"`{module}` has no text in Python")
    text = read_text(Path(found.origin), SHIPPED)
    defined: dict[str, Definition] = {}
    imported: dict[str, tuple[str, str | None]] = {}
    for statement in ast.parse(text).body:
        match statement:
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                defined[name] = statement
            case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
                defined[name] = statement
            case ast.Import(names=names):
                imported |= {each.asname or each.name: (each.name, None) for each in names}
            case ast.ImportFrom(module=str(owner), names=names):
                imported |= {each.asname or each.name: (owner, each.name) for each in names}
    return Source(text, defined, imported)


@lru_cache
def plain_of(module: str, name: str) -> str:
    """The module of a definition in its plainest form: `x_plain` or `x.plain` beside `x`, else itself."""
    for plain in (f"{module}_plain", f"{module}.plain"):
        try:
            if name in source_of(plain).defined:
                return plain
        except ImportError:
            continue
    return module


def constructor_names(module: str, name: str) -> set[str]:
    """What the constructor of a class takes by name, where the class itself defines it."""
    definition = source_of(module).defined[name]
    assert isinstance(definition, ast.ClassDef)
    for item in definition.body:
        if isinstance(item, ast.FunctionDef) and item.name == "__init__":
            return {argument.arg for argument in (*item.args.args, *item.args.kwonlyargs)}
    return set()

"""Files and what they define: `use`, the block library, and which name means what."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TypeAlias

from getdsl.compiler import library
from getdsl.compiler.constants.paths import PACKAGE
from getdsl.diagnostics import Diagnostics
from getdsl.diagnostics.mistakes import files as mistakes_of_files
from getdsl.diagnostics.mistakes import names as mistakes
from getdsl.grammar import parse, read_source, syntax
from getdsl.text.source import SourceFile, Span

SPECS = next(
    (path for path in (PACKAGE / "specs", PACKAGE.parent / "specs") if path.is_dir()), PACKAGE / "specs"
)
LIBRARY_PREFIX = "getdsl:"
Parse: TypeAlias = "Callable[[SourceFile, Diagnostics], syntax.File]"


def locate(text: str, beside: Path | None) -> Path:
    """The file that a path in a spec means: relative to the spec, or `getdsl:` for the shipped specs."""
    if text.startswith(LIBRARY_PREFIX):
        return SPECS / text.removeprefix(LIBRARY_PREFIX)
    path = Path(text).expanduser()
    return path if path.is_absolute() or beside is None else beside.parent / path


def _resolved(path: Path) -> Path:
    """A path without symbolic links; one in a circle of them stays, and cannot be read."""
    return Path(os.path.realpath(path)) if "\0" not in str(path) else path


@dataclass
class Unit:
    """One file of a program, with the definitions that it makes and brings in."""

    file: syntax.File
    definitions: dict[str, syntax.Definition] = field(default_factory=dict)
    uses: list[Unit] = field(default_factory=list)

    def sections(self) -> list[syntax.Section | syntax.Setting]:
        return [item for item in self.file.items if isinstance(item, syntax.Section | syntax.Setting)]

    def part_settings(self) -> list[syntax.PartSetting]:
        return [item for item in self.file.items if isinstance(item, syntax.PartSetting)]

    def models(self) -> list[syntax.Definition]:
        return [item for item in self.definitions.values() if item.kind == "model"]

    def last_model(self) -> syntax.Definition | None:
        """What the file is about."""
        return next((item for item in reversed(self.definitions.values()) if item.kind == "model"), None)

    def visible(self) -> dict[str, syntax.Definition]:
        """Own definitions and those of used files: of one name, those of the file that is used last.

        They stand in the order in which their names are met first, used files before those that use them.
        """
        meant: dict[str, syntax.Definition] = {}
        for unit in self._last_used_first():
            for name, definition in unit.definitions.items():
                meant.setdefault(name, definition)
        return {name: meant[name] for unit in self._used_before_users() for name in unit.definitions}

    def _last_used_first(self) -> Iterator[Unit]:
        """This unit and all that it uses, each once: a unit, then its last `use` with all behind it, …"""
        waiting, seen = [self], set[int]()
        while waiting:
            unit = waiting.pop()
            if id(unit) not in seen:
                seen.add(id(unit))
                yield unit
                waiting.extend(unit.uses)

    def _used_before_users(self) -> Iterator[Unit]:
        """All that this unit uses, each once, each before those that use it; itself at last."""
        waiting, seen = [(self, iter(self.uses))], {id(self)}
        while waiting:
            unit, uses = waiting[-1]
            following = next((used for used in uses if id(used) not in seen), None)
            if following is None:
                waiting.pop()
                yield unit
            else:
                seen.add(id(following))
                waiting.append((following, iter(following.uses)))


@dataclass
class Program:
    """A spec with all that it uses. Definitions are looked up by name, the library's last."""

    diagnostics: Diagnostics
    unit: Unit | None = None
    units: dict[Path, Unit] = field(default_factory=dict)
    texts: Mapping[Path, str] = field(default_factory=dict)  # files that need no disk, by resolved path
    shown: Callable[[Path], str] = str  # how such a file is named
    parse: Parse = parse  # which a tool that reads files again and again may remember
    unread: list[Path] = field(default_factory=list)  # used files that were not: names may be missing
    cycles: set[frozenset[str]] = field(
        default_factory=set
    )  # of models that extend each other, reported once
    lineages: dict[int, list[syntax.Definition]] = field(default_factory=dict)  # see compiler.extend
    _visible: dict[str, syntax.Definition] | None = None
    _homes: dict[int, Unit] | None = None
    _library: Program | None = None

    @staticmethod
    def load(path: Path, diagnostics: Diagnostics) -> Program:
        program = Program(diagnostics)
        source = read_source(path, diagnostics)
        if source is not None:
            program.unit = program.add(source)
        return program

    @staticmethod
    def of_text(text: str, name: str, diagnostics: Diagnostics) -> Program:
        program = Program(diagnostics)
        program.unit = program.add(SourceFile(name, text))
        return program

    @staticmethod
    def of_files(
        texts: Mapping[Path, str], diagnostics: Diagnostics, shown: Callable[[Path], str] = str
    ) -> Program:
        """A program whose files are at hand as texts, by resolved path, the main one first."""
        main = next(iter(texts))
        program = Program(diagnostics, texts=texts, shown=shown)
        program.unit = program.add(SourceFile(shown(main), texts[main], main))
        return program

    def library(self) -> Program:
        """The program that library blocks see: the library alone, with the same diagnostics."""
        if self._library is None:
            self._library = Program(self.diagnostics)
        return self._library

    def add(self, source: SourceFile) -> Unit:
        """Reads a file and all that it uses, however long the chain of files."""
        main, path = self._opened(source)
        reading = {path: (main, iter(main.file.items))}  # whose `use`s led here
        while reading:
            unit, items = next(reversed(reading.values()))
            item = next(items, None)
            if item is None:
                reading.popitem()
            elif isinstance(item, syntax.Definition):
                self._define(unit, item)
            elif isinstance(item, syntax.Use):
                opened = self._use(unit, item, reading)
                if opened is not None:
                    used, path = opened
                    reading[path] = (used, iter(used.file.items))
        return main

    def _opened(self, source: SourceFile) -> tuple[Unit, Path]:
        unit = Unit(self.parse(source, self.diagnostics))
        path = _resolved(source.path) if source.path else Path(source.name)
        self.units[path] = unit
        return unit, path

    def _use(self, unit: Unit, item: syntax.Use, reading: Collection[Path]) -> tuple[Unit, Path] | None:
        """The file of a `use`, where it is met for the first time."""
        try:
            path = locate(item.path, unit.file.source.path)
        except RuntimeError:  # `~name` of nobody
            why = "there is no such user"
            self.diagnostics.add(mistakes_of_files.cannot_read(item.path, why, item.span))
            self.unread.append(Path(item.path))
            return None
        resolved = _resolved(path)
        if resolved in reading:
            chain = [*reading]
            names = [step.name for step in (*chain[chain.index(resolved) :], resolved)]
            self.diagnostics.add(mistakes.files_in_circle(names, item.span))
            return None
        opened = None
        if resolved not in self.units:
            source = self._source(item, path, resolved)
            if source is None:
                self.unread.append(resolved)
                return None
            opened = self._opened(source)
        unit.uses.append(self.units[resolved])
        return opened

    def _source(self, item: syntax.Use, path: Path, resolved: Path) -> SourceFile | None:
        shipped = item.path.startswith(LIBRARY_PREFIX)
        if resolved in self.texts:
            return SourceFile(item.path if shipped else self.shown(path), self.texts[resolved], path)
        shown = item.path if shipped else str(path)
        return read_source(path, self.diagnostics, item.span, shown)

    def _define(self, unit: Unit, item: syntax.Definition) -> None:
        earlier = unit.definitions.get(item.name)
        if earlier is not None:
            both = (item.span, earlier.span)
            self.diagnostics.add(mistakes.defined_twice(item.name, item.name_span, earlier.name_span, both))
            return
        unit.definitions[item.name] = item
        self._check_params(item)

    def _check_params(self, definition: syntax.Definition) -> None:
        """Params of one definition are named apart."""
        first: dict[str, syntax.Param] = {}
        for item in definition.body:
            if isinstance(item, syntax.Param) and first.setdefault(item.name, item) is not item:
                earlier, both = first[item.name].name_span, (item.span, first[item.name].span)
                self.diagnostics.add(mistakes.param_declared_twice(item.name, item.name_span, earlier, both))

    def find(self, name: str) -> syntax.Definition | None:
        """The model, block or source of a name: the program's own first, then the library's."""
        return self.visible().get(name) or library_definition(name)

    def visible(self) -> dict[str, syntax.Definition]:
        """What the program itself defines, used files included."""
        if self._visible is None:
            self._visible = self.unit.visible() if self.unit else {}
        return self._visible

    def names(self) -> set[str]:
        return set(self.visible()) | set(library.index())

    def home(self, definition: syntax.Definition) -> Program:
        """Where a definition's own names are looked up: a library block sees the library only."""
        return self if self.unit is None or self.unit_of(definition) is not None else self.library()

    def unit_of(self, definition: syntax.Definition) -> Unit | None:
        """The file that a definition stands in, once all are read; None for those of the library."""
        if self._homes is None:
            made = ((item, unit) for unit in self.units.values() for item in unit.definitions.values())
            self._homes = {id(item): unit for item, unit in made}
        return self._homes.get(id(definition))

    def main_model(self, name: str | None) -> syntax.Definition | None:
        """The model to build: the named one, else the file's last."""
        if self.unit is None:
            return None
        if name is not None:
            return self._named_model(name)
        last = self.unit.last_model()
        if last is not None:
            return last
        used = [item for item in self.visible().values() if item.kind == "model"]
        if used:
            return used[-1]
        if not self.diagnostics.mistakes:
            blocks = [name for name, item in self.unit.definitions.items() if item.kind == "block"]
            self.diagnostics.add(mistakes.file_without_model(Span(self.unit.file.source, 0, 0), blocks))
        return None

    def _named_model(self, name: str) -> syntax.Definition | None:
        found = self.find(name)
        if found is not None and found.kind == "model":
            return found
        known = [item.name for item in self.visible().values() if item.kind == "model"]
        self.diagnostics.add(mistakes.no_such_model(name, known))
        return None


@cache
def _library_unit(path: Path) -> Unit:
    unit = Unit(library.face(path))
    unit.definitions = {item.name: item for item in unit.file.items if isinstance(item, syntax.Definition)}
    return unit


def library_definition(name: str) -> syntax.Definition | None:
    """A block or data source of the library."""
    path = library.index().get(name)
    return _library_unit(path).definitions.get(name) if path else None

"""Files and what they define: `use`, the block library, and which name means what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from getdsl.compiler import library
from getdsl.compiler.constants.paths import PACKAGE
from getdsl.diagnostics import Diagnostics, Label, suggestion_or_list
from getdsl.grammar import parse, read_source, syntax
from getdsl.text.source import SourceFile, Span

SPECS = next(
    (path for path in (PACKAGE / "specs", PACKAGE.parent / "specs") if path.is_dir()), PACKAGE / "specs"
)
LIBRARY_PREFIX = "getdsl:"


def locate(text: str, beside: Path | None) -> Path:
    """The file that a path in a spec means: relative to the spec, or `getdsl:` for the shipped specs."""
    if text.startswith(LIBRARY_PREFIX):
        return SPECS / text.removeprefix(LIBRARY_PREFIX)
    path = Path(text).expanduser()
    return path if path.is_absolute() or beside is None else beside.parent / path


@dataclass
class Unit:
    """One file of a program, with the definitions that it makes and brings in."""

    file: syntax.File
    definitions: dict[str, syntax.Definition] = field(default_factory=dict)
    uses: list[Unit] = field(default_factory=list)

    def sections(self) -> list[syntax.Section | syntax.Setting]:
        return [item for item in self.file.items if isinstance(item, syntax.Section | syntax.Setting)]

    def models(self) -> list[syntax.Definition]:
        return [item for item in self.definitions.values() if item.kind == "model"]

    def visible(self) -> dict[str, syntax.Definition]:
        """Own definitions and those of used files, own ones first."""
        found: dict[str, syntax.Definition] = {}
        for used in self.uses:
            found |= used.visible()
        return found | self.definitions

    def broken(self) -> bool:
        return any(isinstance(item, syntax.Broken) for item in self.file.items) or not self.file.items


@dataclass
class Program:
    """A spec with all that it uses. Definitions are looked up by name, the library's last."""

    diagnostics: Diagnostics
    unit: Unit | None = None
    units: dict[Path, Unit] = field(default_factory=dict)
    templates: dict[Any, Any] = field(default_factory=dict)  # checked bodies of blocks, see compiler.blocks
    texts: Mapping[Path, str] = field(default_factory=dict)  # files that need no disk, by resolved path
    instantiated: set[int] = field(default_factory=set)  # ids of the definitions that were called
    incomplete: bool = False  # a used file could not be read, so names may be missing
    weighted: dict[int, bool] = field(default_factory=dict)  # see compiler.naming
    steps: int = 0  # that loops were unrolled to
    cycles: set[frozenset[str]] = field(
        default_factory=set
    )  # of models that extend each other, reported once
    _visible: dict[str, syntax.Definition] | None = None
    _library: Program | None = None

    @staticmethod
    def load(path: Path, diagnostics: Diagnostics) -> Program:
        program = Program(diagnostics)
        source = read_source(path, diagnostics)
        if source is not None:
            program.unit = program.add(source, ())
        return program

    @staticmethod
    def of_text(text: str, name: str, diagnostics: Diagnostics) -> Program:
        program = Program(diagnostics)
        program.unit = program.add(SourceFile(name, text), ())
        return program

    @staticmethod
    def of_files(texts: Mapping[Path, str], diagnostics: Diagnostics) -> Program:
        """A program whose files are at hand as texts, by resolved path, the main one first."""
        main = next(iter(texts))
        program = Program(diagnostics, texts=texts)
        program.unit = program.add(SourceFile(str(main), texts[main], main), ())
        return program

    def library(self) -> Program:
        """The program that library blocks see: the library alone, with the same diagnostics."""
        if self._library is None:
            self._library = Program(self.diagnostics)
        return self._library

    def add(self, source: SourceFile, chain: tuple[Path, ...]) -> Unit:
        unit = Unit(parse(source, self.diagnostics))
        here = source.path.resolve() if source.path else Path(source.name)
        self.units[here] = unit
        for item in unit.file.items:
            if isinstance(item, syntax.Use):
                self._use(unit, item, (*chain, here))
            elif isinstance(item, syntax.Definition):
                self._define(unit, item)
        return unit

    def _use(self, unit: Unit, item: syntax.Use, chain: tuple[Path, ...]) -> None:
        path = locate(item.path, unit.file.source.path)
        resolved = path.resolve()
        if resolved in chain:
            names = [step.name for step in (*chain[chain.index(resolved) :], resolved)]
            what = "this file uses itself" if len(names) == 2 else "files use each other in a circle"
            self.diagnostics.report(
                "GET201", f"{what}: {' -> '.join(names)}", item.span, help="take this `use` away"
            )
            return
        if resolved not in self.units:
            shown = item.path if item.path.startswith(LIBRARY_PREFIX) else str(path)
            if resolved in self.texts:
                self.add(SourceFile(shown, self.texts[resolved], path), chain)
            else:
                source = read_source(path, self.diagnostics, item.span, shown)
                if source is None:
                    self.incomplete = True
                    return
                self.add(source, chain)
        unit.uses.append(self.units[resolved])

    def _define(self, unit: Unit, item: syntax.Definition) -> None:
        earlier = unit.definitions.get(item.name)
        if earlier is not None:
            self.diagnostics.report(
                "GET202",
                f"`{item.name}` is defined twice",
                item.name_span,
                labels=[Label(earlier.name_span, "first here")],
                help="give one of them another name",
            )
            return
        unit.definitions[item.name] = item
        self._check_params(item)

    def _check_params(self, definition: syntax.Definition) -> None:
        """Params of one definition are named apart."""
        first: dict[str, syntax.Param] = {}
        for item in definition.body:
            if isinstance(item, syntax.Param) and first.setdefault(item.name, item) is not item:
                self.diagnostics.report(
                    "GET202",
                    f"the param `{item.name}` is declared twice",
                    item.name_span,
                    labels=[Label(first[item.name].name_span, "first here")],
                    help="take one of them away",
                )

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
        for unit in self.units.values():
            if unit.definitions.get(definition.name) is definition:
                return unit
        return None

    def main_model(self, name: str | None) -> syntax.Definition | None:
        """The model to build: the named one, else the file's last."""
        if self.unit is None:
            return None
        if name is not None:
            found = self.find(name)
            if found is not None and found.kind == "model":
                return found
            known = [item.name for item in self.visible().values() if item.kind == "model"]
            self.diagnostics.report(
                "GET203", f"there is no model `{name}`", None, help=suggestion_or_list(name, known, "models")
            )
            return None
        models = self.unit.models()
        if models:
            return models[-1]
        used = [item for item in self.unit.visible().values() if item.kind == "model"]
        if used:
            return used[-1]
        if not self.unit.definitions and not self.diagnostics.errors:
            place = Span(self.unit.file.source, 0, 0)
            self.diagnostics.report(
                "GET203",
                "this file has no model",
                place,
                help='write `model Name { … }`, or bring one with `use "file.get"`',
            )
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

"""Composing as Hydra does, without Hydra: `defaults` lists, packages, and overrides, all of it data.

Hydra itself is left out on purpose: it loads plug-ins and runs resolvers, and its values no longer know
the line that they came from. The tests hold this against Hydra's own composition.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from getdsl.importing.compose.apply import apply
from getdsl.importing.compose.choices import Choices, CommandLine, sorted_out
from getdsl.importing.compose.expansion import Expansion, Part
from getdsl.importing.compose.merging import merge, under
from getdsl.importing.compose.overrides import Override
from getdsl.importing.compose.sources import Source, Sources, group_of, primary, read, read_alone
from getdsl.importing.config import Place, Table


@dataclass
class Composed:
    """One config of several files."""

    root: Table
    files: list[str] = field(default_factory=list)  # that it is made of, in order
    skipped: list[tuple[Place, str]] = field(default_factory=list)  # what says how Hydra itself works


def compose(paths: Sequence[Path], overrides: Sequence[Override] = ()) -> Composed:
    """The config of one or several primary files, later ones over earlier ones, and of the command line.

    A file without a `defaults` list of its own may be what another's list names. Raises ConfigError.
    """
    mains = _Mains.of(paths)
    said = sorted_out([item for item in overrides if not item.of_hydra], mains.is_group)
    found = Composed(Table({}, Place(str(paths[0]))))
    for part in mains.parts(said, found):
        merge(found.root, under(part.content, part.package))
    _set(found, said, overrides)
    return found


@dataclass
class _Mains:
    """The primary files in the order that they were given, and where the defaults of each are looked for."""

    sources: dict[Path, Source]
    places: dict[Path, Sources]

    @classmethod
    def of(cls, paths: Sequence[Path]) -> _Mains:
        mains = list(dict.fromkeys(primary(path) for path in paths))
        sources = {main: _main(main) for main in mains}
        others = {main: source for main, source in reversed(sources.items()) if not source.leads}
        given = {group_of(source): main for main, source in others.items()}
        if len(others) == len(mains):
            given = {}  # nothing names them
        return cls(sources, {main: Sources(main.parent, given) for main in mains})

    def is_group(self, name: str) -> bool:
        return any(places.is_group(name) for places in self.places.values())

    def parts(self, said: CommandLine, found: Composed) -> list[Part]:
        """All that the files and their defaults say, in order; notes in `found` which files those are.

        Files with defaults are followed first: they may bring in the others.
        """
        parts: dict[Path, list[Part]] = {}
        known: list[str] = []
        for main in sorted(self.sources, key=lambda main: not self.sources[main].leads):
            if str(main) in found.files:
                continue  # another file's defaults brought it in
            expansion = Expansion(self.places[main], Choices(said))
            parts[main] = expansion.primary(self.sources[main], () if parts else said.appended)
            found.files = list(dict.fromkeys([*found.files, str(main), *_names(parts[main])]))
            found.skipped += expansion.skipped
            known += expansion.choices.known
        said.check_used(known)
        return [part for main in self.sources for part in parts.get(main, ())]


def _main(path: Path) -> Source:
    found = read(path)
    return found if found.leads else read_alone(path)


def _names(parts: Sequence[Part]) -> list[str]:
    return [part.source.name for part in parts]


def _set(found: Composed, said: CommandLine, overrides: Sequence[Override]) -> None:
    """The command line's values, those of Hydra's own settings as they are."""
    for item in overrides:
        if item.of_hydra and ("/" in item.path or item.removes):
            found.skipped.append((item.place, item.text.lstrip("+~").replace("=", ": ", 1)))
        elif item.of_hydra or item in said.values:
            apply(found.root, item)

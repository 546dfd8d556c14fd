"""Defaults lists followed to all that they name, in Hydra's order.

A list is followed from its end: what a nested config overrides holds for what stands before it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from getdsl.diagnostics.listing import joined
from getdsl.importing.compose.choices import Choices
from getdsl.importing.compose.defaults import Default, entries_of
from getdsl.importing.compose.sources import Source, Sources
from getdsl.importing.config import ConfigError, Place, Table

MAX_CONFIGS, MAX_DEPTH = 1_000, 50
REFERENCE = re.compile(r"\$\{([^{}]+)\}")


@dataclass(frozen=True)
class Part:
    """A config's own content, and the package of the result that it goes to."""

    source: Source
    package: str
    content: Table
    key: str | None = None  # of the group that it is an option of, where it has no defaults itself


@dataclass
class Expansion:
    """One primary config's defaults; `skipped` are the entries that say how Hydra itself works."""

    sources: Sources
    choices: Choices
    skipped: list[tuple[Place, str]] = field(default_factory=list)
    _chain: tuple[Path | str, ...] = ()
    _count: int = 0

    def primary(self, source: Source, appended: Sequence[Default] = ()) -> list[Part]:
        """All parts, each merged over those before it. Raises ConfigError for what cannot be followed."""
        entry = Default("", source.table.place)
        found = self._content(entry, source, list(appended), late=False)
        self.choices.check_used()
        keys = [part.key for part in found if part.key is not None]
        for part in found:
            if part.key is not None and keys.count(part.key) > 1:
                raise ConfigError(
                    source.name, f"`{part.key}` is chosen more than once", "take one entry away"
                )
        return found

    def _expand(self, entry: Default, *, late: bool) -> list[Part]:
        """The parts of one entry; a `late` one refers to what is chosen elsewhere."""
        if entry.path.split("/")[0] == "hydra":
            self.skipped.append((entry.place, f"{entry.group}: {entry.name}"))
            return []
        if self.choices.takes_out(entry):
            return []
        self.choices.keep(entry)
        if entry.name is None:
            return []
        if entry.name == "???":
            raise ConfigError(entry.place, f"no `{entry.key}` is chosen", f"choose one: `{entry.key}=NAME`")
        source = self.sources.load(entry)
        if source is not None:
            return self._content(entry, source, [], late=late)
        if entry.optional:
            return []
        raise self.sources.missing(entry)

    def _content(self, entry: Default, source: Source, appended: list[Default], *, late: bool) -> list[Part]:
        """A config itself among what its defaults bring in: at `_self_`, else after them."""
        package = entry.destination(source.header)
        content = {name: node for name, node in source.table.entries.items() if name != "defaults"}
        table = Table(content, source.table.place, source.table.keys)
        own = Part(source, package, table, entry.key if entry.grouped and not source.leads else None)
        base = entry.group if entry.written else ""
        entries = [item.placed(base, package) for item in [*_listed(source), *appended]]
        with self._inside(source):
            self._note(entries, source, late=late)
            return self._parts([item for item in entries if not item.overrides], own, late=late)

    @contextmanager
    def _inside(self, source: Source) -> Iterator[None]:
        """Raises ConfigError where the source is inside itself."""
        step = source.path.resolve() if source.path is not None else source.name
        if step in self._chain:
            names = joined((Path(item).name for item in (*self._chain, step)), " -> ")
            raise ConfigError(source.name, f"defaults name each other in a circle: {names}")
        self._chain = (*self._chain, step)
        self._count += 1
        if self._count > MAX_CONFIGS or len(self._chain) > MAX_DEPTH:
            raise ConfigError(
                source.name,
                f"its defaults go on to more than {MAX_CONFIGS:,} configs, or deeper than {MAX_DEPTH}",
                "they name each other again and again",
            )
        yield
        self._chain = self._chain[:-1]

    def _note(self, entries: list[Default], source: Source, *, late: bool) -> None:
        ours = [item for item in entries if item.group.split("/")[0] != "hydra"]
        for item in entries:
            if item.overrides and item not in ours:
                self.skipped.append((item.place, f"{item.group}: {item.name}"))
            elif item.overrides and late:
                raise ConfigError(
                    item.place,
                    f"`override {item.key}` stands in a config that is chosen by what else is chosen",
                    "override it in the primary config",
                )
        self.choices.note(ours, source.name)

    def _parts(self, entries: list[Default], own: Part, *, late: bool) -> list[Part]:
        found: dict[int, list[Part]] = {}
        waiting: list[tuple[int, Default]] = []
        for number, entry in reversed([*enumerate(entries)]):
            if entry.is_self:
                found[number] = [own]
                continue
            chosen = self.choices.of(entry)
            if (isinstance(chosen.option, str) and "${" in chosen.option) or "${" in chosen.written:
                waiting.append((number, chosen))
            else:
                found[number] = self._all(chosen, late=late)
        for number, entry in reversed(waiting):
            found[number] = self._expand(self._resolved(entry), late=True)
        return [part for _, parts in sorted(found.items()) for part in parts]

    def _all(self, entry: Default, *, late: bool) -> list[Part]:
        """The parts of an entry's one option, or of several."""
        if not isinstance(entry.option, tuple):
            return self._expand(entry, late=late)
        each = [self._expand(item, late=late) for item in reversed([*entry.each()])]
        return [part for parts in reversed(each) for part in parts]

    def _resolved(self, entry: Default) -> Default:
        """An entry that refers to what is chosen: `- data: ${model}_data`."""

        def chosen(match: re.Match[str]) -> str:
            name = self.choices.known.get(match[1])
            if name is None:
                raise ConfigError(
                    entry.place, f"`{match[0]}` refers to no group of which an option is chosen"
                )
            return name

        option = REFERENCE.sub(chosen, entry.option) if isinstance(entry.option, str) else entry.option
        return replace(entry, written=REFERENCE.sub(chosen, entry.written), option=option)


def _listed(source: Source) -> list[Default]:
    """The entries of a config's defaults, `_self_` among them."""
    found = entries_of(source.table.entries.get("defaults"))
    here = sum(item.is_self for item in found)
    if here > 1:
        raise ConfigError(source.name, "`_self_` stands twice in its defaults", "take one away")
    return found if here else [*found, Default("_self_", source.table.place)]

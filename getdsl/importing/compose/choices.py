"""Which options of groups are taken: by the command line, else by `override` entries, else by the lists."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace

from getdsl.diagnostics import suggestion_or_list
from getdsl.importing.compose.defaults import Default
from getdsl.importing.compose.overrides import Override
from getdsl.importing.config import ConfigError, plain


@dataclass
class CommandLine:
    """What the command line says of groups, and `values`, what it says of the composed config."""

    chosen: dict[str, Override] = field(default_factory=dict)
    removed: dict[str, Override] = field(default_factory=dict)
    appended: list[Default] = field(default_factory=list)
    values: list[Override] = field(default_factory=list)
    used: set[str] = field(default_factory=set)  # keys of what is chosen or removed

    def check_used(self, known: Iterable[str]) -> None:
        """Raises ConfigError for an option of a group that no defaults list names."""
        for key, item in self.chosen.items():
            if key not in self.used:
                help = _nearest(key, known) or f"`+{item.text}` adds it to the primary config's"
                raise ConfigError(item.place, f"no defaults list names `{key}`", help)
        for key, item in self.removed.items():
            if key not in self.used:
                raise ConfigError(
                    item.place, f"no defaults list names `{item.text[1:]}`", _nearest(key, known)
                )


def sorted_out(overrides: Sequence[Override], is_group: Callable[[str], bool]) -> CommandLine:
    """Tells options of groups from values, as Hydra does: where there is a folder of the name, it is a group.

    Raises ConfigError for an option that is no name.
    """
    found = CommandLine()
    for item in overrides:
        value = plain(item.node) if item.node is not None else None
        if isinstance(value, dict) or not is_group(item.path):
            found.values.append(item)
        elif item.removes:
            found.removed[item.key] = item
        elif item.forces:
            raise ConfigError(item.place, "an option of a group is added with one `+`", f"`{item.text[1:]}`")
        elif not isinstance(value, str | list):
            raise ConfigError(
                item.place, f"`{item.path}` is a group, and its option is a name", _option_help(item)
            )
        elif item.adds:
            found.appended.append(
                Default(
                    item.path, item.place, _option(item), grouped=True, package=item.package, appended=True
                )
            )
        else:
            found.chosen[item.key] = item
    return found


def _option(item: Override) -> str | tuple[str, ...]:
    value = plain(item.node) if item.node is not None else ""
    return tuple(map(str, value)) if isinstance(value, list) else str(value)


def _option_help(item: Override) -> str:
    if item.node is None or plain(item.node) is None:
        return f"`~{item.key}` takes it out of the defaults"
    return f"quote it: `{item.key}='\"{plain(item.node)}\"'`"


@dataclass
class Choices:
    """What is chosen while one primary config's defaults are followed."""

    said: CommandLine
    known: dict[str, str | None] = field(default_factory=dict)  # what each key stands for, in the end
    _overriding: dict[str, Default] = field(default_factory=dict)
    _used: set[str] = field(default_factory=set)

    def note(self, entries: Sequence[Default], path: str) -> None:
        """Notes the `override` entries of a list. What is said first, or further out, holds.

        Raises ConfigError where one stands before another entry.
        """
        last: Default | None = None
        for entry in entries:
            if entry.overrides:
                last = entry
                if entry.key not in self.said.chosen:
                    self._overriding.setdefault(entry.key, entry)
            elif last is not None and not entry.appended and not entry.is_self:
                raise ConfigError(
                    last.place,
                    f"`override {last.key}` stands before other entries of {path}",
                    "put what overrides at the end of the list",
                )

    def of(self, entry: Default) -> Default:
        """The entry with the option that is chosen for it."""
        if not entry.grouped:
            return entry
        key = entry.key
        if key in self.said.chosen:
            self.said.used.add(key)
            chosen = self.said.chosen[key]
            return replace(entry, option=_option(chosen), place=chosen.place)
        if key in self._overriding:
            self._used.add(key)
            return replace(entry, option=self._overriding[key].option, place=self._overriding[key].place)
        return entry

    def takes_out(self, entry: Default) -> bool:
        """Whether the command line takes an entry out of its list (`~model`, `~model=big`)."""
        item = self.said.removed.get(entry.key) if entry.grouped else None
        wanted = plain(item.node) if item is not None and item.node is not None else None
        if item is None or wanted not in (None, entry.name):
            return False
        self.said.used.add(entry.key)
        return True

    def keep(self, entry: Default) -> None:
        """Notes what a key stands for. Raises ConfigError where it stands for something else already."""
        if not entry.grouped:
            return
        if self.known.setdefault(entry.key, entry.name) != entry.name:
            raise ConfigError(
                entry.place,
                f"`{entry.key}` is `{self.known[entry.key]}` already, and `{entry.name}` here",
                f"write `override {entry.key}: {entry.name}` to have another",
            )

    def check_used(self) -> None:
        """Raises ConfigError for an `override` entry that overrides nothing."""
        for key, entry in self._overriding.items():
            if key not in self._used:
                raise ConfigError(
                    entry.place,
                    f"`override {key}` overrides nothing: no entry before it is of `{key}`",
                    self._help(entry),
                )

    def _help(self, entry: Default) -> str:
        if entry.group in self.known:
            return (
                f"a package counts from the config's own: `override /{entry.group}@_global_: {entry.option}`"
            )
        return _nearest(entry.key, self.known) or "write it without `override` to add it"


def _nearest(key: str, known: Iterable[str]) -> str | None:
    names = [*known]
    return suggestion_or_list(key, names, "what the defaults choose") if names else None

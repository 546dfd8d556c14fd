"""The entries of a `defaults` list: which config each names, and where in the result that goes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from getdsl.importing.config import ConfigError, Items, Leaf, Node, Place, Table

KEYWORDS = ("override", "optional")


@dataclass(frozen=True)
class Default:
    """An entry: a config by its name, or a group and what is chosen of it.

    `base` is the group of the config that it stands in, and `outer` that config's package.
    """

    written: str  # the name or the group, from the root where it begins with a slash
    place: Place
    option: str | tuple[str, ...] | None = None  # of a group
    grouped: bool = False
    package: str | None = None
    optional: bool = False
    overrides: bool = False
    appended: bool = False  # by the command line
    base: str = ""
    outer: str = ""

    @property
    def is_self(self) -> bool:
        return self.written == "_self_"

    @property
    def group(self) -> str:
        """The folders that the config lies in."""
        inside = self._folders()
        return (
            inside if self.written.startswith("/") or not self.base else f"{self.base}/{inside}".rstrip("/")
        )

    @property
    def name(self) -> str | None:
        """The config's name in its group; none where nothing is chosen."""
        if self.grouped:
            assert not isinstance(self.option, tuple)
            return self.option
        return self.written.rpartition("/")[2]

    @property
    def path(self) -> str:
        return f"{self.group}/{self.name}".removeprefix("/")

    @property
    def key(self) -> str:
        """What `override` and the command line call it: the group, with its package where that is another."""
        usual, package = self.group.replace("/", "."), self.destination(None)
        return self.group if package == usual else f"{self.group}@{package or '_global_'}"

    def destination(self, header: str | None) -> str:
        """The package that the config's content goes to, where its file's header says `header`."""
        own = self.package if self.package is not None else header
        if own is None:
            own = self._folders().replace("/", ".")
        path = ".".join(step for step in (self.outer, own) if step)
        return path.rpartition("_global_")[2].removeprefix(".")

    def placed(self, base: str, outer: str) -> Default:
        """The entry as one of a config's list."""
        found = replace(self, base=base, outer=outer)
        if self.package is not None and "_group_" in self.package:
            package = self.package.replace("_group_", found.group.replace("/", "."))
            return replace(found, package=f"_global_.{package}")
        return found

    def each(self) -> Iterator[Default]:
        """The configs of several options, each by its name."""
        assert isinstance(self.option, tuple)
        for option in self.option:
            yield replace(self, written=f"{self.written}/{option}", option=None, grouped=False)

    def _folders(self) -> str:
        inside = self.written.removeprefix("/")
        return inside if self.grouped else inside.rpartition("/")[0]


def entries_of(defaults: Node | None) -> list[Default]:
    """The entries of a list. Raises ConfigError for what is none."""
    if defaults is None:
        return []
    if not isinstance(defaults, Items):
        raise ConfigError(defaults.place, "`defaults` is a list", "write `- model: NAME` lines under it")
    return [_entry(item) for item in defaults.items]


def _entry(item: Node) -> Default:
    if isinstance(item, Leaf) and isinstance(item.value, str):
        name, package = _package(item.value)
        return Default(name, item.place, package=package)
    if not isinstance(item, Table) or len(item.entries) != 1:
        raise ConfigError(
            item.place, "an entry of `defaults` is a name or `group: name`", "for example `- model: NAME`"
        )
    [(key, value)] = item.entries.items()
    *keywords, named = key.split()
    group, package = _package(named)
    if not group or set(keywords) - set(KEYWORDS):
        raise ConfigError(item.place, f"`{key}` names no group of configs")
    return Default(
        group,
        item.place,
        _option(value),
        grouped=True,
        package=package,
        optional="optional" in keywords,
        overrides="override" in keywords,
    )


def _package(text: str) -> tuple[str, str | None]:
    """A name, and the package that is said with it: `_here_` is that of the config it stands in."""
    name, sign, package = text.strip().partition("@")
    return name, ("" if package == "_here_" else package) if sign else None


def _option(value: Node) -> str | tuple[str, ...] | None:
    if isinstance(value, Leaf) and (value.value is None or isinstance(value.value, str)):
        return value.value
    if isinstance(value, Items):
        names = [item.value for item in value.items if isinstance(item, Leaf)]
        if len(names) == len(value.items) and all(isinstance(name, str) for name in names):
            return tuple(names)
    raise ConfigError(
        value.place, "an option of `defaults` is a name", "for example `- model: NAME`; quote a number"
    )

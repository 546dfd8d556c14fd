"""The words that sections are declared in.

A section's settings are a class whose annotations say everything that is known of them:

    class Train(Table):
        epochs: Annotated[int, Doc("passes over the training samples"), Bound(least=1)] = 10

From it come the JSON Schema that validates, the typed value, `getdsl explain train` and docs/sections.md.
Modules with declarations evaluate their annotations: they do without `from __future__ import annotations`.
"""

from collections.abc import Iterable, Mapping
from inspect import get_annotations
from typing import ClassVar, Literal, NamedTuple, Self, dataclass_transform, get_origin

from getdsl.compiler.sections.facts import Facts
from getdsl.compiler.sections.settings import Settings
from getdsl.diagnostics import Diagnostic

Format = Literal["path", "weights", "source", "genome"]


class Doc(NamedTuple):
    """What a setting means, and what holds without it where its default does not say so."""

    text: str
    without: str = ""


class Bound(NamedTuple):
    """What a value must hold beside its type; `items` is the least number of them, in a list or table."""

    least: float | None = None
    above: float | None = None
    most: float | None = None
    below: float | None = None
    items: int | None = None
    distinct: bool = False
    pattern: str | None = None
    format: Format | None = None
    wanted: str | None = None  # how a message says what is wanted
    told_by: str | None = None  # another setting of the table, whose file tells this one


@dataclass_transform(frozen_default=True, kw_only_default=True)
class Table:
    """Settings by name, each an annotated attribute; what has no default must be given.

    Like a frozen dataclass, whose generated methods would cost each `check` half a millisecond a class.
    """

    def __init__(self, **given: object) -> None:
        names = settings_of(type(self))
        missing = [name for name in names if name not in given and not hasattr(type(self), name)]
        if missing or given.keys() - names.keys():
            raise TypeError(f"{type(self).__name__} takes {', '.join(names)}, not {', '.join(given)}")
        self.__dict__.update(given)

    def replaced(self, **changes: object) -> Self:
        """The same settings, with some changed."""
        return type(self)(**{**self.__dict__, **changes})

    def check(self, settings: Settings, facts: Facts) -> Iterable[Diagnostic]:
        """What does not go together with the rest of the spec; `settings` know the places."""
        return ()

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"settings do not change: `{name}`")

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and values(other) == values(self)

    def __hash__(self) -> int:
        return hash((type(self), str(values(self))))

    def __repr__(self) -> str:
        return (
            f"{type(self).__name__}({', '.join(f'{name}={item!r}' for name, item in values(self).items())})"
        )


class Choice(Table):
    """Settings that are written as a call: `AdamW(lr = 1e-3)`."""

    word: ClassVar[str]
    positional: ClassVar[tuple[str, ...]] = ()


def settings_of(table: type) -> Mapping[str, object]:
    """The settings of a table with their types, those of its base first."""
    found: dict[str, object] = {}
    for base in reversed(table.__mro__):
        own = get_annotations(base)
        found |= {name: kind for name, kind in own.items() if not _of_class(kind)}
    return found


def _of_class(kind: object) -> bool:
    origin: object = get_origin(kind)
    return origin is ClassVar


def values(table: object) -> dict[str, object]:
    """The settings of a table as they are, defaults among them."""
    return {name: getattr(table, name) for name in settings_of(type(table))}

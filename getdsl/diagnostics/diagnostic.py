"""A diagnostic as data: what is wrong, where, why, and how to mend it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from getdsl.diagnostics.fixes import Fix
from getdsl.diagnostics.spellings import renew_effort
from getdsl.text.source import Span

Severity = Literal["error", "warning", "note"]


@dataclass(frozen=True)
class Label:
    """A place that the reader should look at, and what stands there."""

    span: Span
    text: str = ""


@dataclass(frozen=True)
class Diagnostic:
    code: str
    message: str
    primary: Label | None
    labels: tuple[Label, ...] = ()
    notes: tuple[str, ...] = ()
    help: str | None = None
    severity: Severity = "error"
    fixes: tuple[Fix, ...] = ()


@dataclass
class Diagnostics:
    """Collects diagnostics; the same mistake at the same place is kept once."""

    items: list[Diagnostic] = field(default_factory=list)
    mistakes: int = 0  # how many of them are errors
    told: int = 0  # how often something was added, be it known already
    _seen: set[tuple[str, str, str]] = field(default_factory=set)

    def __post_init__(self) -> None:
        renew_effort()

    def add(self, diagnostic: Diagnostic) -> None:
        self.told += 1
        place = str(diagnostic.primary.span) if diagnostic.primary else ""
        key = (diagnostic.code, place, diagnostic.message)
        if key not in self._seen:
            self._seen.add(key)
            self.items.append(diagnostic)
            self.mistakes += diagnostic.severity == "error"

    @property
    def errors(self) -> list[Diagnostic]:
        return [item for item in self.items if item.severity == "error"]

    def sorted(self) -> list[Diagnostic]:
        """By file, then by place; those without a place first."""

        def key(item: Diagnostic) -> tuple[str, int]:
            return (item.primary.span.file.name, item.primary.span.start) if item.primary else ("", -1)

        return sorted(self.items, key=key)

    def __iter__(self) -> Iterator[Diagnostic]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)

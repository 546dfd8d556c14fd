"""A diagnostic as data: what is wrong, where, why, and how to mend it."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Literal

from getdsl.diagnostics.codes import CODES
from getdsl.source import Span

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

    def __post_init__(self) -> None:
        assert self.code in CODES, f"unknown diagnostic code {self.code}"


@dataclass
class Diagnostics:
    """Collects diagnostics; the same mistake at the same place is kept once."""

    items: list[Diagnostic] = field(default_factory=list)
    _seen: set[tuple[str, str, str]] = field(default_factory=set)

    def add(self, diagnostic: Diagnostic) -> None:
        place = str(diagnostic.primary.span) if diagnostic.primary else ""
        key = (diagnostic.code, place, diagnostic.message)
        if key not in self._seen:
            self._seen.add(key)
            self.items.append(diagnostic)

    def report(
        self,
        code: str,
        message: str,
        span: Span | None,
        text: str = "",
        *,
        labels: Iterable[Label] = (),
        notes: Iterable[str] = (),
        help: str | None = None,
        severity: Severity = "error",
    ) -> None:
        primary = Label(span, text) if span is not None else None
        self.add(Diagnostic(code, message, primary, tuple(labels), tuple(notes), help, severity))

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


class SpecError(Exception):
    """Raised by the Python API when a spec, or what it is applied to, is wrong."""

    def __init__(self, diagnostics: Iterable[Diagnostic]) -> None:
        from getdsl.diagnostics.text import render_text

        self.diagnostics = list(diagnostics)
        super().__init__("\n" + render_text(self.diagnostics))


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that was probably meant, or None where nothing is near."""
    names = sorted({name for name in known if name})
    same = [name for name in names if name.lower() == word.lower()]
    return next(iter(same or difflib.get_close_matches(word, names, n=1, cutoff=0.6)), None)


def suggestion(word: str, known: Iterable[str]) -> str | None:
    """A line of help that names the nearest known word, or None where nothing is near."""
    near = nearest(word, known)
    return f"did you mean `{near}`?" if near is not None else None


def suggestion_or_list(word: str, known: Iterable[str], what: str) -> str:
    """Like `suggestion`, falling back on the list of what is there."""
    names = sorted(set(known))
    found = suggestion(word, names)
    if found:
        return found
    if not names:
        return f"there are no {what} here"
    shown = ", ".join(f"`{name}`" for name in names[:12])
    return f"{what}: {shown}" + (f" and {len(names) - 12} more" if len(names) > 12 else "")


class UserError(Exception):
    """Something that the user can mend, outside of a spec: a sentence, and one line of help."""

    def __init__(self, message: str, help: str | None = None) -> None:
        super().__init__(message)
        self.help = help

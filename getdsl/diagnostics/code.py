"""A code: what its mistakes have in common, how it is explained, and how a mistake of it is made."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from getdsl.diagnostics.diagnostic import Diagnostic, Label, Severity
from getdsl.diagnostics.examples import as_text, examples_of
from getdsl.diagnostics.fixes import Help
from getdsl.text.source import Span
from getdsl.text.visible import visible


@dataclass(frozen=True)
class Code:
    """A stable code; an example that is wrong and one that is right stand in `examples/`."""

    id: str
    title: str
    text: str

    @property
    def explanation(self) -> str:
        """What `getdsl explain` prints below the title."""
        return f"{self.text}\n\n{as_text(examples_of(self.id))}"

    def at(
        self,
        place: Span | None,
        message: str,
        text: str = "",
        *,
        labels: Iterable[Label] = (),
        notes: Iterable[str] = (),
        help: str | Help | None = None,
        severity: Severity = "error",
    ) -> Diagnostic:
        """A mistake of this code; `text` stands under its place.

        The message is a line, also where it quotes a name that has several. A help brings its fix.
        """
        primary = Label(place, text) if place is not None else None
        told = visible(message, keep="")
        line = help.text if isinstance(help, Help) else help
        fixes = (help.fix,) if isinstance(help, Help) and help.fix is not None else ()
        return Diagnostic(self.id, told, primary, tuple(labels), tuple(notes), line, severity, fixes)

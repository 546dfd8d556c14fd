"""What is raised where a user can mend something."""

from __future__ import annotations

from collections.abc import Iterable

from getdsl.diagnostics.diagnostic import Diagnostic
from getdsl.diagnostics.text import render_text


class SpecError(Exception):
    """Raised by the Python API when a spec, or what it is applied to, is wrong."""

    def __init__(self, diagnostics: Iterable[Diagnostic]) -> None:
        self.diagnostics = list(diagnostics)
        super().__init__("\n" + render_text(self.diagnostics))


class UserError(Exception):
    """Something that the user can mend, outside of a spec: a sentence, and one line of help."""

    def __init__(self, message: str, help: str | None = None) -> None:
        super().__init__(message)
        self.help = help

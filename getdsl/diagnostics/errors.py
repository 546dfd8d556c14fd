"""What is raised where a user can mend something."""

from __future__ import annotations

import os
from collections.abc import Iterable

from getdsl.diagnostics.diagnostic import Diagnostic
from getdsl.diagnostics.text import render_text
from getdsl.displayed import Displayed
from getdsl.text.visible import visible


class SpecError(Exception, Displayed, by="diagnostics:error"):
    """Raised by the Python API when a spec, or what it is applied to, is wrong."""

    def __init__(self, diagnostics: Iterable[Diagnostic]) -> None:
        self.diagnostics = list(diagnostics)
        super().__init__("\n" + render_text(self.diagnostics))

    def _render_traceback_(self) -> list[str]:
        """What IPython shows instead of Python's traceback."""
        return [render_text(self.diagnostics, color=not os.environ.get("NO_COLOR"))]


class UserError(Exception):
    """Something that the user can mend, outside of a spec: a sentence, and one line of help."""

    def __init__(self, message: str, help: str | None = None) -> None:
        super().__init__(message)
        self.help = help

    def _render_traceback_(self) -> list[str]:
        """What IPython shows instead of Python's traceback."""
        help = [f"  = help: {visible(self.help)}"] if self.help else []
        return [f"error: {visible(str(self))}", *help]

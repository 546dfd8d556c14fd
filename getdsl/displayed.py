"""What has a display in notebooks; `getdsl/notebook/` builds it when one is asked for."""

from __future__ import annotations

from importlib import import_module
from typing import Any, ClassVar


class Displayed:
    """An object whose class names the function that shows it: `class Plan(Displayed, by="plans:plan")`.

    The room of those functions stands above all that it shows, and is imported for a notebook only.
    """

    shown_by: ClassVar[str]

    def __init_subclass__(cls, by: str | None = None, **other: Any) -> None:
        super().__init_subclass__(**other)
        if by is not None:
            cls.shown_by = by

    def _repr_html_(self) -> str:
        """A piece of HTML, its own style within; whatever it shows of users' texts is escaped."""
        module, function = self.shown_by.split(":")
        shown: str = getattr(import_module(f"getdsl.notebook.{module}"), function)(self)
        return shown

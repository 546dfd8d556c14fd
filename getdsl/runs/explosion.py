"""A loss or weights that are no numbers any more, and what is left of the run before."""

from __future__ import annotations

from pathlib import Path

from getdsl.diagnostics import UserError
from getdsl.runs.checkpoint import LAST

HELP = "lower the learning rate, or set `gradient_clip` in `train`"


class ExplodedError(UserError):
    """Training that went out of bounds."""

    def __init__(self, message: str, help: str = HELP) -> None:
        super().__init__(message, help)

    def with_kept(self, folder: Path) -> ExplodedError:
        """The same, with the checkpoint that stands in the run's folder, none of whose weights is NaN."""
        if not (folder / LAST).exists():
            return self
        return ExplodedError(
            str(self), f"{HELP}; `{folder / LAST}` is from before, and `load` takes its weights"
        )

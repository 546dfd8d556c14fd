"""How long something goes on: so many epochs, or so many steps of the optimizer."""

from collections.abc import Iterator
from typing import Annotated

from getdsl.compiler.sections.declare import Bound, Doc, Table
from getdsl.compiler.sections.settings import Settings
from getdsl.diagnostics import Diagnostic
from getdsl.diagnostics.mistakes import sections as mistakes


class Length(Table):
    """Epochs or steps: one of the two."""

    epochs: Annotated[int | None, Doc("passes over the training samples", "see `steps`"), Bound(least=1)] = (
        None
    )
    steps: Annotated[int | None, Doc("steps of the optimizer", "see `epochs`"), Bound(least=1)] = None

    def check_as(self, owner: str, settings: Settings) -> Iterator[Diagnostic]:
        """`owner` is how messages name what is so long."""
        if self.epochs is not None and self.steps is not None:
            yield mistakes.two_lengths(owner, settings.place(("steps",)), settings.place(("epochs",)))
        elif self.epochs is None and self.steps is None:
            yield mistakes.no_length(owner, settings.span)

"""The picture of a model, in the colours of the page around it."""

from __future__ import annotations

from getdsl.diagnostics import UserError
from getdsl.drawing.drawn import Drawn
from getdsl.drawing.layout import lay_out
from getdsl.drawing.palette import DARK, LIGHT
from getdsl.drawing.svg import svg
from getdsl.notebook.framed import framed, sentence, title
from getdsl.notebook.style import themed

COLOURS = {name: f"var(--{name})" for name in LIGHT} | {"page": "none"}


def drawn(drawn: Drawn) -> str:
    """The SVG itself; where nothing is there that lays it out, how to get that."""
    picture = drawn.picture
    try:
        laid = lay_out(picture, drawn.opened)
    except UserError as error:
        return framed([title(picture.title), sentence(error)])
    return framed(
        [f"<style>{themed(LIGHT, DARK)}</style>", f'<div class="drawn">{svg(picture, laid, COLOURS)}</div>']
    )

"""What all displays stand in: a box with its style, and the few pieces that they share."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from html import escape

from getdsl.diagnostics import UserError
from getdsl.notebook.style import STYLE
from getdsl.runs.page.html import table, wide
from getdsl.text.visible import visible


def framed(parts: Iterable[str]) -> str:
    """Pieces of HTML as one display."""
    inside = "\n".join(part for part in parts if part)
    return f'<div class="getdsl"><style>{STYLE}</style>\n{inside}\n</div>'


def shown(text: object) -> str:
    """Any text, escaped."""
    return escape(visible(str(text)))


def title(name: str, *facts: str) -> str:
    """A name, and what there is to say of it in few words."""
    said = "".join(f'<span class="soft">{shown(fact)}</span>' for fact in facts if fact)
    return f'<div class="title"><b>{shown(name)}</b>{said}</div>'


def sentence(error: UserError) -> str:
    """What stands in the way of a display, and the mend."""
    help = f'<br><span class="soft">{shown(error.help)}</span>' if error.help else ""
    return f"<p>{shown(error)}{help}</p>"


def rows(
    heads: Sequence[str], lines: Sequence[Sequence[str]], numbers: Collection[int] = (), most: int = 200
) -> str:
    """A table of the first lines, and how many more there are."""
    seen = [[visible(cell) for cell in line] for line in lines[:most]]
    left = f'<p class="soft">… and {len(lines) - most:,} more</p>' if len(lines) > most else ""
    return wide(table(heads, seen, numbers) + left)


def folded(summary: str, content: str, *, opened: bool = False) -> str:
    """What is seen after a click."""
    return f"<details{' open' if opened else ''}><summary>{shown(summary)}</summary>{content}</details>"

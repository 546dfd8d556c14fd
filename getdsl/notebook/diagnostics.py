"""Diagnostics in HTML: the lines and marks of the terminal, and a link from each code to its page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

from getdsl.diagnostics import Diagnostic, SpecError
from getdsl.diagnostics.pages import page_of
from getdsl.diagnostics.text import COLORS, RESET, SHOWN, render_text
from getdsl.notebook.framed import framed, shown


def error(wrong: SpecError) -> str:
    return framed(told(wrong.diagnostics))


def told(diagnostics: Sequence[Diagnostic]) -> Iterator[str]:
    """Each in a box of its own; of very many the first, and how many more there are."""
    yield from map(_box, diagnostics[:SHOWN])
    if len(diagnostics) > SHOWN:
        yield f"<p>… and {len(diagnostics) - SHOWN:,} more</p>"


def _box(item: Diagnostic) -> str:
    _, _, below = render_text([item], color=True).partition("\n")
    code = f"{item.severity}[{shown(item.code)}]"
    page = page_of(item.code)
    if page is not None and page.startswith("http"):
        code = f'<a href="{escape(page)}" target="_blank" rel="noopener">{code}</a>'
    head = f'<p><span class="code {item.severity}">{code}</span>: <b>{shown(item.message)}</b></p>'
    excerpt = f"<pre>{_painted(below)}</pre>" if below else ""
    return f'<div class="told {item.severity}">{head}{excerpt}</div>'


def _painted(text: str) -> str:
    """What was painted for a terminal; users' texts hold no colours of their own, they are escaped there."""
    html = escape(text)
    for kind, colour in COLORS.items():
        html = html.replace(colour, f'<span class="{kind}">')
    return html.replace(RESET, "</span>")

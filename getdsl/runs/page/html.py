"""Pieces of HTML: whatever text they are given is escaped."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Collection, Iterable, Sequence
from html import escape

POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"  # a browser fetches nothing


def document(title: str, style: str, body: Iterable[str]) -> str:
    """A whole page, in UTF-8."""
    head = (
        f'<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        f"<title>{escape(title)}</title><style>{style}</style>"
    )
    shown = "\n".join(body)
    return f'<!doctype html>\n<html lang="en"><head>{head}</head>\n<body>\n{shown}\n</body></html>\n'


def table(heads: Sequence[str], rows: Iterable[Sequence[str]], numbers: Collection[int] = ()) -> str:
    """A table; the columns of `numbers` stand to the right."""

    def line(tag: str, cells: Sequence[str]) -> str:
        marked = (
            f"<{tag}{' class=number' if number in numbers else ''}>{escape(cell)}</{tag}>"
            for number, cell in enumerate(cells)
        )
        return f"<tr>{''.join(marked)}</tr>"

    return "\n".join(
        ["<table>", *([line("th", heads)] if heads else []), *(line("td", row) for row in rows), "</table>"]
    )


def wide(content: str) -> str:
    """What may be wider than the page, and is moved by itself then."""
    return f'<div class="scroll">{content}</div>'


def picture(data: bytes, kind: str, alt: str) -> str:
    """`kind` is `png` or `svg+xml`; no script in it runs."""
    return f'<img alt="{escape(alt)}" src="data:image/{kind};base64,{b64encode(data).decode()}">'

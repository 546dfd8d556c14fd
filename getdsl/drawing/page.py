"""A picture as one HTML page that needs nothing else: it lays out, folds and searches by its own script."""

from __future__ import annotations

import hashlib
import json
from base64 import b64encode
from collections.abc import Collection
from html import escape

from getdsl.drawing.data import picture_data
from getdsl.drawing.page_frame import figures_line
from getdsl.drawing.palette import DARK, LIGHT, variables
from getdsl.drawing.picture import Picture
from getdsl.drawing.web_files import layout_script, shipped
from getdsl.text.visible import visible


def page(picture: Picture, opened: Collection[str]) -> str:
    """The page, with these boxes opened. A browser fetches nothing for it and runs no other script."""
    script, style = f"{layout_script()}\n{shipped('page.js')}", _style()
    assert "</script" not in script
    policy = f"default-src 'none'; img-src data:; script-src '{_hash(script)}'; style-src '{_hash(style)}'"
    title = _escaped(picture.title)
    return "".join(
        [
            '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
            f"<title>{title}</title><style>{style}</style></head>\n<body>",
            shipped("body.html").format(title=title, figures=_escaped(figures_line(picture))),
            f'<script type="application/json" id="picture">{_data(picture, opened)}</script>\n',
            f"<script>{script}</script>\n</body></html>\n",
        ]
    )


def _data(picture: Picture, opened: Collection[str]) -> str:
    """JSON in which nothing ends the script that it stands in."""
    text = json.dumps({"picture": picture_data(picture), "opened": sorted(opened)}, separators=(",", ":"))
    return text.replace("<", "\\u003c")


def _style() -> str:
    roles = "".join(f".f-{role} {{ fill: var(--{role}) }}\n" for role in LIGHT)
    roles += "".join(f".l-{role} {{ stroke: var(--{role}) }}\n" for role in LIGHT)
    dark = f"@media (prefers-color-scheme: dark) {{ :root {{ {variables(DARK)} }} }}\n"
    return f":root {{ {variables(LIGHT)} }}\n{dark}path {{ fill: none }}\n{roles}{shipped('page.css')}"


def _hash(text: str) -> str:
    return f"sha256-{b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _escaped(text: str) -> str:
    return escape(visible(text))

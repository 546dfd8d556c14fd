"""The files in JavaScript and CSS that pictures need; ELK's is the one that elkjs 0.12.1 publishes."""

from __future__ import annotations

from pathlib import Path

from getdsl.text.opener import SHIPPED, read_text

FOLDER = Path(__file__).parent / "web"


def shipped(name: str) -> str:
    return read_text(FOLDER / name, SHIPPED)


NOTE = "// elkjs 0.12.1, EPL-2.0 OR GPL-3.0-or-later; its source: https://github.com/kieler/elkjs"


def layout_script() -> str:
    """Defines `Elk`, the library, and `Drawing`, which lays out with it."""
    lines = (
        NOTE,
        "const Elk = (() => {",
        "const module = { exports: {} }, exports = module.exports;",
        shipped("elk-worker.min.js"),
        "return module.exports;",
        "})();",
        shipped("drawing.js"),
    )
    return "\n".join(lines)

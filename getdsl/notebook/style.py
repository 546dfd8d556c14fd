"""The look of displays: in the colours of the page around them, light and dark."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from getdsl.drawing.palette import variables
from getdsl.text.opener import SHIPPED, read_text

LIGHT = {
    "soft": "#5b6470",
    "line": "#d5dae0",
    "card": "#f5f7f9",
    "word": "#0b5cad",
    "string": "#9a4a00",
    "figure": "#00694c",
    "error": "#c62828",
    "warning": "#8a5d00",
    "note": "#0b6fa4",
    "loaded": "#00785a",
    "new": "#2b78b4",
    "missing": "#c62828",
    "trained": "#d5730f",
    "adapted": "#c0408e",
    "frozen": "#8a96a3",
}
DARK = {
    "soft": "#a3aebb",
    "line": "#3d4651",
    "card": "#20252c",
    "word": "#7db8f0",
    "string": "#f0a868",
    "figure": "#66cfae",
    "error": "#ff8a80",
    "warning": "#e3b341",
    "note": "#6db6e8",
    "loaded": "#3fc79c",
    "new": "#5a9fd4",
    "missing": "#ff8a80",
    "trained": "#e8933a",
    "adapted": "#e17fbb",
    "frozen": "#66737f",
}
TOLD_LIGHT = ('[data-jp-theme-light="true"]', ".vscode-light", '[data-theme="light"]', '[theme="light"]')
TOLD_DARK = ('[data-jp-theme-light="false"]', ".vscode-dark", '[data-theme="dark"]', '[theme="dark"]')
LOOK = read_text(Path(__file__).with_name("display.css"), SHIPPED)


def themed(light: Mapping[str, str], dark: Mapping[str, str]) -> str:
    """Colours as variables of the displays: by what the notebook says of itself, else as the system is."""
    dark_rule = f".getdsl {{ {variables(dark)} }}"
    return "\n".join(
        [
            f".getdsl {{ {variables(light)} }}",
            f"@media (prefers-color-scheme: dark) {{ {dark_rule} }}",
            f"{_within(TOLD_LIGHT)} {{ {variables(light)} }}",
            f"{_within(TOLD_DARK)} {{ {variables(dark)} }}",
        ]
    )


def _within(marks: tuple[str, ...]) -> str:
    return ", ".join(f"{mark} .getdsl" for mark in marks)


STYLE = themed(LIGHT, DARK) + LOOK

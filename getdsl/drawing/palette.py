"""The colours of pictures, by what they stand for, light and dark; the hues are Okabe and Ito's."""

from __future__ import annotations

from collections.abc import Mapping

LIGHT: Mapping[str, str] = {
    "page": "#ffffff",
    "ink": "#1b2129",
    "soft": "#566171",
    "edge": "#76828f",
    "hatch": "#c3ced9",
    "loaded": "#00785a",
    "adapted": "#c0408e",
    "input-fill": "#e3f2fb",
    "input-line": "#3f9fd8",
    "parameter-fill": "#f8ebf3",
    "parameter-line": "#c779a4",
    "block-fill": "#eaf1f9",
    "block-line": "#2b78b4",
    "repeat-fill": "#dbe8f5",
    "repeat-line": "#2b78b4",
    "head-fill": "#fdeedd",
    "head-line": "#d5730f",
    "operation-fill": "#f3f5f7",
    "operation-line": "#b4bdc8",
    "output-fill": "#e0f4ed",
    "output-line": "#009e73",
    "group-fill": "#fafbfc",
    "group-line": "#9fb3c6",
    "knob-fill": "#ffffff",
    "knob-line": "#9fb0c0",
}
DARK: Mapping[str, str] = {
    "page": "#14181d",
    "ink": "#e8ebef",
    "soft": "#a3aebb",
    "edge": "#8793a1",
    "hatch": "#34485c",
    "loaded": "#3fc79c",
    "adapted": "#e17fbb",
    "input-fill": "#16303f",
    "input-line": "#56b4e9",
    "parameter-fill": "#38222f",
    "parameter-line": "#cc79a7",
    "block-fill": "#19293a",
    "block-line": "#5a9fd4",
    "repeat-fill": "#20364d",
    "repeat-line": "#5a9fd4",
    "head-fill": "#3d2a14",
    "head-line": "#e8933a",
    "operation-fill": "#22282f",
    "operation-line": "#566170",
    "output-fill": "#12352b",
    "output-line": "#2bb58b",
    "group-fill": "#191e24",
    "group-line": "#4d5d6e",
    "knob-fill": "#262d35",
    "knob-line": "#66737f",
}


def variables(colours: Mapping[str, str]) -> str:
    """As properties of a style sheet."""
    return "; ".join(f"--{name}: {colour}" for name, colour in colours.items())

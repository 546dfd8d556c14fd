"""What stands in a box: its name, and below it what it is."""

from __future__ import annotations

from getdsl.compiler.graph.dimensions import Dim
from getdsl.compiler.work.units import flops_text
from getdsl.drawing.picture import Box
from getdsl.text.visible import visible

LONGEST = 42  # characters in a line
MARKS = {"frozen": "frozen", "loaded": "loaded", "adapted": "LoRA"}


def captions(box: Box) -> tuple[str, ...]:
    """One line for an operation, two for all else."""
    if box.kind == "operation":
        return (_short(box.what),)
    times = f" × {box.times}" if box.kind == "repeat" else ""
    return _short(box.name + times), _short(_type(box) if box.kind in ("input", "output") else _what(box))


def marked(box: Box) -> str:
    """What the spec does with its weights, in brackets, where no sign can be drawn."""
    found = [
        word if box.weights.states[name] else f"{word} in part"
        for name, word in MARKS.items()
        if name in box.weights.states
    ]
    return f"[{', '.join(found)}]" if found else ""


def _what(box: Box) -> str:
    if box.weights.size:
        return f"{box.what} · {flops_text(Dim.of(box.weights.size))}"
    return f"{box.what} · shared" if box.shares else box.what


def _type(box: Box) -> str:
    return (box.gives or box.takes)[0].type


def _short(text: str) -> str:
    shown = visible(text, keep="")
    return shown if len(shown) <= LONGEST else f"{shown[: LONGEST - 1]}…"

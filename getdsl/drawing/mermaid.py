"""A picture in Mermaid, which GitHub and many wikis draw."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from getdsl.drawing.captions import captions, marked
from getdsl.drawing.outline import arrows, is_open
from getdsl.drawing.palette import LIGHT
from getdsl.drawing.picture import Box, Inside, Picture

SHAPES = {
    "input": ("[/", "/]"),
    "parameter": ("{{", "}}"),
    "block": ("(", ")"),
    "head": ("[", "]"),
    "operation": ("([", "])"),
    "repeat": ("[[", "]]"),
    "output": ("([", "])"),
}
PLAIN = re.compile(r"[^\w .,:·×…+−-]", re.ASCII)


def mermaid(picture: Picture, opened: Collection[str]) -> str:
    """A flowchart; an opened box is a subgraph, with a circle for each of its ports."""
    names = _Names()
    lines = ["flowchart TD", *_boxes(picture.inside, opened, names, "  ")]
    for arrow in arrows(picture, opened):
        source, target = names.of(*arrow.source), names.of(*arrow.target)
        lines.append(f'  {source} -->|"{_escaped(arrow.type)}"| {target}')
    kinds = dict.fromkeys(box.kind for box in picture.inside.walk())
    for kind in kinds:
        fill, line = LIGHT[f"{kind}-fill"], LIGHT[f"{kind}-line"]
        lines.append(f"  classDef {kind} fill:{fill},stroke:{line},color:{LIGHT['ink']}")
    lines.append("  classDef frozen stroke-dasharray:4 3")
    return "\n".join(lines) + "\n"


class _Names:
    """Short names of Mermaid's own, whatever ours are."""

    def __init__(self) -> None:
        self.known: dict[tuple[str, str, str], str] = {}

    def of(self, box: str, way: str = "", port: str = "") -> str:
        return self.known.setdefault((box, way, port), f"n{len(self.known)}")


def _boxes(inside: Inside, opened: Collection[str], names: _Names, pad: str) -> Iterator[str]:
    for box in inside.boxes:
        if not is_open(box, opened):
            before, after = SHAPES[box.kind]
            frozen = f"\n{pad}class {names.of(box.id)} frozen" if box.weights.states.get("frozen") else ""
            yield f'{pad}{names.of(box.id)}{before}"{_label(box)}"{after}:::{box.kind}{frozen}'
            continue
        assert box.inside is not None
        yield f'{pad}subgraph {names.of(box.id)}["{_label(box)}"]'
        for way, ports in (("in", box.takes), ("out", box.gives)):
            yield from (f'{pad}  {names.of(box.id, way, port.name)}((" "))' for port in ports)
        yield from _boxes(box.inside, opened, names, f"{pad}  ")
        yield f"{pad}end"


def _label(box: Box) -> str:
    return "<br>".join(map(_escaped, filter(None, (*captions(box), marked(box)))))


def _escaped(text: str) -> str:
    """With codes for all that Mermaid, Markdown or HTML would take for theirs."""
    return PLAIN.sub(lambda match: f"#{ord(match[0])};", text)

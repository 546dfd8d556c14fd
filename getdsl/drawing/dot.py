"""A picture in DOT, the language of Graphviz."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from getdsl.drawing.captions import captions, marked
from getdsl.drawing.outline import arrows, is_open
from getdsl.drawing.palette import LIGHT
from getdsl.drawing.picture import Box, Inside, Picture

SHAPES = {
    "input": "parallelogram",
    "parameter": "hexagon",
    "block": "box",
    "head": "box",
    "operation": "box",
    "repeat": "box3d",
    "output": "box",
}
STYLES = {
    "head": "filled",
    "operation": "filled,rounded",
    "block": "filled,rounded",
    "output": "filled,rounded",
}


def dot(picture: Picture, opened: Collection[str]) -> str:
    """A box by its id; an opened one is a cluster, with a point for each of its ports."""
    head = (
        f'  graph [label={_quoted(picture.title)}, labelloc=t, fontname="Helvetica", fontsize=18];\n'
        '  node [fontname="Helvetica", fontsize=11];\n'
        f'  edge [fontname="Courier", fontsize=9, color="{LIGHT["edge"]}", fontcolor="{LIGHT["soft"]}"];'
    )
    edges = (
        f"  {_name(*arrow.source)} -> {_name(*arrow.target)} [label={_quoted(arrow.type)}];"
        for arrow in arrows(picture, opened)
    )
    lines = [f"digraph {_quoted(picture.title)} {{", head, *_boxes(picture.inside, opened, "  "), *edges, "}"]
    return "\n".join(lines) + "\n"


def _boxes(inside: Inside, opened: Collection[str], pad: str) -> Iterator[str]:
    for box in inside.boxes:
        if not is_open(box, opened):
            yield f"{pad}{_name(box.id, '', '')} [{_look(box)}];"
            continue
        assert box.inside is not None
        yield f"{pad}subgraph {_quoted(f'cluster {box.id}')} {{"
        yield f'{pad}  label={_label(box)}; style="rounded,dashed"; color="{LIGHT["group-line"]}";'
        for way, ports in (("in", box.takes), ("out", box.gives)):
            yield from (f"{pad}  {_name(box.id, way, port.name)} [shape=point];" for port in ports)
        yield from _boxes(box.inside, opened, f"{pad}  ")
        yield f"{pad}}}"


def _look(box: Box) -> str:
    fill, line = LIGHT[f"{box.kind}-fill"], LIGHT[f"{box.kind}-line"]
    style = STYLES.get(box.kind, "filled") + (",dashed" if box.weights.states.get("frozen") else "")
    return (
        f'label={_label(box)}, shape={SHAPES[box.kind]}, style="{style}", '
        f'fillcolor="{fill}", color="{line}", tooltip={_quoted(box.place or box.id)}'
    )


def _label(box: Box) -> str:
    lines = filter(None, (*captions(box), marked(box)))
    return '"' + "\\n".join(map(_escaped, lines)) + '"'


def _name(box: str, way: str, port: str) -> str:
    return _quoted(f"{box} {way} {port}" if way else box)


def _quoted(text: str) -> str:
    return f'"{_escaped(text)}"'


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ")

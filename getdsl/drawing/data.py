"""A picture as JSON, which is what the layout and the page read."""

from __future__ import annotations

from typing import Any

from getdsl.compiler.work.units import bytes_text, flops_text
from getdsl.drawing.captions import captions
from getdsl.drawing.picture import Box, Inside, Picture, Port, Weights


def picture_data(picture: Picture) -> dict[str, Any]:
    return {
        "title": picture.title,
        "doc": picture.doc,
        "file": picture.file,
        "figures": dict(picture.figures),
        "inside": _inside(picture.inside),
    }


def _inside(inside: Inside) -> dict[str, Any]:
    edges = [
        {"source": list(edge.source), "target": list(edge.target), "type": edge.type} for edge in inside.edges
    ]
    return {"boxes": list(map(_box, inside.boxes)), "edges": edges}


def _box(box: Box) -> dict[str, Any]:
    return {
        "id": box.id,
        "name": box.name,
        "kind": box.kind,
        "what": box.what,
        "lines": captions(box),
        "takes": _ports(box.takes),
        "gives": _ports(box.gives),
        "arguments": dict(box.arguments),
        "doc": box.doc,
        "place": box.place,
        "code": box.code,
        "weights": _weights(box.weights),
        "cost": _cost(box),
        "shares": box.shares,
        "times": box.times,
        "inside": None if box.inside is None else _inside(box.inside),
    }


def _ports(ports: tuple[Port, ...]) -> list[dict[str, str]]:
    return [{"name": port.name, "type": port.type} for port in ports]


def _weights(weights: Weights) -> dict[str, Any]:
    return {
        "size": weights.size,
        "trainable": weights.trainable,
        "tensors": weights.tensors,
        "states": weights.states,
        "files": list(weights.files),
    }


def _cost(box: Box) -> dict[str, str]:
    if box.cost is None:
        return {}
    figures = {
        "FLOPs forward": flops_text(box.cost.forward),
        "FLOPs backward": flops_text(box.cost.backward),
        "kept for the backward pass": bytes_text(box.cost.kept),
    }
    return {name: text for name, text in figures.items() if text}

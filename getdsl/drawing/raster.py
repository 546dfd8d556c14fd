"""A laid-out picture as PNG and PDF, by Matplotlib: a point of the picture is a point of the page."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterable, Mapping
from io import BytesIO
from typing import Any, Literal

from getdsl.drawing.layout import Laid
from getdsl.drawing.page_frame import Frame
from getdsl.drawing.palette import LIGHT
from getdsl.drawing.picture import Picture

POINTS = 72  # to an inch
SHARP = 160  # dots to an inch, where the picture is not too large for it
MOST_DOTS = 30_000  # along an edge
MOST_AREA = 80e6


def raster(picture: Picture, laid: Laid, format: Literal["png", "pdf"]) -> bytes:
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    frame = Frame.of(picture, laid)
    with rc_context({"font.family": "DejaVu Sans", "pdf.fonttype": 42, "path.simplify": False}):
        figure = Figure(figsize=(frame.width / POINTS, frame.height / POINTS), facecolor=LIGHT["page"])
        axes = figure.add_axes((0, 0, 1, 1), xlim=(0, frame.width), ylim=(frame.height, 0))
        axes.axis("off")
        _draw(axes, frame.heading, (0, 0))
        for item in laid.items:
            _draw(axes, item["shapes"], frame.body_place)
        _draw(axes, laid.legend["shapes"], frame.legend_place)
        found = BytesIO()
        metadata = {"CreationDate": None} if format == "pdf" else None
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Glyph .* missing")  # a box stands for it
            figure.savefig(found, format=format, dpi=_dots(frame), metadata=metadata)
    return found.getvalue()


def _dots(frame: Frame) -> float:
    width, height = frame.width / POINTS, frame.height / POINTS
    return min(SHARP, MOST_DOTS / max(width, height), math.sqrt(MOST_AREA / (width * height)))


def _draw(axes: Any, shapes: Iterable[Mapping[str, Any]], place: tuple[float, float]) -> None:
    for shape in shapes:
        if "path" in shape:
            axes.add_patch(_patch(shape, place))
        else:
            _write(axes, shape, place)


def _patch(shape: Mapping[str, Any], place: tuple[float, float]) -> Any:
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path

    codes = {"M": [Path.MOVETO], "L": [Path.LINETO], "Q": [Path.CURVE3] * 2, "Z": [Path.CLOSEPOLY]}
    points, kinds = [], []
    for kind, *numbers in shape["path"]:
        numbers = numbers or [0, 0]
        points += [(x + place[0], y + place[1]) for x, y in zip(numbers[::2], numbers[1::2], strict=True)]
        kinds += codes[kind]
    line, dash = shape.get("line"), shape.get("dash")
    return PathPatch(
        Path(points, kinds),
        facecolor=LIGHT[shape["fill"]] if shape.get("fill") else "none",
        edgecolor=LIGHT[line] if line else "none",
        linewidth=shape.get("width", 0),
        linestyle=(0, tuple(dash)) if dash else "solid",
        capstyle="butt",
        joinstyle="round",
    )


def _write(axes: Any, shape: Mapping[str, Any], place: tuple[float, float]) -> None:
    axes.text(
        shape["x"] + place[0],
        shape["y"] + place[1],
        shape["text"],
        size=shape["size"] * (0.9 if shape.get("mono") else 0.94),
        color=LIGHT[shape["fill"]],
        weight="bold" if shape.get("bold") else "normal",
        family="DejaVu Sans Mono" if shape.get("mono") else "DejaVu Sans",
        ha={"start": "left", "middle": "center"}[shape["anchor"]],
        va="baseline",
        parse_math=False,
    )

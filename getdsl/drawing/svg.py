"""A laid-out picture as SVG: plain shapes and texts, each box a group with its name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from html import escape
from typing import Any

from getdsl.drawing.layout import Laid
from getdsl.drawing.page_frame import Frame
from getdsl.drawing.palette import LIGHT
from getdsl.drawing.picture import Picture
from getdsl.text.visible import visible

SANS = "'Helvetica Neue', Helvetica, Arial, 'DejaVu Sans', sans-serif"
MONO = "ui-monospace, 'SF Mono', Menlo, Consolas, 'DejaVu Sans Mono', monospace"


def svg(picture: Picture, laid: Laid, colours: Mapping[str, str] = LIGHT) -> str:
    frame = Frame.of(picture, laid)
    size = f"{_number(frame.width)} {_number(frame.height)}"
    shapes = "\n".join(
        [
            *_shapes(frame.heading, colours),
            _group(frame.body_place, _items(laid.items, colours)),
            _group(frame.legend_place, _shapes(laid.legend["shapes"], colours)),
        ]
    )
    width, height = size.split()
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size}" width="{width}" height="{height}" '
        f'role="img" font-family="{SANS}">\n<title>{_text(picture.title)}</title>\n'
        f'<rect width="100%" height="100%" fill="{colours["page"]}"/>\n{shapes}\n</svg>\n'
    )


def _group(place: tuple[float, float], inside: Iterable[str]) -> str:
    x, y = place
    return f'<g transform="translate({_number(x)} {_number(y)})">\n' + "\n".join(inside) + "\n</g>"


def _items(items: Iterable[Mapping[str, Any]], colours: Mapping[str, str]) -> Iterator[str]:
    for item in items:
        shapes = "".join(_shapes(item["shapes"], colours))
        yield f"<g><title>{_text(item['box'])}</title>{shapes}</g>" if "box" in item else shapes


def _shapes(shapes: Iterable[Mapping[str, Any]], colours: Mapping[str, str]) -> Iterator[str]:
    for shape in shapes:
        yield _path(shape, colours) if "path" in shape else _writing(shape, colours)


def _path(shape: Mapping[str, Any], colours: Mapping[str, str]) -> str:
    data = " ".join(" ".join([step[0], *map(_number, step[1:])]) for step in shape["path"])
    found = {"d": data, "fill": colours[shape["fill"]] if shape.get("fill") else "none"}
    if shape.get("line"):
        found |= {"stroke": colours[shape["line"]], "stroke-width": _number(shape["width"])}
    if shape.get("dash"):
        found["stroke-dasharray"] = " ".join(map(_number, shape["dash"]))
    return f"<path {_attributes(found)}/>"


def _writing(shape: Mapping[str, Any], colours: Mapping[str, str]) -> str:
    found = {
        "x": _number(shape["x"]),
        "y": _number(shape["y"]),
        "font-size": _number(shape["size"]),
        "fill": colours[shape["fill"]],
        "text-anchor": shape["anchor"],
    }
    if shape.get("bold"):
        found["font-weight"] = "600"
    if shape.get("mono"):
        found["font-family"] = MONO
    return f"<text {_attributes(found)}>{_text(shape['text'])}</text>"


def _attributes(values: Mapping[str, str]) -> str:
    return " ".join(f'{name}="{escape(value)}"' for name, value in values.items())


def _text(text: str) -> str:
    """Escaped, and without what XML does not allow."""
    return escape(visible(text))


def _number(value: float) -> str:
    return f"{value:.1f}".rstrip("0").rstrip(".")

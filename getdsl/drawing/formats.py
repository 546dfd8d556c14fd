"""A picture in any of the formats, as the bytes of a file."""

from __future__ import annotations

from collections.abc import Collection

from getdsl.drawing.dot import dot
from getdsl.drawing.layout import lay_out
from getdsl.drawing.mermaid import mermaid
from getdsl.drawing.page import page
from getdsl.drawing.picture import Picture
from getdsl.drawing.raster import raster
from getdsl.drawing.svg import svg

TEXTS = {"html": page, "dot": dot, "mermaid": mermaid}


def written(picture: Picture, opened: Collection[str], format: str) -> bytes:
    """Raises UserError for svg, png and pdf where what lays them out is not installed."""
    if format in TEXTS:
        return TEXTS[format](picture, opened).encode()
    laid = lay_out(picture, opened)
    if format == "svg":
        return svg(picture, laid).encode()
    return raster(picture, laid, "pdf" if format == "pdf" else "png")

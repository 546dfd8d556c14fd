"""What stands around a laid-out picture: the model's name and figures above, the legend below."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from getdsl.drawing.layout import Laid
from getdsl.drawing.picture import Picture
from getdsl.text.visible import visible

MARGIN = 24.0
HEADING = 50.0
LEGEND_GAP = 20.0


@dataclass(frozen=True)
class Frame:
    """Sizes, and where the parts begin."""

    width: float
    height: float
    heading: tuple[dict[str, Any], ...]
    body_place: tuple[float, float]
    legend_place: tuple[float, float]

    @staticmethod
    def of(picture: Picture, laid: Laid) -> Frame:
        """The picture in the middle of what is widest."""
        heading = _heading(picture)
        words = (len(item["text"]) * item["size"] * 0.6 for item in heading)
        inner = max(laid.width, laid.legend["width"], *words)
        top = MARGIN + HEADING
        below = top + laid.height + LEGEND_GAP
        return Frame(
            inner + 2 * MARGIN,
            below + laid.legend["height"] + MARGIN,
            heading,
            (MARGIN + (inner - laid.width) / 2, top),
            (MARGIN, below),
        )


def figures_line(picture: Picture) -> str:
    """How many parameters there are, and how many of them train where that is not all."""
    every, trainable = picture.figures.get("parameters", "0"), picture.figures.get("trainable", "0")
    return f"{every} parameters" + (f", {trainable} trainable" if trainable != every else "")


def _heading(picture: Picture) -> tuple[dict[str, Any], ...]:
    common = {"x": MARGIN, "anchor": "start"}
    return (
        {"text": visible(picture.title), "y": MARGIN + 16, "size": 18, "bold": True, "fill": "ink", **common},
        {"text": figures_line(picture), "y": MARGIN + 34, "size": 11.5, "fill": "soft", **common},
    )

"""A picture laid out: shapes with their places, by the same script that the page runs in a browser."""

from __future__ import annotations

import importlib
import json
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from getdsl.diagnostics import UserError
from getdsl.drawing.data import picture_data
from getdsl.drawing.picture import Picture
from getdsl.drawing.web_files import layout_script

STACK = 256 << 20  # bytes; ELK goes deep where a graph is long
HOST = """
globalThis.self = globalThis.global = globalThis;
globalThis.console = { log() {}, warn() {}, error() {} };
globalThis.setTimeout = (task) => task();
"""
CALL = """
(() => {
  const { picture, open, least } = JSON.parse(request);
  let laid = null;
  Drawing.layout(picture, new Set(open), (found) => { laid = found; });
  const legend = Drawing.legend(picture, new Set(open), Math.max(laid.width, least));
  return JSON.stringify({ ...laid, legend });
})()
"""
LEGEND = 420  # a legend may be so wide, where the picture is narrower


@dataclass(frozen=True)
class Laid:
    """Shapes, as drawing.js describes them, in the order in which they are drawn, and the legend's own."""

    width: float
    height: float
    items: list[dict[str, Any]]
    legend: dict[str, Any]


def lay_out(picture: Picture, opened: Collection[str]) -> Laid:
    """The picture with these boxes opened. Raises UserError where the engine is not installed."""
    context = _engine().Context()
    context.set_max_stack_size(STACK)
    context.eval(HOST + layout_script() + "\nglobalThis.Drawing = Drawing;")
    request = {"picture": picture_data(picture), "open": sorted(opened), "least": LEGEND}
    context.set("request", json.dumps(request))
    found = json.loads(context.eval(CALL))
    return Laid(found["width"], found["height"], found["items"], found["legend"])


def _engine() -> Any:
    try:
        return importlib.import_module("quickjs")
    except ImportError as error:
        raise UserError(
            "SVG, PNG and PDF are laid out by ELK, which runs in quickjs-ng, and that is not installed",
            "run `pip install 'getdsl[graph]'`; `--format html`, `dot` and `mermaid` do without it",
        ) from error

"""All codes by their names."""

from __future__ import annotations

from getdsl.diagnostics.code import Code
from getdsl.diagnostics.mistakes import (
    adapters,
    data,
    files,
    gradients,
    loads,
    names,
    sections,
    shapes,
    weights,
)

ROOMS = (files, names, shapes, sections, loads, weights, adapters, gradients, data)
_FOUND = (item for room in ROOMS for item in vars(room).values() if isinstance(item, Code))
CODES: dict[str, Code] = {code.id: code for code in sorted(_FOUND, key=lambda code: code.id)}

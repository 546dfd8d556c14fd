"""All codes by their names."""

from __future__ import annotations

from getdsl.diagnostics.code import Code
from getdsl.diagnostics.mistakes import data, files, names, sections, shapes, syntax, weights

CODES: dict[str, Code] = {
    item.id: item
    for room in (files, syntax, names, shapes, sections, weights, data)
    for item in vars(room).values()
    if isinstance(item, Code)
}

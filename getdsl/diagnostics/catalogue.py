"""All codes by their names."""

from __future__ import annotations

from getdsl.diagnostics import mistakes
from getdsl.diagnostics.code import Code


def _codes() -> dict[str, Code]:
    rooms = (getattr(mistakes, name) for name in mistakes.__all__)
    found = [item for room in rooms for item in vars(room).values() if isinstance(item, Code)]
    return {code.id: code for code in sorted(found, key=lambda code: code.id)}


CODES = _codes()

"""Formats of pictures, and the names of their files."""

from __future__ import annotations

from pathlib import Path

from getdsl.diagnostics import UserError
from getdsl.diagnostics.listing import joined

SUFFIXES = {
    "html": "html",
    "svg": "svg",
    "png": "png",
    "pdf": "pdf",
    "dot": "dot",
    "gv": "dot",
    "mmd": "mermaid",
}
FORMATS = tuple(dict.fromkeys(SUFFIXES.values()))


def format_of(path: Path) -> str:
    """The format that a file's name asks for. Raises UserError where it asks for none."""
    suffix = path.suffix.removeprefix(".").lower()
    if suffix not in SUFFIXES:
        raise UserError(
            f"`{path}` does not say which format is wanted",
            f"give a name that ends in {joined(f'.{name}' for name in SUFFIXES)}",
        )
    return SUFFIXES[suffix]

"""Paths in a spec: relative to the file that they stand in, or `getdsl:` for what ships with the package."""

from __future__ import annotations

from pathlib import Path

from getdsl.text.source import Span

PACKAGE = Path(__file__).resolve().parents[2]


class PathText(str):
    """A path that is already resolved against the file that it was written in."""


def resolve_path(text: str, span: Span | None) -> PathText:
    """A path relative to the file that it stands in (or to the working directory); `getdsl:` paths stay."""
    if isinstance(text, PathText) or text.startswith("getdsl:"):
        return PathText(_embedded(text))
    path = Path(text).expanduser()
    if path.is_absolute() or span is None or span.file.path is None:
        return PathText(path)
    return PathText(span.file.path.parent / path)


def _embedded(text: str) -> str:
    """A file that ships with getdsl, where the path names one; what is built on first use stays as it is."""
    path = PACKAGE / "data" / text.removeprefix("getdsl:")
    return str(path) if text.startswith("getdsl:") and path.is_file() else text

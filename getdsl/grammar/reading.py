"""The text of a file, or why it cannot be read."""

from __future__ import annotations

from pathlib import Path

from getdsl.diagnostics import Diagnostics
from getdsl.diagnostics.mistakes import files as mistakes
from getdsl.text.source import SourceFile, Span

MAX_BYTES = 1_000_000


def read_source(
    path: Path, diagnostics: Diagnostics, span: Span | None = None, name: str | None = None
) -> SourceFile | None:
    """The text of a file, or None with a GET101 that says why it cannot be read.

    `span` is the place that named the file; `name` is how it is shown.
    """
    shown = name or str(path)
    try:
        text = _decoded(_bytes(path))
    except _UnreadableError as error:
        diagnostics.add(mistakes.cannot_read(shown, str(error), span, error.help))
        return None
    return SourceFile(shown, text, path)


class _UnreadableError(Exception):
    def __init__(self, why: str, help: str | None = None) -> None:
        super().__init__(why)
        self.help = help


def _bytes(path: Path) -> bytes:
    """What a file holds, if no more than a spec may. Raises _UnreadableError."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        near = _near_file(path)
        raise _UnreadableError("there is no such file", f"did you mean `{near}`?" if near else None) from None
    except IsADirectoryError:
        raise _UnreadableError("it is a directory", "name a `.get` file") from None
    except OSError as error:
        raise _UnreadableError((error.strerror or str(error)).lower()) from None
    if len(data) > MAX_BYTES:
        why = f"it holds {len(data):,} bytes, and a spec has at most {MAX_BYTES:,}"
        raise _UnreadableError(why, "name a `.get` file")
    return data


def _decoded(data: bytes) -> str:
    """Bytes as text. Raises _UnreadableError."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        why = f"byte {error.start} is not UTF-8 text"
        raise _UnreadableError(why, "a spec is a text file; save it as UTF-8") from None
    if "\0" in text:
        raise _UnreadableError("it is a binary file", "a spec is a text file")
    return text


def _near_file(path: Path) -> str | None:
    import difflib

    try:
        names = [entry.name for entry in path.parent.iterdir() if entry.suffix == ".get"]
    except OSError:
        return None
    near = difflib.get_close_matches(path.name, names, n=1)
    return str(path.with_name(near[0])) if near else None

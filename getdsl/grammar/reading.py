"""The text of a file, or why it cannot be read."""

from __future__ import annotations

import re
from pathlib import Path

from getdsl.diagnostics import Diagnostics, nearest
from getdsl.diagnostics.mistakes import files as mistakes
from getdsl.grammar.words import FILE_WORDS, SECTION_WORDS
from getdsl.text.opener import TooLargeError, read_bytes
from getdsl.text.source import SourceFile, Span

MAX_BYTES = 1_000_000
BEGINNINGS = (*FILE_WORDS, *SECTION_WORDS)
BEGIN_HELP = "`use`, `model`, `block`, `source`, or a section such as `train`"
BEGINS = re.compile(  # a setting such as `train.epochs = 3` stands in no file
    r"""(?:\s+|#[^\n]*(?:\n|$))*(?:$|(?P<word>[A-Za-z_]\w*)(?=[\s{"]))"""
)


def read_source(
    path: Path, diagnostics: Diagnostics, span: Span | None = None, name: str | None = None
) -> SourceFile | None:
    """The text of a file, or None with a GET101 that says why it cannot be read.

    `span` is the place that named the file, which then has to begin as a spec; `name` is how it is shown.
    """
    shown = name or str(path)
    try:
        text = _decoded(_bytes(path))
        if span is not None:
            _refuse_other_kinds(text)
    except FileNotFoundError:
        diagnostics.add(mistakes.no_such_file(shown, path, span, _specs_beside(path)))
        return None
    except _UnreadableError as error:
        diagnostics.add(mistakes.cannot_read(shown, str(error), span, error.help))
        return None
    return SourceFile(shown, text, path)


class _UnreadableError(Exception):
    def __init__(self, why: str, help: str | None = None) -> None:
        super().__init__(why)
        self.help = help


def _bytes(path: Path) -> bytes:
    """What a file holds, if no more than a spec may. Raises FileNotFoundError and _UnreadableError."""
    try:
        return read_bytes(path, MAX_BYTES)
    except FileNotFoundError:
        raise  # which is told apart from the other errors of the system
    except IsADirectoryError:
        raise _UnreadableError("it is a directory", "name a `.get` file") from None
    except TooLargeError as error:
        raise _UnreadableError(f"{error.strerror}, and a spec does not", "name a `.get` file") from None
    except OSError as error:
        raise _UnreadableError((error.strerror or str(error)).lower()) from None


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


def _refuse_other_kinds(text: str) -> None:
    """Raises _UnreadableError for a text that does not begin as a spec does: no line of it is to be shown.

    A spec names files, and whoever checks it may read some that its author may not.
    """
    begins = BEGINS.match(text)
    word = begins.group("word") if begins else ""
    if not begins or (word and not nearest(word, BEGINNINGS)):
        raise _UnreadableError("it is not a spec", f"a spec begins with {BEGIN_HELP}")


def _specs_beside(path: Path) -> list[str]:
    """The names, without `.get`, of the specs in a file's folder."""
    try:
        return [entry.stem for entry in path.parent.iterdir() if entry.suffix == ".get"]
    except (OSError, ValueError):  # a folder whose name holds a NUL
        return []

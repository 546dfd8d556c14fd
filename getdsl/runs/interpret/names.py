"""Lists of names as a command takes them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from getdsl.diagnostics import UserError
from getdsl.text.opener import MEBIBYTE, read_text

APART = re.compile(r",(?![^\[]*\])")  # a comma that stands in no brackets


def node_names(texts: Iterable[str]) -> tuple[str, ...]:
    """`["region_motif,encoder.blocks[0].attn", "x"]` -> each name by itself, once."""
    names = [name.strip() for text in texts for name in APART.split(text)]
    return tuple(dict.fromkeys(name for name in names if name))


def gene_names(text: str | None) -> tuple[str, ...]:
    """Names with commas between them, or those of a file, one a line. Raises UserError for an empty list."""
    if text is None:
        return ()
    names = _lines(Path(text)) if Path(text).is_file() else text.split(",")
    found = tuple(dict.fromkeys(name.strip() for name in names if name.strip()))
    if not found:
        raise UserError(
            f"`--genes {text}` names no sample", "give names with commas, or a file with one a line"
        )
    return found


def _lines(path: Path) -> list[str]:
    try:
        return [line.split("\t")[0] for line in read_text(path, 64 * MEBIBYTE).splitlines()]
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(
            f"`{path}` cannot be read: {error}", "give a text file with one name a line"
        ) from error

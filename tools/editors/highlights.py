"""The lists of words in the tree-sitter query of colours: `python -m tools.editors.highlights`."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Mapping
from pathlib import Path

from getdsl.highlighting import vocabulary

QUERY = Path(__file__).parents[2] / "editors/tree-sitter-get/queries/highlights.scm"
WORDS: Mapping[str, Iterable[str]] = {
    "keyword": vocabulary.SECTIONS,
    "constant.builtin": vocabulary.CONSTANTS,
    "type.builtin": vocabulary.TYPES,
    "function.builtin": vocabulary.BUILTINS,
}
LIST = re.compile(r"\(#any-of\? @([\w.]+)[^)]*\)")
WIDTH = 118


def filled(query: str) -> str:
    """The query with its lists as the language has them; others are left as they are."""
    return LIST.sub(_list, query)


def _list(found: re.Match[str]) -> str:
    name = found[1]
    if name not in WORDS:
        return found[0]
    words = textwrap.fill(
        " ".join(f'"{word}"' for word in WORDS[name]),
        WIDTH,
        initial_indent="    ",
        subsequent_indent="    ",
        break_on_hyphens=False,
    )
    return f"(#any-of? @{name}\n{words})"


if __name__ == "__main__":
    QUERY.write_text(filled(QUERY.read_text(encoding="utf-8")), encoding="utf-8")
    print(QUERY)

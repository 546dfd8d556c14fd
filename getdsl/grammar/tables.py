"""The parser's tables, kept in the user's cache, since making them takes longer than a check."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import Any

import lark
from lark import Lark
from lark.grammar import Rule
from lark.lexer import TerminalDef

from getdsl.grammar.shortcuts import shorten
from getdsl.text.kept import cache_folder, keep, read_kept
from getdsl.text.opener import SHIPPED, read_text

GRAMMAR = Path(__file__).with_name("get.lark")


@cache
def parser_of(start: str) -> Lark:
    """The parser of a file (`start`) or of an expression (`expr`)."""
    grammar = read_text(GRAMMAR, SHIPPED)
    key = hashlib.sha256(f"{lark.__version__}\n{grammar}".encode()).hexdigest()[:16]
    kept = cache_folder() / f"grammar-{start}-{key}.json"
    return shorten(_restored(read_kept(kept)) or _made(grammar, start, kept))


def _made(grammar: str, start: str, kept: Path) -> Lark:
    made = Lark(grammar, parser="lalr", start=start, propagate_positions=True, maybe_placeholders=False)
    data, memo = made.memo_serialize([TerminalDef, Rule])
    keep(kept, {"data": data, "memo": memo})
    return made


def _restored(kept: Any) -> Lark | None:
    """The parser of kept tables; None where there are none, or this Lark does not take them."""
    if kept is None:
        return None
    try:
        table = kept["data"]["parser"]["parser"]
        table["tokens"] = _numbered(table["tokens"])
        table["states"] = {state: _numbered(row) for state, row in _numbered(table["states"]).items()}
        return Lark.__new__(Lark)._load({"data": kept["data"], "memo": _numbered(kept["memo"])})
    except Exception:  # what tables of another make raise is Lark's own affair
        return None


def _numbered(row: dict[str, Any]) -> dict[int, Any]:
    """A dictionary whose keys were numbers before it was JSON."""
    return {int(key): value for key, value in row.items()}

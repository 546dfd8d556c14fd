"""Text to syntax tree, with every syntax error reported and none fatal."""

from __future__ import annotations

import hashlib
import logging
from functools import cache
from pathlib import Path
from typing import Any

from lark import Lark, Token, Tree
from lark.exceptions import UnexpectedInput

from getdsl.diagnostics import Diagnostics
from getdsl.grammar import syntax
from getdsl.grammar.builder import TreeBuilder
from getdsl.grammar.messages import report_syntax
from getdsl.grammar.recovery import error_offset, recover
from getdsl.grammar.repair import RepairedText
from getdsl.text.source import SourceFile, Span

GRAMMAR = Path(__file__).with_name("get.lark")
MAX_DEPTH = 100
MAX_BYTES = 1_000_000


@cache
def _lark(start: str) -> Lark:
    """The parser's tables, kept in the user's cache directory between processes where that can be written."""
    from platformdirs import user_cache_path

    grammar = GRAMMAR.read_text()
    logging.getLogger("lark").setLevel(logging.CRITICAL)

    def make(cache: str | bool) -> Lark:
        return Lark(
            grammar,
            parser="lalr",
            start=start,
            propagate_positions=True,
            maybe_placeholders=False,
            cache=cache,
        )

    try:
        folder = user_cache_path("getdsl")
        folder.mkdir(parents=True, exist_ok=True)
        return make(str(folder / f"grammar-{start}-{hashlib.sha256(grammar.encode()).hexdigest()[:12]}.lark"))
    except OSError:
        return make(False)


def read_source(
    path: Path, diagnostics: Diagnostics, span: Span | None = None, name: str | None = None
) -> SourceFile | None:
    """The text of a file, or None with a GET101 that says why it cannot be read.

    `span` is the place that named the file; `name` is how it is shown.
    """
    shown = name or str(path)

    try:
        text = _text(path)
    except _UnreadableError as error:
        diagnostics.report("GET101", f"cannot read `{shown}`: {error}", span, help=error.help)
        return None
    return SourceFile(shown, text, path)


class _UnreadableError(Exception):
    def __init__(self, why: str, help: str | None = None) -> None:
        super().__init__(why)
        self.help = help


def _text(path: Path) -> str:
    """The text of a file. Raises _UnreadableError."""
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


def parse(file: SourceFile, diagnostics: Diagnostics) -> syntax.File:
    """The syntax tree of a file; statements that cannot be parsed become `Broken`."""
    lark = _lark("start")
    try:
        repaired, tree = RepairedText(file, file.text), lark.parse(file.text)
    except UnexpectedInput:
        found = recover(file, lark.parse, diagnostics)
        if found is None:
            return syntax.File(file, ())
        repaired, tree = found
    return _build(repaired, tree, diagnostics) or syntax.File(file, ())


def parse_expression(file: SourceFile, diagnostics: Diagnostics) -> syntax.Expr | None:
    """A single expression, such as the right side of a `--set`; None after a report."""
    repaired = RepairedText(file, file.text)
    try:
        tree = _lark("expr").parse(file.text)
    except UnexpectedInput as error:
        report_syntax(error, repaired, error_offset(error, file.text), diagnostics)
        return None
    expr: syntax.Expr | None = _build(repaired, tree, diagnostics)
    return expr


def _build(repaired: RepairedText, tree: Tree[Token], diagnostics: Diagnostics) -> Any:
    """The syntax tree of a parse tree; None after a report where it is too deep for us."""
    deep = _too_deep(tree)
    if deep is not None:
        place = repaired.span(deep.meta.start_pos, min(deep.meta.end_pos, deep.meta.start_pos + 1))
        diagnostics.report(
            "GET102",
            f"this is nested deeper than {MAX_DEPTH} levels",
            place,
            help="bind the inner parts to names first",
        )
        return None
    return TreeBuilder(repaired, diagnostics).transform(tree)


def _too_deep(tree: Tree[Token]) -> Tree[Token] | None:
    """The outermost part that lies too deep."""
    level = [tree]
    for _ in range(MAX_DEPTH):
        level = [child for item in level for child in item.children if isinstance(child, Tree)]
    return next((item for item in level if not item.meta.empty), None)

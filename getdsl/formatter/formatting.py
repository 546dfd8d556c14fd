"""A spec's text in the one layout."""

from __future__ import annotations

from getdsl.diagnostics import Diagnostics, SpecError
from getdsl.formatter.cursor import Cursor
from getdsl.formatter.layout import Layout
from getdsl.formatter.same import is_same
from getdsl.formatter.statements import entry
from getdsl.formatter.tokens import tokens_of
from getdsl.grammar import parse
from getdsl.grammar.syntax import File
from getdsl.text.source import SourceFile

BOM = "\ufeff"


def formatted(text: str, name: str = "the text") -> str:
    """A spec's text in the one layout; its line ends, and a byte order mark, stay.

    Raises SpecError where it does not parse. The syntax tree and the comments of what is returned are those
    of the text, which is verified.
    """
    mark = BOM if text.startswith(BOM) else ""
    ends = "\r\n" if text.partition("\n")[0].endswith("\r") else "\n"
    file = _parsed(text.removeprefix(BOM).replace("\r\n", "\n"), name)
    laid_out = _laid_out(file)
    if not is_same(file, _parsed(laid_out, name)):
        raise AssertionError(f"the layout of {name} would have changed what it says")
    return mark + laid_out.replace("\n", ends)


def _parsed(text: str, name: str) -> File:
    diagnostics = Diagnostics()
    file = parse(SourceFile(name, text), diagnostics)
    if diagnostics.errors:
        raise SpecError(diagnostics.sorted())
    return file


def _laid_out(file: File) -> str:
    cursor = Cursor(tokens_of(file.source.text))
    entries = [entry(cursor, item) for item in file.items]
    return Layout().file(entries, cursor.next.above)

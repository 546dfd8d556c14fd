"""Going on after a syntax error, so that one run reports all of them.

Brackets are balanced, the text is cut into statements by its lines and braces, and each is parsed
by itself. One that does not parse is reported and overwritten with NUL characters, which the
grammar takes for a `broken` statement; the names that it would have bound are kept, so that
their uses are not reported too. A misspelt keyword is put right instead.
"""

from __future__ import annotations

from lark import Token, Tree
from lark.exceptions import UnexpectedInput

from getdsl.diagnostics import Diagnostics
from getdsl.grammar.recovery.brackets import BeyondRepairError, balance
from getdsl.grammar.recovery.complaints import complaint, error_offset
from getdsl.grammar.recovery.layout import Statement, statements
from getdsl.grammar.recovery.reader import MAX_SYNTAX_ERRORS, Parse, Reader, blank
from getdsl.grammar.recovery.repaired import RepairedText
from getdsl.text.source import SourceFile

Mended = tuple[RepairedText, Tree[Token]]


def mend(file: SourceFile, parse: Parse, diagnostics: Diagnostics) -> Mended | None:
    """A text that parses, with its tree; None where all is lost. At least one error is reported."""
    try:
        repaired, patched = balance(file, diagnostics)
    except BeyondRepairError:
        return None
    reader = Reader(repaired, patched, parse, diagnostics)
    reader.read(statements(repaired.text), "file")
    repaired = repaired.edited(reader.edits)
    for _ in range(MAX_SYNTAX_ERRORS):
        try:
            return repaired, parse(repaired.text)
        except UnexpectedInput as error:
            place = error_offset(error, repaired.text)
            if not diagnostics.errors:
                diagnostics.add(complaint(error, repaired, place))
            victim = _innermost(statements(repaired.text), place)
            if victim is None or not repaired.text[victim.start : victim.end].strip("\0 \n"):
                return None
            repaired = repaired.edited([blank(victim)])
    return None


def unchanged(file: SourceFile, tree: Tree[Token]) -> Mended:
    """A text that parses though it holds what marks a broken statement."""
    return RepairedText(file, file.text), tree


def refuse(file: SourceFile, error: UnexpectedInput, diagnostics: Diagnostics) -> None:
    """Reports a text of which nothing can be kept."""
    offset = error_offset(error, file.text)
    diagnostics.add(complaint(error, RepairedText(file, file.text), offset))


def _innermost(found: list[Statement], place: int) -> Statement | None:
    """The statement that an offset stands in, or the last one before it."""
    before = [item for top in found for item in top.walk() if item.start <= place]
    around = [item for item in before if place < item.end] or before
    return around[-1] if around else None

"""What recovery costs: statements are parsed by themselves, and the whole once they stand."""

from __future__ import annotations

from lark import Token, Tree

from getdsl.diagnostics import Diagnostics
from getdsl.grammar.recovery import mend
from getdsl.grammar.tables import parser_of
from getdsl.text.source import SourceFile

MODELS = 30


def test_models_in_a_section_that_is_left_open_are_no_entries() -> None:
    """Each was taken for one, and the whole was parsed again for each."""
    text = (
        "data {\n    a = 1\n" + "model A { input x: [B] output y = x }\n" * MODELS + "model C { input x: [B :"
    )
    parsed: list[str] = []

    def parse(part: str) -> Tree[Token]:
        parsed.append(part)
        return parser_of("start").parse(part)

    diagnostics = Diagnostics()
    assert mend(SourceFile("a.get", text), parse, diagnostics) is not None
    assert diagnostics.errors
    assert sum(len(part) > len(text) / 2 for part in parsed) == 2  # the section without its entries, and all

"""What a piece of syntax says, without where it stands."""

import pytest

from getdsl import format_text
from getdsl.diagnostics import Diagnostics
from getdsl.grammar import parse
from getdsl.grammar.structure import structure
from getdsl.text.source import SourceFile

TEXT = """model M {
    param n: int = 1
    input x: [B, n]
    output y = x -> Linear(n, bias = true)
}

lora { rank = 1 }
"""


def said(text: str) -> list[tuple[object, ...]]:
    diagnostics = Diagnostics()
    file = parse(SourceFile("spec.get", text), diagnostics)
    assert not diagnostics.errors
    return [structure(item) for item in file.items]


def test_layout_and_comments_say_nothing() -> None:
    loose = TEXT.replace("\n", "  # a remark\n\n").replace(" = ", "=")
    assert said(loose) == said(TEXT) == said(format_text(loose))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("int = 1", "int = 1.0"),
        ("int = 1", 'int = "1"'),
        ("true", "1"),
        ("[B, n]", "[B n]"),
        ("x ->", "y ->"),
        ("M", "N"),
    ],
)
def test_all_else_says_something(old: str, new: str) -> None:
    changed = TEXT.replace(old, new, 1)
    file = parse(SourceFile("spec.get", changed), Diagnostics())
    assert [structure(item) for item in file.items] != said(TEXT)

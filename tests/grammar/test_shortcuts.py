"""The parser that takes chains in one step reads what Lark's own reads, and refuses what that refuses."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from lark import Lark, Token, Tree
from lark.exceptions import UnexpectedInput

from getdsl.grammar.shortcuts import Reading
from getdsl.grammar.tables import GRAMMAR, parser_of
from tests.fuzzing.inputs import drawn, pool

STARTS = ("start", "expr")


@pytest.fixture(scope="module", params=STARTS)
def parsers(request: pytest.FixtureRequest) -> tuple[Lark, Lark]:
    plain = Lark(
        GRAMMAR.read_text(),
        parser="lalr",
        start=request.param,
        propagate_positions=True,
        maybe_placeholders=False,
    )
    return plain, parser_of(request.param)


def read(parser: Lark, text: str) -> Any:
    """All of a tree with its places, or all that an error says."""
    try:
        tree = parser.parse(text)
    except UnexpectedInput as error:
        kept = ("pos_in_stream", "line", "column", "accepts", "expected", "allowed", "token")
        return type(error), [getattr(error, name, None) for name in kept]
    if isinstance(tree, Token):
        return tree, tree.start_pos, tree.end_pos
    return [
        (str(item.data), place(item), [place(child) for child in item.children if isinstance(child, Token)])
        for item in tree.iter_subtrees_topdown()
    ]


def place(part: Tree[Token] | Token) -> Any:
    if isinstance(part, Token):
        return part.type, str(part), part.start_pos, part.end_pos
    return None if part.meta.empty else (part.meta.start_pos, part.meta.end_pos)


def test_the_same_trees_and_errors(parsers: tuple[Lark, Lark]) -> None:
    random = Random(0)
    texts = [text for text in (*pool(), *(drawn(random) for _ in range(400))) if len(text) < 5000]
    texts += ["", "x", "1", "(x)", "x -> F()[0]", "((x) + 1", "{ a = 1 }", "[...]", "- - x ** -2"]
    plain, short = parsers
    for text in texts:
        assert read(short, text) == read(plain, text), text


def test_a_name_takes_few_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []
    reduce = Reading._reduce

    def counted(self: Reading, make: Any, size: int, origin: str) -> None:
        made.append(origin)
        reduce(self, make, size, origin)

    monkeypatch.setattr(Reading, "_reduce", counted)
    assert isinstance(parser_of("expr").parse("x + y"), Tree)
    assert made == ["atom", "atom", "sum"]  # where Lark's own makes twenty more

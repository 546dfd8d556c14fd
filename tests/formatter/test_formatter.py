"""The one layout: shipped specs are its fixed points, it is its own layout, and it says the same."""

from __future__ import annotations

import re
from pathlib import Path
from random import Random

import pytest

import getdsl
from getdsl.diagnostics import SpecError
from getdsl.formatter import formatted
from getdsl.formatter.same import is_same
from tests.differential.programs import draw_program
from tests.formatter.holds import parsed, parses, problem, problem_of_layouts
from tests.fuzzing.inputs import drawn

ROOT = Path(__file__).parents[2]
FENCE = re.compile(r"^```get[^\n]*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SHIPPED = [path for room in ("specs", "docs", "getdsl") for path in sorted((ROOT / room).rglob("*.get"))]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
SEED = 7


def test_shipped_specs_are_in_the_one_layout() -> None:
    """`getdsl fmt specs docs getdsl` puts them into it."""
    assert len(SHIPPED) > 200
    assert [path for path in SHIPPED if formatted(path.read_text()) != path.read_text()] == []


def test_the_docs_code_is_in_the_one_layout() -> None:
    pieces = [(page.name, piece) for page in PAGES for piece in FENCE.findall(page.read_text())]
    whole = [(page, piece) for page, piece in pieces if parses(piece)]
    assert len(whole) > 150
    assert [(page, piece) for page, piece in whole if formatted(piece) != piece] == []


def test_other_layouts_of_shipped_specs_come_to_the_same() -> None:
    random = Random(SEED)
    for path in random.sample(SHIPPED, 40):
        assert problem_of_layouts(random, path.read_text()) is None, path


def test_programs_that_nobody_wrote() -> None:
    """A share of what `python -m tests.formatter` runs."""
    random = Random(SEED)
    programs = [draw_program(random).text() for _ in range(5)]
    texts = [text for text in (drawn(random) for _ in range(60)) if parses(text)]
    for text in programs + texts:
        assert problem(text) is None, text
        assert problem_of_layouts(random, text) is None, text


EXAMPLES = ROOT / "docs/fmt.md"


def _examples() -> list[tuple[str, str]]:
    """Each text of the page, and what it shows to come of it."""
    pieces = re.findall(r"^```(?:text|get)\n(.*?)^```$", EXAMPLES.read_text(), re.MULTILINE | re.DOTALL)
    return list(zip(pieces[::2], pieces[1::2], strict=True))


@pytest.mark.parametrize(("before", "after"), _examples())
def test_the_pages_examples(before: str, after: str) -> None:
    assert getdsl.format_text(before) == after


def test_a_comment_above_an_item_breaks_nothing_within_it() -> None:
    text = """model M {
    v = f(
        2,  # behind
        # above
        [1, 2],
        # above
        (x -> A(1) -> B(2))
    )
}
"""
    assert formatted(text) == text


def test_line_ends_and_a_byte_order_mark_stay() -> None:
    assert formatted("\ufeffmodel A {\r\nx=1 # a\r\n}") == "\ufeffmodel A {\r\n    x = 1  # a\r\n}\r\n"


@pytest.mark.parametrize(
    "text", ["", "\n\n", "# only this\n", "model A {}\n", "train {\n    # nothing yet\n}\n"]
)
def test_texts_with_next_to_nothing(text: str) -> None:
    assert formatted(text) == text.strip("\n") + "\n" * bool(text.strip())


def test_a_chain_of_any_length() -> None:
    text = "model A { x = " + " + ".join(["y"] * 3000) + " }"
    once = formatted(text)
    assert max(map(len, once.splitlines())) <= 100
    assert formatted(once) == once


def test_a_text_that_does_not_parse_is_refused() -> None:
    with pytest.raises(SpecError, match="never closed"):
        formatted("model A { x = (1 }")


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("model A { x = 1 }", "model A {\n x=1\n}", True),
        ("model A { x = (1) + 2 }", "model A { x = 1 + 2 }", True),
        ("model A { x = a - (b - c) }", "model A { x = a - b - c }", False),
        ("model A { x = f(1) }", "model A { x = f(2) }", False),
        ("model A { x = 1 } # a", "model A { x = 1 } # b", False),
        ("model A { x = 1 } # a", "model A { x = 1 }", False),
        ('model A { """a\n  b""" }', 'model A { """a\n      b""" }', True),
        ('model A { """a b""" }', 'model A { """a c""" }', False),
    ],
)
def test_what_counts_as_the_same(one: str, other: str, same: bool) -> None:
    first, second = parsed(one), parsed(other)
    assert first is not None
    assert second is not None
    assert is_same(first, second) is same

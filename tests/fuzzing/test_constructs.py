"""Every construct of the language in bulk is answered; `benchmarks/largest.py` times 100 kB of each."""

from __future__ import annotations

import pytest

from benchmarks.constructs import CONSTRUCTS, Construct
from getdsl.grammar.words import BODY_WORDS, FILE_WORDS, SECTION_WORDS
from tests.fuzzing.test_fuzzing import HANGS
from tests.fuzzing.verdict import problem

LENGTH = 10_000  # characters


@pytest.mark.parametrize("construct", CONSTRUCTS, ids=lambda item: item.name)
def test_a_construct_in_bulk_is_answered(construct: Construct) -> None:
    size, text = construct.filled(LENGTH)
    assert size > 40
    assert LENGTH * 0.9 < len(text) <= LENGTH
    assert problem(text, HANGS) is None


def test_every_word_of_the_language_has_a_construct() -> None:
    texts = " ".join(item.text(2) for item in CONSTRUCTS).replace("{", " ").split()
    assert {*BODY_WORDS, *FILE_WORDS, *SECTION_WORDS} <= set(texts)


def test_names_differ() -> None:
    assert len({item.name for item in CONSTRUCTS}) == len(CONSTRUCTS)

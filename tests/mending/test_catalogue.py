"""Which kinds of the catalogue's mistakes are mended, and that a mended spec is mended for good."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.language.mistakes import CATALOGUE
from tests.mending.tally import TRIES, Try, mended, tries

SHARE = 0.6  # of the tries that are mended at least; `python -m tests.mending.tally` makes them all
SOMETIMES = {  # kinds that are mended where there is one candidate: in how many of three specs
    "metric of no term": 2,
    "unknown parent": 2,
    "remove of nothing": 2,
}
WITHOUT = {  # kinds whose mistakes have no one right answer, and what nobody but the author of a spec knows
    "a value or a size": (
        "missing param",
        "missing input",
        "unbound symbol",
        "division by zero",
        "loop without an end",
        "condition that is a tensor",
        "wrong enum literal",
        "wrong type of a default",
        "require that does not hold",
        "weights of unknown size",
        "output that is no tensor",
        "batch in a body",
        "setting of a wrong type",
        "setting out of range",
        "negative learning rate",
        "negative weight of a term",
        "a term that is no tensor",
        "a hash that is none",
    ),
    "which of two things is meant": (
        "operands that do not fit",
        "wrong declared type",
        "param declared twice",
        "a rule that stands twice",
        "a broken expression",
        "cycle",
        "block inside itself",
        "call of a tensor",
        "block without its parentheses",
        "bad character",
    ),
    "a name that is near no other": (
        "unknown setting",
        "mistake in a block that nobody uses",
        "freeze of nothing",
        "train_only of a part of nothing",
        "new that is nowhere",
        "into nowhere",
        "lora on nothing",
        "unknown optimizer",
    ),
    "how it goes on": (
        "nothing after an arrow",
        "statement that is none",
        "lora without targets",
        "load without a file",
    ),
    "a part of that name, once the form is right": (
        "freeze that is no list",
        "freeze as a section",
        "a rule of an empty key",
    ),
}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> list[Try]:
    """Each kind in one spec, and in three where it depends on the spec."""
    folder = tmp_path_factory.mktemp("spoiled")
    always = (kind for kind in CATALOGUE if kind not in SOMETIMES)
    return [*tries(always, folder, 1), *tries(SOMETIMES, folder)]


def test_all_kinds_with_a_right_answer_are_mended(made: list[Try]) -> None:
    unmended = Counter(item.kind for item in made if not item.checks)
    without = dict.fromkeys((kind for kinds in WITHOUT.values() for kind in kinds), 1)
    assert unmended == without | {kind: TRIES - times for kind, times in SOMETIMES.items()}


def test_the_share_that_is_mended() -> None:
    """Of three tries each: what is mended in one spec is in all, but for some kinds."""
    never = sum(map(len, WITHOUT.values()))
    mended = TRIES * (len(CATALOGUE) - never - len(SOMETIMES)) + sum(SOMETIMES.values())
    assert mended / (TRIES * len(CATALOGUE)) >= SHARE


def test_what_is_mended_stays_so(made: list[Try]) -> None:
    """A spec that checks has no fix left that would change it."""
    for item in (item for item in made if item.checks):
        again = mended({item.spoiled.resolve(): item.text})
        assert not again.made, f"{item.kind}: {[fix.title for fix in again.made]}"
        assert item.text != item.before, item.kind


def test_what_is_not_mended_is_left_as_it_was(made: list[Try]) -> None:
    for item in (item for item in made if not item.checks):
        assert item.text == item.before, item.kind

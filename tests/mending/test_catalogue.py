"""How many kinds of the catalogue's mistakes are mended, and that a mended spec is mended for good."""

from __future__ import annotations

import pytest

from tests.language.mistakes import CATALOGUE
from tests.mending.tally import Try, mended, tries

KINDS = 43  # that are mended, of the catalogue; `python -m tests.mending.tally` makes each in three specs


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> list[Try]:
    """Each kind in one spec."""
    return [*tries(CATALOGUE, tmp_path_factory.mktemp("spoiled"), 1)]


def test_so_many_kinds_are_mended(made: list[Try]) -> None:
    assert sum(item.checks for item in made) >= KINDS


def test_what_is_mended_stays_so(made: list[Try]) -> None:
    """A spec that checks has no fix left that would change it."""
    for item in (item for item in made if item.checks):
        again = mended({item.spoiled.resolve(): item.text})
        assert not again.made, f"{item.kind}: {[fix.title for fix in again.made]}"
        assert item.text != item.before, item.kind


def test_what_is_not_mended_is_left_as_it_was(made: list[Try]) -> None:
    for item in (item for item in made if not item.checks):
        assert item.text == item.before, item.kind

"""Splits by chromosome."""

from collections.abc import Callable

import pytest

from getdsl.data.declared import DeclaredData
from getdsl.data.errors import DataError
from getdsl.data.splits import split


@pytest.fixture
def source(tiny: Callable[[str], DeclaredData]) -> DeclaredData:
    return tiny('regions = Regions("regions.tsv") batch { x = Column("score") }')


def test_each_sample_is_in_one_set(source: DeclaredData) -> None:
    parts = split(source, ["chrII"], ["chrI"])
    assert (parts.train.tolist(), parts.validation.tolist(), parts.test.tolist()) == ([4, 5], [0, 1], [2, 3])


def test_lists_may_be_empty(source: DeclaredData) -> None:
    parts = split(source, [])
    assert (parts.train.size, parts.validation.size, parts.test.size) == (6, 0, 0)


@pytest.mark.parametrize("name", ["chr2", "2", "II", "chrii", "ChrII"])
def test_another_spelling_of_a_chromosome_is_recognised(source: DeclaredData, name: str) -> None:
    with pytest.raises(
        DataError, match=rf"hold_out names '{name}'.*did you mean chrII\? there are: chrI, chrII, chrIII"
    ):
        split(source, [name])


def test_an_unknown_chromosome_lists_those_there(source: DeclaredData) -> None:
    with pytest.raises(
        DataError, match="validation names 'chr9', which has no samples; there are: chrI, chrII, chrIII"
    ):
        split(source, ["chrI"], ["chr9"])


def test_a_chromosome_in_both_lists_is_said(source: DeclaredData) -> None:
    with pytest.raises(DataError, match="chrI is in both"):
        split(source, ["chrI", "chrII"], ["chrI"])


def test_nothing_to_train_on_is_said(source: DeclaredData) -> None:
    with pytest.raises(DataError, match="all of its 6 samples"):
        split(source, ["chrI", "chrII"], ["chrIII"])

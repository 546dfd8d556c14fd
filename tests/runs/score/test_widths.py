"""Cases are grouped by their widths: each in a group that holds it, and no dearer than one group of all."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from getdsl.runs.score.widths import RUN, by_width

LENGTH = 1000


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.integers(0, LENGTH - 1), st.integers(0, LENGTH)), min_size=1, max_size=80))
def test_each_case_is_in_one_group_that_holds_it(spans: list[tuple[int, int]]) -> None:
    differs = np.zeros((len(spans), LENGTH), np.bool_)
    for row, (start, width) in enumerate(spans):
        differs[row, start : start + width] = True
    groups = list(by_width(differs))
    assert sorted(np.concatenate([group.rows for group in groups])) == list(range(len(spans)))
    for group in groups:
        places = np.arange(LENGTH)
        inside = (places >= group.start[:, None]) & (places < group.start[:, None] + group.width)
        assert not (differs[group.rows] & ~inside).any()
        assert (group.start + group.width <= LENGTH).all()
    assert sum(RUN + len(group.rows) * group.width for group in groups) <= RUN + len(spans) * LENGTH


@pytest.mark.parametrize(("wide", "groups"), [(1, [500]), (400, [4, 500])])
def test_wide_cases_have_a_run_of_their_own_where_it_pays(wide: int, groups: list[int]) -> None:
    """One joins the others where they are few, and does not widen hundreds."""
    differs = np.zeros((wide + 10, LENGTH), np.bool_)
    differs[:, 100:104] = True
    differs[:10, 100:590] = True
    widths = [group.width for group in by_width(differs)]
    assert len(widths) == len(groups)
    assert all(width <= limit * 1.2 for width, limit in zip(widths, groups, strict=True))

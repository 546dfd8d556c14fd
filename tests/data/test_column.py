"""`Column`: numbers, truths and classes of the regions' own table."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from getdsl.data.errors import DataError
from getdsl.data.reader import Context
from getdsl.data.readers.column import Column
from tests.data.made_regions import Region, context_of, places_of, read, table_of

REGIONS = [Region("chrI", at, at + 5) for at in range(4)]
COLUMNS: dict[str, Any] = {
    "tpm": np.array([0.5, 1.5, -2.0, 1e3]),
    "count": np.array([4, 3, 2, 1]),
    "open": np.array(["True", "false", "TRUE", "False"]),
    "kind": np.array(["b", "a", "c", "a"]),
    "fold": np.array([3, 1, 2, 1]),
    "holes": np.array([0.5, np.nan, np.nan, 1.0]),
    "early_tpm": np.array([1.0, 2.0, 3.0, 4.0]),
    "late_tpm": np.array([5.0, 6.0, 7.0, 8.0]),
}


def context(*celltypes: str) -> Context:
    return context_of(table_of(REGIONS, COLUMNS), celltypes)


@pytest.mark.parametrize(
    ("params", "wanted"),
    [
        ({"name": "tpm"}, [0.5, 1.5, -2.0, 1e3]),
        ({"name": "count"}, [4, 3, 2, 1]),
        ({"name": "open"}, [1, 0, 1, 0]),
        ({"name": "holes", "missing": -1.0}, [0.5, -1, -1, 1]),
        ({"name": ["count", "tpm"]}, [[4, 0.5], [3, 1.5], [2, -2.0], [1, 1e3]]),
        ({"name": ["open"]}, [[1], [0], [1], [0]]),
    ],
)
def test_numbers(params: Any, wanted: Any) -> None:
    found = read(Column(**params), context())
    assert found.dtype == np.float32
    assert found.tolist() == wanted


@pytest.mark.parametrize(
    ("params", "wanted"),
    [
        ({"name": "kind", "classes": ["a", "b", "c"]}, [1, 0, 2, 0]),
        ({"name": "fold", "classes": ["1", "2", "3"]}, [2, 0, 1, 0]),
        ({"name": ["kind", "kind"], "classes": ["c", "b", "a"]}, [[1, 1], [2, 2], [0, 0], [2, 2]]),
    ],
)
def test_classes(params: Any, wanted: Any) -> None:
    found = read(Column(**params), context())
    assert found.dtype == np.int64
    assert found.tolist() == wanted


def test_a_column_of_each_cell_type() -> None:
    reader = Column(name=["{celltype}_tpm", "count"])
    assert read(reader, context("late", "early"), "early").tolist() == [[1, 4], [2, 3], [3, 2], [4, 1]]
    assert read(reader, context("late", "early"), "late")[:, 0].tolist() == [5, 6, 7, 8]
    assert reader.per_celltype


def test_places_in_any_order() -> None:
    reader = Column(name="count")
    reader.open(context())
    assert reader.read(places_of(context(), rows=[3, 0, 3])).tolist() == [1, 4, 1]


@pytest.mark.parametrize(
    ("params", "problem"),
    [
        ({"name": "tmp"}, r"regions.bed: it has no column 'tmp'; there are: tpm"),
        ({"name": "{celltype}_tpm"}, r"it has no column 'other_tpm'"),
        ({"name": "kind"}, r"line 1: 'kind' is 'b', which is no number; name a column of numbers"),
        ({"name": "holes"}, r"line 2: 'holes' is nan, which is no number \(2 such rows\); .*`missing = 0.0`"),
        (
            {"name": "kind", "classes": ["a", "b"]},
            r"line 3: 'kind' is 'c', which is none of `classes`; there are",
        ),
    ],
)
def test_what_is_wrong_is_said(params: Any, problem: str) -> None:
    with pytest.raises(DataError, match=problem):
        Column(**params).open(context("other"))

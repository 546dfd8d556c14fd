"""Targets that teach nothing stop a run before it starts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from getdsl.data import degenerate
from getdsl.data.declared import DeclaredData
from getdsl.data.degenerate import refuse_degenerate
from getdsl.data.errors import DataError


class Values:
    """A source of one key."""

    path = "store.zarr"
    chromosomes = np.array([])

    def __init__(self, values: Any, table: dict[str, Any] | None = None) -> None:
        self.values = torch.tensor(np.array(values, np.float32))
        self.table = table or {}
        self.looked_at: list[int] = []

    def __len__(self) -> int:
        return len(self.values)

    def batch(self, indices: Any, draws: Any = None) -> dict[str, torch.Tensor]:
        self.looked_at += indices.tolist()
        return {"y": self.values[indices]}

    def fingerprint(self) -> str:
        return ""


def look(source: Any, samples: Any = None) -> None:
    refuse_degenerate(source, np.arange(len(source)) if samples is None else samples, ["y"])


def test_values_that_differ_pass() -> None:
    look(Values([1, 1, 1, 2]))
    look(Values(np.eye(3)))


@pytest.mark.parametrize("shape", [(5,), (5, 3), (5, 2, 2)])
def test_a_constant_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(DataError, match=r"store\.zarr: `y` is 3 in all of 5 training samples, which teaches"):
        look(Values(np.full(shape, 3)))


@pytest.mark.parametrize(("value", "what"), [(np.nan, "NaN"), (np.inf, "infinite"), (-np.inf, "infinite")])
def test_what_is_no_number_is_refused_with_its_place(value: float, what: str) -> None:
    table = {"chrom": np.array(["a", "b"]), "start": np.array([1, 2]), "end": np.array([3, 4])}
    with pytest.raises(DataError, match=rf"`y` is {what} at b:2-4; leave such regions out"):
        look(Values([[0, 1], [1, value]], table))
    with pytest.raises(DataError, match=rf"`y` is {what} at sample 1"):
        look(Values([0, value]))


def test_only_the_samples_that_train_are_looked_at() -> None:
    source = Values([1, 2, np.nan, 5])
    look(source, np.array([0, 1, 3]))
    assert source.looked_at == [0, 1, 3]
    with pytest.raises(DataError, match="in all of 1 training"):
        look(Values([1, 2]), np.array([1]))


def test_many_samples_are_looked_at_evenly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(degenerate, "LOOKED_AT", 100)
    source = Values(np.arange(10_000))
    look(source)
    assert len(source.looked_at) == 100
    assert max(np.diff(source.looked_at)) < 110
    assert (source.looked_at[0], source.looked_at[-1]) == (0, 9999)


def test_a_key_that_no_batch_has_is_left_alone() -> None:
    refuse_degenerate(Values([1, 1]), np.arange(2), ["z"])


def test_a_file_that_covers_nothing_is_named(tiny: Callable[[str], DeclaredData], tmp_path: Path) -> None:
    (tmp_path / "far.bg").write_text("chrI\t200\t210\t1\n")
    source = tiny(
        'genome = "genome.fa" regions = Regions("regions.tsv") batch { y = Signal("far.bg", reduce = "sum") }'
    )
    with pytest.raises(DataError, match=r"far\.bg: `y` is 0 in all of 6 training samples"):
        look(source)


def test_nan_is_left_to_who_asked_for_it(tiny: Callable[[str], DeclaredData], tmp_path: Path) -> None:
    regions = 'genome = "genome.fa" regions = Regions("regions.tsv")'
    text = regions + ' batch {{ y = Signal("plus.bw", length = 8{}) }}'
    look(tiny(text.format(', missing = "nan"')))
    (tmp_path / "far.bg").write_text("chrI\t200\t210\t1\n")
    with pytest.raises(DataError, match=r"far\.bg: `y` is NaN in all of 6 training samples"):
        look(tiny(text.replace("plus.bw", "far.bg").format(', missing = "nan"')))

"""Which samples a batch holds, in which order, and from which strand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from getdsl.runs.fitting.position import Position
from getdsl.runs.loading.batches import epoch_order
from getdsl.runs.loading.data_module import SpecData
from getdsl.runs.opened.samples import open_source
from getdsl.runs.opened.strands import Batch, mix_strands
from tests.runs.conftest import checked


def data_at(small: Path, position: Position, *settings: str) -> SpecData:
    spec = checked(small, *settings).spec
    assert spec is not None
    return SpecData(spec, spec.train, open_source(spec), position)


def sequences(batches: list[Batch]) -> torch.Tensor:
    return torch.cat([batch["sequence"] for batch in batches])


def epoch(small: Path, position: Position, *settings: str) -> list[Batch]:
    return list(data_at(small, position, *settings).train_dataloader())


def test_an_epoch_holds_each_training_sample_once(small: Path) -> None:
    data = data_at(small, Position(), "train.reverse_complement=false")
    batches = list(data.train_dataloader())
    assert [len(batch["cut_sites"]) for batch in batches] == [16] * 5
    seen = {row.numpy().tobytes() for row in sequences(batches)}
    assert seen == {row.numpy().tobytes() for row in data.source.batch(data.splits.train)["sequence"]}
    assert not set(data.splits.train) & (set(data.splits.validation) | set(data.splits.test))


def test_order_follows_from_seed_and_epoch(small: Path) -> None:
    first, second = epoch(small, Position()), epoch(small, Position(epoch=1))
    other = epoch(small, Position(), "train.seed=1")
    assert torch.equal(sequences(first), sequences(epoch(small, Position())))
    assert not torch.equal(first[0]["cut_sites"], second[0]["cut_sites"])
    assert not torch.equal(first[0]["cut_sites"], other[0]["cut_sites"])
    assert not np.array_equal(epoch_order(1000, 0, 1), epoch_order(1000, 0, 2))


def test_the_rest_of_an_epoch(small: Path) -> None:
    whole, rest = epoch(small, Position(epoch=2)), epoch(small, Position(epoch=2, batch=3, stage_batch=3))
    assert len(rest) == 2
    for left, right in zip(whole[3:], rest, strict=True):
        assert all(torch.equal(left[name], right[name]) for name in left)


def test_training_reads_each_sample_from_a_strand_at_random(small: Path) -> None:
    plain = sequences(epoch(small, Position(), "train.reverse_complement=false"))
    mixed = sequences(epoch(small, Position()))
    turned = torch.tensor([torch.equal(a, b.flip(0, 1)) for a, b in zip(mixed, plain, strict=True)])
    kept = torch.tensor([torch.equal(a, b) for a, b in zip(mixed, plain, strict=True)])
    assert bool((turned | kept).all())
    assert 20 < int(turned.sum()) < 60


def test_measuring_reads_samples_as_they_are(small: Path) -> None:
    data = data_at(small, Position(epoch=1))
    held = sequences(list(data.loader_of("test")))
    assert torch.equal(held, data.source.batch(data.splits.test)["sequence"])


def test_workers_yield_the_same(small: Path) -> None:
    alone, helped = epoch(small, Position()), epoch(small, Position(), "data.num_workers=1")
    assert torch.equal(sequences(alone), sequences(helped))


def test_mix_strands_touches_what_turns_only() -> None:
    batch = {"x": torch.arange(6.0).reshape(3, 2), "label": torch.arange(3.0)}

    def turn(each: Batch) -> Batch:
        return {**each, "x": each["x"].flip(1)}

    mixed = mix_strands(batch, turn, torch.tensor([True, False, True]))
    assert mixed["x"].tolist() == [[1, 0], [2, 3], [5, 4]]
    assert mixed["label"] is batch["label"]

"""Rounds against a walk over the batches, one by one; what of a history decides what happens next."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from getdsl.compiler.sections.length import Length
from getdsl.compiler.sections.monitor import EarlyStop, Keep
from getdsl.compiler.sections.optimizer import DEFAULT
from getdsl.compiler.sections.schedule import ConstantRate
from getdsl.compiler.sections.train import TrainSettings
from getdsl.compiler.sections.train_stages import Stage
from getdsl.runs.fitting.kept import file_of, kept_rows
from getdsl.runs.fitting.position import Position
from getdsl.runs.fitting.rounds import Rounds
from getdsl.runs.run_folder.records import Row


def stage(*, epochs: int | None = None, steps: int | None = None) -> Stage:
    return Stage("", epochs, steps, DEFAULT, ConstantRate())


def walk(rounds: Rounds) -> tuple[list[int], list[int]]:
    """The batches after which there is a step, and those after which a round ends, as Lightning goes."""
    steps, ends, in_round = [], [], 0
    for batch in range(1, rounds.total + 1):
        in_round += 1
        last = in_round == rounds.length or batch == rounds.total
        if in_round % rounds.accumulate == 0 or last:
            steps.append(batch)
        if last:
            ends.append(batch)
            in_round = 0
    return steps, ends


@given(
    epoch=st.integers(1, 12),
    accumulate=st.integers(1, 5),
    every=st.one_of(
        st.none(),
        st.builds(lambda n: Length(epochs=n), st.integers(1, 3)),
        st.builds(lambda n: Length(steps=n), st.integers(1, 9)),
    ),
    length=st.one_of(
        st.builds(lambda n: {"epochs": n}, st.integers(1, 5)),
        st.builds(lambda n: {"steps": n}, st.integers(1, 40)),
    ),
)
def test_rounds_and_steps(epoch: int, accumulate: int, every: Length | None, length: dict[str, int]) -> None:
    settings = TrainSettings(accumulate=accumulate, validate_every=every)
    rounds = Rounds.of(stage(**length), settings, epoch)
    steps, ends = walk(rounds)
    assert rounds.steps == len(steps) == length.get("steps", len(steps))
    assert rounds.total == length.get("epochs", 0) * epoch or "steps" in length
    for done in range(rounds.total):
        assert rounds.end(done) == next(end for end in ends if end > done)
    for done in range(1, rounds.total + 1):
        assert rounds.at_step(done) == (done in steps)
        assert rounds.steps_in(done) == sum(step <= done for step in steps)


def test_a_round_goes_over_the_end_of_an_epoch() -> None:
    rounds = Rounds.of(stage(epochs=2), TrainSettings(validate_every=Length(steps=3)), 5)
    position = Position()
    read = []
    while position.stage_batch < rounds.total:
        read.append(list(position.round_left(rounds)))
        for _ in read[-1]:
            position.advance(rounds.epoch)
    assert [len(each) for each in read] == [3, 3, 3, 1]
    assert [batch for each in read for batch in each] == [
        (epoch, batch) for epoch in range(2) for batch in range(5)
    ]
    assert (position.epoch, position.batch, position.epochs(5)) == (2, 0, 2)


def test_the_next_stage_begins_with_an_epoch_of_its_own() -> None:
    position = Position(epoch=1, batch=2, step=7, stage_batch=7)
    assert position.epochs(5) == 1.4
    position.next_stage()
    assert position == Position(epoch=2, step=7, stage=1)


def rows(values: list[float], **more: float) -> list[Row]:
    return [
        {"epoch": number + 1, "step": 5 * number + 5, **more, "val_loss": value}
        for number, value in enumerate(values)
    ]


@pytest.mark.parametrize(
    ("losses", "margin", "stops"),
    [
        ([5, 4, 3, 2], 0.0, False),
        ([5, 4, 4, 4], 0.0, True),
        ([5, 4.9, 4.8, 4.7], 0.5, True),
        ([5, 4.9, 4.4, 4.3], 0.5, False),
        ([5, float("nan"), float("nan")], 0.0, True),
    ],
)
def test_early_stop_counts_what_improves_by_its_margin(
    losses: list[float], margin: float, stops: bool
) -> None:
    stop = EarlyStop(monitor="val_loss", patience=2, min_delta=margin)
    rounds = Rounds(epoch=5, accumulate=1, length=5, total=100)
    position = Position(stage_batch=5 * len(losses), history=rows(losses))
    assert position.stage_finished(rounds, TrainSettings(early_stop=stop)) == stops


def test_early_stop_reads_the_rows_of_its_stage() -> None:
    stop = EarlyStop(monitor="val_loss", patience=2)
    rounds = Rounds(epoch=5, accumulate=1, length=5, total=100)
    history = rows([5, 6, 7], stage=1) + rows([9, 8], stage=2)
    position = Position(stage=1, stage_batch=10, history=history)
    assert position.rows() == history[3:]
    assert not position.stage_finished(rounds, TrainSettings(early_stop=stop))
    assert position.steps_before == 15


@pytest.mark.parametrize(
    ("keep", "kept"),
    [
        (Keep(monitor="val_loss"), []),
        (Keep(monitor="val_loss", top_k=2), [2, 4]),
        (Keep(monitor="val_loss", mode="max", top_k=2), [0, 1]),
        (Keep(every_n=2), [1, 3]),
        (Keep(monitor="val_loss", top_k=1, every_n=3), [2, 4]),
        (Keep(monitor="val_loss", top_k=9), [0, 1, 2, 4]),
    ],
)
def test_which_checkpoints_stay(keep: Keep, kept: list[int]) -> None:
    """A loss that is NaN is among the best never."""
    assert kept_rows(rows([9, 7, 5, float("nan"), 3]), keep) == kept


def test_checkpoints_are_named_after_epochs() -> None:
    assert file_of({"epoch": 12, "step": 1}) == "epoch-12.safetensors"
    assert file_of({"epoch": 0.3333, "step": 1}) == "epoch-0.3333.safetensors"

"""Schedules against closed forms, PyTorch and GET."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.optim.lr_scheduler import ExponentialLR, LinearLR, OneCycleLR, ReduceLROnPlateau, StepLR

from getdsl.compiler.check import check_text
from getdsl.compiler.lower import build
from getdsl.compiler.sections.schedule import (
    ConstantRate,
    Cosine,
    Exponential,
    Linear,
    OneCycle,
    Plateau,
    Schedule,
    StepDown,
)
from getdsl.runs.training.lightning_module import SpecModule
from getdsl.runs.training.schedule import make_schedule
from tests.golden.cases import find


def values(settings: Schedule, lr: float, steps: int, per_epoch: int) -> list[float]:
    factor = make_schedule(settings, lr, steps, per_epoch)
    return [lr * factor(step) for step in range(steps)]


def test_constant() -> None:
    assert values(ConstantRate(), 0.1, 4, 2) == [0.1] * 4
    warm = values(ConstantRate(warmup_epochs=2), 1.0, 6, 2)
    assert warm == pytest.approx([0.25, 0.5, 0.75, 1, 1, 1])


def test_cosine() -> None:
    found = values(Cosine(min_lr=0.01, warmup_epochs=1), 0.1, 20, 5)
    rising = [0.01 + 0.09 * step / 4 for step in range(5)]
    falling = [0.01 + 0.045 * (1 + math.cos(math.pi * step / 15)) for step in range(15)]
    assert found == pytest.approx(rising + falling)
    assert (found[0], found[4], max(found)) == pytest.approx((0.01, 0.1, 0.1))


CASES = json.loads(find("directives/cosine_scheduler.json").read_text())["cases"]


@pytest.mark.parametrize("number", range(len(CASES)))
def test_cosine_of_get(number: int) -> None:
    """GET's schedule; its warm-up may start anywhere, ours at `min_lr`, and then the rest is held.

    The run itself reads GET's schedule one step late, its first step at the last rate: ours does not.
    """
    case = CASES[number]
    args = case["args"]
    per_epoch, steps = args["niter_per_ep"], args["epochs"] * args["niter_per_ep"]
    rising = args.get("warmup_steps", args.get("warmup_epochs", 0) * per_epoch)
    settings = Cosine(min_lr=args["final_value"], warmup_epochs=rising / per_epoch)
    found = values(settings, args["base_value"], steps, per_epoch)
    if "raises" in case:  # warm-up given in steps alone
        assert found[0] == pytest.approx(args["final_value"])
        return
    same_start = not rising or args.get("start_warmup_value", 0) == args["final_value"]
    first = 0 if same_start else rising
    assert found[first:] == pytest.approx(case["schedule"][first:], rel=1e-9)
    assert case["effective_lr_in_trainer"] == pytest.approx([case["schedule"][-1], *case["schedule"][:-1]])


@pytest.mark.parametrize("steps", [10, 37, 200])
@pytest.mark.parametrize("warmup", [0.3, 0.5])
def test_one_cycle_of_pytorch(steps: int, warmup: float) -> None:
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.1)
    reference = OneCycleLR(
        optimizer,
        max_lr=0.1,
        total_steps=steps,
        pct_start=warmup,
        div_factor=20,
        final_div_factor=100,
        cycle_momentum=False,
    )
    expected = []
    for _ in range(steps):
        expected.append(reference.get_last_lr()[0])
        optimizer.step()
        if len(expected) < steps:
            reference.step()
    settings = OneCycle(warmup=warmup, div_factor=20, final_div_factor=100)
    assert values(settings, 0.1, steps, 5) == pytest.approx(expected, rel=1e-9)


def of_pytorch(scheduler: Any, steps: int, lr: float) -> list[float]:
    """The rates of a scheduler of PyTorch that is asked after each step."""
    found = []
    for _ in range(steps):
        found.append(scheduler.optimizer.param_groups[0]["lr"])
        scheduler.optimizer.step()
        scheduler.step()
    return found


def fresh(lr: float = 0.1) -> torch.optim.Optimizer:
    return torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=lr)


@pytest.mark.parametrize("rise", [0, 4])
def test_what_falls_as_in_pytorch(rise: int) -> None:
    """Straight, in steps, and by a power; before it there may be a rise."""
    steps, per_epoch = 30, 5
    left = steps - rise
    pairs = [
        (Linear(warmup_steps=rise, min_lr=0.02), LinearLR(fresh(), 1.0, 0.2, total_iters=left)),
        (StepDown(every=2, factor=0.5, warmup_steps=rise), StepLR(fresh(), 2 * per_epoch, gamma=0.5)),
        (Exponential(factor=0.7, warmup_steps=rise), ExponentialLR(fresh(), 0.7 ** (1 / per_epoch))),
    ]
    rising = [0.1 * (step + 1) / rise for step in range(rise)]
    for settings, reference in pairs:
        expected = rising + of_pytorch(reference, left, 0.1)
        assert values(settings, 0.1, steps, per_epoch) == pytest.approx(expected, rel=1e-9), settings


@given(st.lists(st.floats(0, 1), max_size=30), st.integers(1, 4), st.sampled_from([0.0, 0.05]))
def test_plateau_of_pytorch(losses: list[float], patience: int, margin: float) -> None:
    """PyTorch waits for one more than its patience."""
    reference = ReduceLROnPlateau(
        fresh(), factor=0.5, patience=patience - 1, threshold=margin, threshold_mode="abs", eps=0
    )
    settings = Plateau(factor=0.5, patience=patience, min_delta=margin)
    history: list[dict[str, float]] = []
    factor = make_schedule(settings, 0.1, 100, 5, lambda: history)
    for loss in losses:
        reference.step(loss)
        history.append({"val_loss": loss})
        assert 0.1 * factor(7) == pytest.approx(reference.optimizer.param_groups[0]["lr"], rel=1e-9)


def test_plateau_has_a_floor_and_a_rise() -> None:
    history = [{"val_loss": 1.0}] * 9
    settings = Plateau(factor=0.1, patience=2, min_lr=0.02, warmup_epochs=1)
    factor = make_schedule(settings, 0.1, 100, 5, lambda: history)
    assert [factor(step) for step in (0, 4, 5)] == pytest.approx([0.2, 1.0, 0.2])


@pytest.mark.parametrize(
    "settings",
    [
        ConstantRate(warmup_epochs=1),
        Cosine(warmup_steps=1),
        Linear(),
        StepDown(every=1),
        Exponential(factor=0.9),
        OneCycle(),
        Plateau(),
    ],
    ids=lambda item: item.word,
)
@pytest.mark.parametrize("steps", [1, 2, 3])
def test_the_shortest_runs(settings: Schedule, steps: int) -> None:
    found = values(settings, 0.1, steps, 1)
    assert all(0 <= value <= 0.1 + 1e-12 for value in found)


def test_each_group_is_scaled_from_its_own_rate() -> None:
    spec = check_text(
        """
        model M {
            input x: [B, 3]
            first = x -> Linear(4)
            second = first -> Linear(1)
            output y = squeeze(second, 1)
        }
        loss { y = MSE(y, batch.label) }
        optimizer = SGD(0.1, lr_of = { first = 0.02 })
        schedule = cosine(min_lr = 0.05, warmup_epochs = 1)
        """
    ).spec
    assert spec is not None
    module = SpecModule(build(spec, 0), None, steps=(8, 4))
    found = module.configure_optimizers()
    optimizer, schedule = found["optimizer"], found["lr_scheduler"]["scheduler"]
    shared = make_schedule(Cosine(min_lr=0.05, warmup_epochs=1), 0.1, 8, 4)
    seen = []
    for _ in range(8):
        seen.append([group["lr"] for group in optimizer.param_groups])
        optimizer.step()
        schedule.step()
    own = [group["initial_lr"] for group in optimizer.param_groups]
    assert sorted(set(own)) == [0.02, 0.1]
    for step, rates in enumerate(seen):
        assert rates == pytest.approx([rate * shared(step) for rate in own])

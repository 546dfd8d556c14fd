"""Schedules against closed forms, PyTorch and GET."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
import torch
from torch.optim.lr_scheduler import OneCycleLR

from getdsl.compiler.check import check_text
from getdsl.compiler.lower import build
from getdsl.training.lightning_module import SpecModule
from getdsl.training.schedule import make_schedule
from getdsl.training.settings import ScheduleSettings

GOLDEN = Path(__file__).parents[3] / "shared" / "golden" / "directives" / "cosine_scheduler.json"


def values(settings: ScheduleSettings, lr: float, steps: int, per_epoch: int) -> list[float]:
    factor = make_schedule(settings, lr, steps, per_epoch)
    return [lr * factor(step) for step in range(steps)]


def test_constant() -> None:
    assert values(ScheduleSettings(), 0.1, 4, 2) == [0.1] * 4
    warm = values(ScheduleSettings(warmup_epochs=2), 1.0, 6, 2)
    assert warm == pytest.approx([0.25, 0.5, 0.75, 1, 1, 1])


def test_cosine() -> None:
    found = values(ScheduleSettings("cosine", min_lr=0.01, warmup_epochs=1), 0.1, 20, 5)
    rising = [0.01 + 0.09 * step / 4 for step in range(5)]
    falling = [0.01 + 0.045 * (1 + math.cos(math.pi * step / 15)) for step in range(15)]
    assert found == pytest.approx(rising + falling)
    assert (found[0], found[4], max(found)) == pytest.approx((0.01, 0.1, 0.1))


@pytest.mark.skipif(not GOLDEN.exists(), reason="golden numbers are not here")
def test_cosine_of_get() -> None:
    """GET's schedule, where its warm-up starts at the final rate as ours does; not its lag of one step."""
    compared = 0
    for case in json.loads(GOLDEN.read_text())["cases"]:
        args = case["args"]
        start = args.get("start_warmup_value", 0)
        rising = args.get("warmup_steps", args.get("warmup_epochs", 0) * args["niter_per_ep"])
        if "raises" in case or (rising and start != args["final_value"]):
            continue
        steps = args["epochs"] * args["niter_per_ep"]
        settings = ScheduleSettings(
            "cosine", min_lr=args["final_value"], warmup_epochs=rising / args["niter_per_ep"]
        )
        assert values(settings, args["base_value"], steps, args["niter_per_ep"]) == pytest.approx(
            case["schedule"], rel=1e-9
        )
        compared += 1
    assert compared >= 2


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
    settings = ScheduleSettings("one_cycle", warmup=warmup, div_factor=20, final_div_factor=100)
    assert values(settings, 0.1, steps, 5) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("name", ["constant", "cosine", "one_cycle"])
@pytest.mark.parametrize("steps", [1, 2, 3])
def test_the_shortest_runs(name: str, steps: int) -> None:
    found = values(ScheduleSettings(name, warmup_epochs=0 if name == "one_cycle" else 1), 0.1, steps, 1)
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
    shared = make_schedule(ScheduleSettings("cosine", min_lr=0.05, warmup_epochs=1), 0.1, 8, 4)
    seen = []
    for _ in range(8):
        seen.append([group["lr"] for group in optimizer.param_groups])
        optimizer.step()
        schedule.step()
    own = [group["initial_lr"] for group in optimizer.param_groups]
    assert sorted(set(own)) == [0.02, 0.1]
    for step, rates in enumerate(seen):
        assert rates == pytest.approx([rate * shared(step) for rate in own])

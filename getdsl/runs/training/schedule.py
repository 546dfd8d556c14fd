"""Learning-rate schedules, per step, as factors on each group's own rate."""

from __future__ import annotations

import math
from collections.abc import Callable

from getdsl.compiler.sections.schedule import (
    Cosine,
    Exponential,
    Linear,
    OneCycle,
    Plateau,
    Rising,
    Schedule,
    StepDown,
)
from getdsl.runs.run_folder.records import Row

Factor = Callable[[int], float]
Rows = Callable[[], list[Row]]


def make_schedule(
    settings: Schedule, lr: float, steps: int, steps_per_epoch: float, rows: Rows = list
) -> Factor:
    """The factor at each step from 0 to `steps` - 1, 1 being the rate that the spec gives.

    All but one_cycle rise first, straight, over `warmup_epochs` or `warmup_steps`, and reach 1 with the last
    step of the rise. Then
    - constant: 1.
    - cosine: half a cosine down towards `min_lr`, from which it has risen, as GET's cosine_scheduler has it.
    - linear: straight down towards `min_lr`.
    - step, exponential: down by `factor` every so many epochs, or a little with each step.
    - plateau: down by `factor` whenever `rows`, the history so far, has not improved for `patience` rows.
    - one_cycle: half a cosine up from `lr` / div_factor, half a cosine down to that / final_div_factor
      (Smith & Topin 2018, as PyTorch's OneCycleLR has it).
    """
    if isinstance(settings, OneCycle):
        return _one_cycle(settings, steps)
    assert isinstance(settings, Rising)
    rising = min(steps, settings.warmup_steps or round(settings.warmup_epochs * steps_per_epoch))
    if isinstance(settings, Cosine):
        return _cosine(min(settings.min_lr / lr, 1.0), rising, steps)
    falling = _falling(settings, lr, steps - rising, steps_per_epoch, rows)
    return lambda step: min(1.0, (step + 1) / rising) if step < rising else falling(step - rising)


def _falling(settings: Rising, lr: float, steps: int, per_epoch: float, rows: Rows) -> Factor:
    """What comes after the rise, by the steps since then."""
    match settings:
        case Linear(min_lr=lowest):
            low = min(lowest / lr, 1.0)
            return lambda step: 1 - (1 - low) * min(1.0, step / max(1, steps))
        case StepDown(every=every, factor=factor):
            return lambda step: float(factor ** int(step / (every * per_epoch)))
        case Exponential(factor=factor):
            return lambda step: float(factor ** (step / per_epoch))
        case Plateau():
            return lambda _: max(settings.factor ** steps_down(settings, rows()), settings.min_lr / lr)
    return lambda _: 1.0


def steps_down(settings: Plateau, rows: list[Row]) -> int:
    """How often the figure has not improved for `patience` rows, counted anew after each time."""
    watched = settings.watched
    best, waited, times = math.nan, 0, 0
    for row in rows:
        value = row[watched.monitor]
        improved = watched.better(value, best)
        best, waited = (value, 0) if improved else (best, waited + 1)
        if waited >= settings.patience:
            times, waited = times + 1, 0
    return times


def _cosine(low: float, rising: int, steps: int) -> Factor:
    def factor(step: int) -> float:
        if step < rising:
            return low + (1 - low) * step / max(1, rising - 1)
        passed = min(1.0, (step - rising) / max(1, steps - rising))
        return low + (1 - low) * (1 + math.cos(math.pi * passed)) / 2

    return factor


def _one_cycle(settings: OneCycle, steps: int) -> Factor:
    start = 1 / settings.div_factor
    end = start / settings.final_div_factor
    last = max(1, steps - 1)
    top = settings.warmup * steps - 1

    def between(left: float, right: float, passed: float) -> float:
        return right + (left - right) * (1 + math.cos(math.pi * min(1.0, passed))) / 2

    def factor(step: int) -> float:
        if step <= top:
            return between(start, 1.0, step / top if top > 0 else 1.0)
        return between(1.0, end, (step - top) / max(1e-9, last - top))

    return factor

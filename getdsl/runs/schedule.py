"""Learning-rate schedules, per step, as factors on each group's own rate."""

from __future__ import annotations

import math
from collections.abc import Callable

from getdsl.compiler.sections.schedule import ConstantRate, Cosine, OneCycle, Schedule

Factor = Callable[[int], float]


def make_schedule(settings: Schedule, lr: float, steps: int, steps_per_epoch: int) -> Factor:
    """The factor at each step from 0 to `steps` - 1, 1 being the rate that the spec gives.

    - constant: 1, after a linear rise over `warmup_epochs` that reaches 1 with its last step.
    - cosine: from `min_lr` straight to `lr` over `warmup_epochs` (both included), then half a cosine down
      towards `min_lr`, as GET's cosine_scheduler has it.
    - one_cycle: half a cosine up from `lr` / div_factor, half a cosine down to that / final_div_factor
      (Smith & Topin 2018, as PyTorch's OneCycleLR has it).
    """
    if isinstance(settings, OneCycle):
        return _one_cycle(settings, steps)
    assert isinstance(settings, ConstantRate | Cosine)
    rising = min(steps, round(settings.warmup_epochs * steps_per_epoch))
    if isinstance(settings, Cosine):
        return _cosine(min(settings.min_lr / lr, 1.0), rising, steps)
    return lambda step: min(1.0, (step + 1) / rising) if rising else 1.0


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

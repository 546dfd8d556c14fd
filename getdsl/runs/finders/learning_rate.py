"""The learning-rate range test: how the loss falls as the rate rises (Smith 2017, arXiv:1506.01186)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from getdsl.diagnostics import UserError
from getdsl.runs.finders.trial import Trial
from getdsl.runs.pictures.style import BLUE, ORANGE, panels, save_as

KEPT = 0.9  # of the running mean of losses, with each step
BEYOND = 3  # times the untrained loss, above it: the loss has left
FIRST = 10  # steps whose mean says nothing; and as many after them, from which the loss must fall


@dataclass(frozen=True)
class RangeTest:
    """Rates, the mean change of the loss at each, and a rate well below that of the lowest."""

    rates: NDArray[np.float64]
    losses: NDArray[np.float64]

    @property
    def suggestion(self) -> float | None:
        """A tenth of the rate of the lowest mean, to one digit; None where the loss does not fall."""
        means = self.losses[FIRST:]
        if len(means) < FIRST:
            return None
        lowest = int(np.argmin(means))
        falls = means[lowest] < np.mean(means[:FIRST])
        return float(f"{self.rates[FIRST + lowest] / 10:.0e}") if lowest >= FIRST and falls else None


def range_test(trial: Trial, lowest: float, highest: float, steps: int) -> RangeTest:
    """Raises the optimizer's rate from `lowest` to `highest`, by a factor a step, until the loss has left.

    Rates of parts (`lr_of`, `layer_decay`) keep their ratios to it. A loss counts as the change from what the
    untrained model makes of the same batch, since batches differ more than most steps change.
    """
    batches = range(min(steps, trial.data.batches_per_epoch))
    untrained = [trial.measured(trial.batch(number)) for number in batches]
    own = trial.module.stage.optimizer.lr
    ratios = [group["lr"] / own for group in trial.optimizer.param_groups]
    rates = np.geomspace(lowest, highest, steps)
    means: list[float] = []
    running = 0.0
    for position, rate in enumerate(rates):
        for group, ratio in zip(trial.optimizer.param_groups, ratios, strict=True):
            group["lr"] = float(rate) * ratio
        number = position % len(untrained)
        change = trial.step(trial.batch(number)) - untrained[number]
        running = KEPT * running + (1 - KEPT) * change
        mean = running / (1 - KEPT ** (position + 1))
        if not math.isfinite(mean) or mean > BEYOND * abs(float(np.mean(untrained))):
            break
        means.append(mean)
    return RangeTest(rates[: len(means)], np.array(means))


def draw(found: RangeTest, path: Path) -> None:
    """Writes the curve. Raises UserError where it cannot be written."""
    with panels(1, (5.5, 3.8)) as (figure, [axes]):
        axes.plot(found.rates, found.losses, color=BLUE)
        axes.set_xscale("log")
        axes.set_xlabel("learning rate")
        axes.set_ylabel("change of the loss, running mean")
        if found.suggestion is not None:
            tenth = f"suggested: {found.suggestion:g}"
            axes.axvline(found.suggestion, color=ORANGE, linestyle=":", label=tenth)
            axes.legend()
        save_as(figure, path)


def refuse_flat(found: RangeTest) -> float:
    """The suggestion. Raises UserError where there is none."""
    if found.suggestion is None:
        raise UserError(
            "the loss falls at none of the learning rates",
            "try others with `--from` and `--to`, or more `--steps`; the picture shows the curve",
        )
    return found.suggestion

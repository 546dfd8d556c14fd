"""Figures of the history that a run watches: to stop early, and to choose what it keeps."""

from collections.abc import Iterator
from typing import Annotated, Literal

from getdsl.compiler.sections.declare import Bound, Doc, Table
from getdsl.compiler.sections.facts import Facts
from getdsl.compiler.sections.measured import METRICS
from getdsl.compiler.sections.settings import Settings
from getdsl.diagnostics import Diagnostic
from getdsl.diagnostics.mistakes import sections as mistakes

Mode = Literal["min", "max"]
RISING = tuple(name for name, metric in METRICS.items() if metric.rising)
FIGURE = "a figure of each epoch, such as `val_loss`, `val_pearson` or `train_loss`"

Way = Annotated[
    Mode | None,
    Doc("which way it improves", "`min` for losses, errors and divergences, else `max`"),
]
Margin = Annotated[float, Doc("by how much it must improve at least"), Bound(least=0)]


class Monitor(Table):
    """A figure of the history, and which way it improves."""

    monitor: Annotated[str, Doc(FIGURE)]
    mode: Way = None

    @property
    def margin(self) -> float:
        """What is no improvement yet."""
        return 0.0

    @property
    def rising(self) -> bool:
        if self.mode is not None:
            return self.mode == "max"
        return self.monitor.endswith(RISING) and not self.monitor.startswith(("train_loss", "val_loss"))

    def better(self, value: float, best: float) -> bool:
        """NaN is worse than anything."""
        if best != best:
            return value == value
        return value > best + self.margin if self.rising else value < best - self.margin

    def check_as(self, owner: str, settings: Settings, facts: Facts) -> Iterator[Diagnostic]:
        """The figure must be measured."""
        yield from check_figure(owner, self.monitor, settings, facts)


class EarlyStop(Monitor):
    """Stops where `patience` measurements in a row did not improve the monitored figure."""

    patience: Annotated[int, Doc("epochs in a row without an improvement"), Bound(least=1)] = 5
    min_delta: Margin = 0.0

    @property
    def margin(self) -> float:
        return self.min_delta


class Keep(Table):
    """Which weights a run keeps, and which checkpoints beside them."""

    weights: Annotated[Literal["best", "last"], Doc("those of the best measurement, or of the last one")] = (
        "best"
    )
    monitor: Annotated[str | None, Doc(FIGURE, "`val_loss`, where there are validation samples")] = None
    mode: Way = None
    top_k: Annotated[
        int | None, Doc("so many of the best checkpoints stay in `checkpoints`", "none do"), Bound(least=1)
    ] = None
    every_n: Annotated[
        int | None,
        Doc("every so many epochs a checkpoint stays in `checkpoints`", "none does"),
        Bound(least=1),
    ] = None

    @property
    def watched(self) -> Monitor | None:
        return Monitor(monitor=self.monitor, mode=self.mode) if self.monitor is not None else None

    def check(self, settings: Settings, facts: Facts) -> Iterator[Diagnostic]:
        """The figure must be measured, and the best of something are the best by a figure."""
        if self.monitor is not None:
            yield from check_figure("keep", self.monitor, settings, facts)
        elif self.top_k is not None and facts.measured and not facts.validates:
            yield mistakes.nothing_to_choose_by(settings.place(("top_k",)))


def check_figure(owner: str, figure: str, settings: Settings, facts: Facts) -> Iterator[Diagnostic]:
    """`settings` are those of `owner`, which watches the figure."""
    known = facts.figures()
    if known is not None and figure not in known:
        validate = figure in facts.figures_with_validation()
        yield mistakes.not_measured(owner, figure, settings.place(("monitor",)), known, validate=validate)

"""`schedule`: how the learning rate changes from step to step."""

from collections.abc import Iterator
from typing import Annotated, ClassVar, Self

from getdsl.compiler.sections.declare import Bound, Choice, Doc
from getdsl.compiler.sections.facts import Facts
from getdsl.compiler.sections.monitor import FIGURE, EarlyStop, Margin, Way, check_figure
from getdsl.compiler.sections.settings import Settings
from getdsl.diagnostics import Diagnostic
from getdsl.diagnostics.mistakes import sections as mistakes

Lowest = Annotated[float, Doc("learning rate towards the end"), Bound(least=0)]


class Schedule(Choice):
    """What a schedule is; each says what happens between the first step and the last."""

    def resolved(self, facts: Facts) -> Self:
        """With what it watches by its column of the history."""
        return self


class Rising(Schedule):
    """A schedule that begins with a linear rise to the optimizer's rate."""

    warmup_epochs: Annotated[float, Doc("epochs of the rise"), Bound(least=0)] = 0.0
    warmup_steps: Annotated[
        int | None,
        Doc("steps of the rise, in the place of its epochs", "see `warmup_epochs`"),
        Bound(least=0),
    ] = None

    def check(self, settings: Settings, facts: Facts) -> Iterator[Diagnostic]:
        """The rise has one length, and the training must be as long."""
        if self.warmup_steps is not None and self.warmup_epochs:
            places = settings.place(("warmup_steps",)), settings.place(("warmup_epochs",))
            yield mistakes.two_rises(*places)
        elif self.warmup_steps is not None and facts.steps is not None and self.warmup_steps > facts.steps:
            place = settings.place(("warmup_steps",))
            yield mistakes.rise_longer_than_training(self.warmup_steps, facts.steps, place, "steps")
        elif facts.epochs is not None and self.warmup_epochs > facts.epochs:
            place = settings.place(("warmup_epochs",))
            yield mistakes.rise_longer_than_training(self.warmup_epochs, facts.epochs, place, "epochs")


class ConstantRate(Rising):
    """The optimizer's rate throughout, after a linear rise."""

    word: ClassVar[str] = "constant"


class Cosine(Rising):
    """A linear rise to the optimizer's rate, then half a cosine down."""

    word: ClassVar[str] = "cosine"

    min_lr: Annotated[float, Doc("learning rate at the start and towards the end"), Bound(least=0)] = 0.0


class Linear(Rising):
    """A linear rise to the optimizer's rate, then straight down."""

    word: ClassVar[str] = "linear"

    min_lr: Lowest = 0.0


class StepDown(Rising):
    """A linear rise to the optimizer's rate, then down by a factor every so many epochs."""

    word: ClassVar[str] = "step"
    positional: ClassVar[tuple[str, ...]] = ("every",)

    every: Annotated[int, Doc("epochs between two steps down"), Bound(least=1)]
    factor: Annotated[float, Doc("what the rate is multiplied by"), Bound(above=0, below=1)] = 0.1


class Exponential(Rising):
    """A linear rise to the optimizer's rate, then down by a factor in each epoch, a little with each step."""

    word: ClassVar[str] = "exponential"
    positional: ClassVar[tuple[str, ...]] = ("factor",)

    factor: Annotated[float, Doc("what an epoch multiplies the rate by"), Bound(above=0, below=1)]


class OneCycle(Schedule):
    """Half a cosine up and half a cosine down (Smith and Topin 2018)."""

    word: ClassVar[str] = "one_cycle"

    warmup: Annotated[float, Doc("the fraction of all steps that rise"), Bound(above=0, below=1)] = 0.3
    div_factor: Annotated[float, Doc("the rate starts at the optimizer's rate over this"), Bound(least=1)] = (
        25.0
    )
    final_div_factor: Annotated[
        float, Doc("the rate ends at the first step's rate over this"), Bound(least=1)
    ] = 1e4


class Plateau(Rising):
    """A linear rise to the optimizer's rate, then down by a factor whenever a figure no longer improves."""

    word: ClassVar[str] = "plateau"

    monitor: Annotated[str, Doc(FIGURE)] = "val_loss"
    mode: Way = None
    factor: Annotated[float, Doc("what the rate is multiplied by"), Bound(above=0, below=1)] = 0.1
    patience: Annotated[int, Doc("epochs in a row without an improvement"), Bound(least=1)] = 5
    min_delta: Margin = 0.0
    min_lr: Annotated[float, Doc("below which the rate does not go"), Bound(least=0)] = 0.0

    @property
    def watched(self) -> EarlyStop:
        """When it steps down, as what would stop there."""
        return EarlyStop(
            monitor=self.monitor, mode=self.mode, patience=self.patience, min_delta=self.min_delta
        )

    def check(self, settings: Settings, facts: Facts) -> Iterator[Diagnostic]:
        yield from super().check(settings, facts)
        yield from check_figure("plateau", self.monitor, settings, facts)

    def resolved(self, facts: Facts) -> Self:
        return self.replaced(monitor=(facts.figures() or {}).get(self.monitor, self.monitor))


KIND = ConstantRate | Cosine | Linear | StepDown | Exponential | OneCycle | Plateau
DEFAULT = ConstantRate()

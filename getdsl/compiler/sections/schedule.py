"""`schedule`: how the learning rate changes from step to step."""

from collections.abc import Iterator
from typing import Annotated, ClassVar

from getdsl.compiler.sections.declare import Bound, Choice, Doc
from getdsl.compiler.sections.facts import Facts
from getdsl.compiler.sections.settings import Settings
from getdsl.diagnostics import Diagnostic
from getdsl.diagnostics.mistakes import sections as mistakes


class Schedule(Choice):
    """What a schedule is; each says what happens between the first step and the last."""


class ConstantRate(Schedule):
    """The optimizer's rate throughout, after a linear rise."""

    word: ClassVar[str] = "constant"

    warmup_epochs: Annotated[float, Doc("epochs of the rise"), Bound(least=0)] = 0.0

    def check(self, settings: Settings, facts: Facts) -> Iterator[Diagnostic]:
        return _check_rise(self.warmup_epochs, settings, facts)


class Cosine(Schedule):
    """A linear rise to the optimizer's rate, then half a cosine down."""

    word: ClassVar[str] = "cosine"

    min_lr: Annotated[float, Doc("learning rate at the start and towards the end"), Bound(least=0)] = 0.0
    warmup_epochs: Annotated[float, Doc("epochs of the rise"), Bound(least=0)] = 0.0

    def check(self, settings: Settings, facts: Facts) -> Iterator[Diagnostic]:
        return _check_rise(self.warmup_epochs, settings, facts)


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


def _check_rise(warmup_epochs: float, settings: Settings, facts: Facts) -> Iterator[Diagnostic]:
    """The training must be as long as the rise."""
    if facts.epochs is not None and warmup_epochs > facts.epochs:
        place = settings.place(("warmup_epochs",))
        yield mistakes.rise_longer_than_training(warmup_epochs, facts.epochs, place)


KIND = ConstantRate | Cosine | OneCycle
DEFAULT = ConstantRate()

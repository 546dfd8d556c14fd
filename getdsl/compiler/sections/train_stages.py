"""The stages of a training, one after the other: which weights each trains, how long and at which rate."""

from collections.abc import Iterator
from typing import Annotated, NamedTuple

from getdsl.compiler.sections.declare import Bound, Doc
from getdsl.compiler.sections.facts import Facts
from getdsl.compiler.sections.length import Length
from getdsl.compiler.sections.optimizer import Optimizer
from getdsl.compiler.sections.schedule import KIND as SCHEDULES
from getdsl.compiler.sections.schedule import Schedule
from getdsl.compiler.sections.settings import Settings
from getdsl.diagnostics import Diagnostic

Weights = tuple[str, ...]


class StageSettings(Length):
    """One of `stages`, by its name."""

    freeze: Annotated[
        Weights | None, Doc("weights that stay as they are in it", "none"), Bound(format="weights")
    ] = None
    train_only: Annotated[
        Weights | None, Doc("the only weights that it trains", "all"), Bound(format="weights")
    ] = None
    lr: Annotated[
        float | None, Doc("learning rate in the place of the optimizer's", "the optimizer's"), Bound(above=0)
    ] = None
    schedule: Annotated[SCHEDULES | None, Doc("over the steps of the stage", "the spec's")] = None

    def check_as(self, owner: str, settings: Settings, facts: Facts | None = None) -> Iterator[Diagnostic]:
        yield from super().check_as(owner, settings)
        if self.schedule is not None and facts is not None:
            within = facts._replace(epochs=self.epochs, steps=self.steps)
            yield from self.schedule.check(settings.inside("schedule"), within)


class Stage(NamedTuple):
    """What a training does from one point to the next; of a spec without stages it is all, with no name."""

    name: str
    epochs: int | None
    steps: int | None
    optimizer: Optimizer
    schedule: Schedule
    freeze: Weights | None = None
    train_only: Weights | None = None

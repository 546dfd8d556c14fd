"""Settings against the rest of the spec: what can be wrong with them is said here, nothing in training."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, TypeVar

from getdsl.compiler.sections import optimizer, schedule
from getdsl.compiler.sections.check_parts import check_parts
from getdsl.compiler.sections.data import DataSettings
from getdsl.compiler.sections.declare import Table
from getdsl.compiler.sections.declared import SECTIONS
from getdsl.compiler.sections.facts import Facts
from getdsl.compiler.sections.optimizer import Optimizer
from getdsl.compiler.sections.part_optimizer import PartOptimizer
from getdsl.compiler.sections.read_parts import PartSettings
from getdsl.compiler.sections.schedule import Schedule
from getdsl.compiler.sections.settings import Settings
from getdsl.compiler.sections.train import TrainSettings
from getdsl.compiler.sections.train_stages import Stage, StageSettings
from getdsl.compiler.sections.typed import typed
from getdsl.diagnostics import Diagnostics

AnyTable = TypeVar("AnyTable", bound=Table)


class Training(NamedTuple):
    """What sections of a training say, with the default of everything that they leave out."""

    data: DataSettings
    train: TrainSettings
    optimizer: Optimizer
    schedule: Schedule
    parts: tuple[PartOptimizer, ...] = ()  # optimizers of parts, beside the main one

    @property
    def stages(self) -> tuple[Stage, ...]:
        """The stages of the training, at least one."""
        train = self.train
        if not train.stages:
            epochs = train.epochs if train.steps is None else None
            return (Stage("", epochs, train.steps, self.optimizer, self.schedule),)
        return tuple(self._stage(name, said) for name, said in train.stages.items())

    def _stage(self, name: str, said: StageSettings) -> Stage:
        optimizer = self.optimizer if said.lr is None else self.optimizer.replaced(lr=said.lr)
        schedule = said.schedule or self.schedule
        return Stage(name, said.epochs, said.steps, optimizer, schedule, said.freeze, said.train_only)


def check_sections(
    settings: Mapping[str, Settings], parts: Sequence[PartSettings], facts: Facts, diagnostics: Diagnostics
) -> Training:
    """Reports settings that do not go with the rest of the spec, and returns those of the training.

    What was reported has its default there. Facts about validation and epochs are taken from `settings`.
    """
    train = _said(settings, "train", TrainSettings, TrainSettings())
    facts = _with_length(_with_validation(facts, settings), settings, train)
    for section in settings.values():
        table = _table(section)
        for mistake in table.check(section, facts) if table is not None else ():
            diagnostics.add(mistake)
    return Training(
        _said(settings, "data", DataSettings, DataSettings()),
        train.resolved(facts),
        _said(settings, "optimizer", Optimizer, optimizer.DEFAULT),
        _said(settings, "schedule", Schedule, schedule.DEFAULT).resolved(facts),
        check_parts(parts, settings, train, facts, diagnostics),
    )


def _table(section: Settings) -> Table | None:
    """The typed settings of a section without those that are wrong; None where nothing is left of them."""
    found = typed(section.value, SECTIONS[section.name].kind, section.wrong)
    return found if isinstance(found, Table) else None


def _said(
    settings: Mapping[str, Settings], keyword: str, kind: type[AnyTable], default: AnyTable
) -> AnyTable:
    found = _table(settings[keyword]) if keyword in settings else None
    return found if isinstance(found, kind) else default


def _with_length(facts: Facts, settings: Mapping[str, Settings], train: TrainSettings) -> Facts:
    """How long the spec's own schedule goes on: of the stages that have none, the shortest."""
    if "train" in settings and settings["train"].wrong & {"epochs", "steps", "stages"}:
        return facts
    if not train.stages:
        return facts._replace(epochs=train.epochs if train.steps is None else None, steps=train.steps)
    scheduled = [stage for stage in train.stages.values() if stage.schedule is None]
    epochs = [stage.epochs for stage in scheduled if stage.epochs is not None]
    steps = [stage.steps for stage in scheduled if stage.steps is not None]
    return facts._replace(epochs=min(epochs, default=None), steps=min(steps, default=None))


def _with_validation(facts: Facts, settings: Mapping[str, Settings]) -> Facts:
    """Whether there are validation samples; a spec without data may be given some, these among them."""
    data = settings.get("data")
    if data is None:
        return facts._replace(validates=True)
    measured = facts.measured and "validation" not in data.wrong
    return facts._replace(measured=measured, validates=bool(data.table.get("validation")))

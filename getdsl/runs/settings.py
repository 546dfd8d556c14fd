"""What `train`, `optimizer` and `schedule` say, with the default of everything that they leave out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from getdsl.compiler.spec import Spec
from getdsl.diagnostics import Diagnostic, Label, SpecError, suggestion_or_list

Mode = Literal["min", "max"]
RISING = ("pearson", "spearman", "r2")  # metrics that are better when they are larger


@dataclass(frozen=True)
class Monitor:
    """A figure of the history, and which way it improves."""

    name: str
    mode: Mode

    def better(self, value: float, best: float) -> bool:
        """NaN is worse than anything."""
        if best != best:
            return value == value
        return value < best if self.mode == "min" else value > best


@dataclass(frozen=True)
class EarlyStop:
    """Stops after `patience` epochs in a row that did not improve the monitored figure."""

    monitor: Monitor
    patience: int = 5


@dataclass(frozen=True)
class TrainSettings:
    """The section `train`. Without `keep` the best `val_loss` is kept, without validation the last epoch."""

    epochs: int = 10
    batch_size: int = 32
    precision: str = "32-true"
    seed: int = 0
    reverse_complement: bool = False
    gradient_clip: float | None = None  # largest norm of all gradients together
    accumulate: int = 1  # batches to a step of the optimizer
    early_stop: EarlyStop | None = None
    keep: Monitor | None = None
    baseline: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class OptimizerSettings:
    """The setting `optimizer`; without one, AdamW with a learning rate of 1e-3."""

    name: str = "AdamW"
    lr: float = 1e-3
    weight_decay: float = 0.0  # AdamW: 0.01
    betas: tuple[float, float] = (0.9, 0.999)
    eps: float = 1e-8
    momentum: float = 0.0
    nesterov: bool = False
    layer_decay: float | None = None
    lr_of: Mapping[str, float] = field(default_factory=dict)  # part of the model -> its learning rate


@dataclass(frozen=True)
class ScheduleSettings:
    """The setting `schedule`; without one, a constant learning rate."""

    name: str = "constant"
    warmup_epochs: float = 0.0
    min_lr: float = 0.0
    warmup: float = 0.3  # one_cycle: the fraction of all steps that rise
    div_factor: float = 25.0  # one_cycle starts at lr / div_factor …
    final_div_factor: float = 1e4  # … and ends at lr / div_factor / final_div_factor


def read_train(spec: Spec, *, validates: bool) -> TrainSettings:
    """Raises SpecError where a monitor is not among the figures that the run will have."""
    section = spec.section("train")
    early, keep = section.pop("early_stop", None), section.pop("keep", None)
    default = Monitor("val_loss", "min") if validates else None
    return TrainSettings(
        **section,
        early_stop=None if early is None else _early_stop(spec, early, validates),
        keep=default if keep is None else _monitor(spec, "keep", keep, validates),
    )


def _early_stop(spec: Spec, given: Mapping[str, Any], validates: bool) -> EarlyStop:
    return EarlyStop(
        _monitor(spec, "early_stop", given, validates), given.get("patience", EarlyStop.patience)
    )


def _monitor(spec: Spec, owner: str, given: Mapping[str, Any], validates: bool) -> Monitor:
    name = given["monitor"]
    known = figures(spec, validates=validates)
    if name not in known:
        section = spec.settings["train"]
        unmeasured = not validates and name in figures(spec, validates=True)
        help = (
            "`data` sets no chromosomes aside: add `validation = { chromosomes = […] }` to it"
            if unmeasured
            else suggestion_or_list(name, known, "figures")
        )
        message = f"`{owner}` watches `{name}`, which this run does not measure"
        raise SpecError([Diagnostic("GET403", message, Label(section.place((owner, "monitor"))), help=help)])
    return Monitor(known[name], given.get("mode") or _mode(name))


def _mode(name: str) -> Mode:
    return "max" if name.endswith(RISING) else "min"


def figures(spec: Spec, *, validates: bool) -> dict[str, str]:
    """The names that a monitor may have, each with the column of the history that it means."""
    losses = ["loss", *(f"loss_{term}" for term in spec.stages.terms if len(spec.stages.terms) > 1)]
    found = {f"train_{name}": f"train_{name}" for name in losses}
    if not validates:
        return found
    found |= {f"val_{name}": f"val_{name}" for name in losses}
    terms = spec.stages.metric_terms
    for term, item in terms.items():
        for metric in item.metrics:
            column = f"val_{figure_name(term, metric, single=len(terms) == 1)}"
            found[column] = found[f"val_{term}_{metric}"] = column
    return found


def figure_name(term: str, metric: str, *, single: bool) -> str:
    """A metric's name in tables: that of the metric alone where only one term is measured."""
    return metric if single else f"{term}_{metric}"


def read_optimizer(spec: Spec) -> OptimizerSettings:
    given = spec.section("optimizer")
    given.setdefault("name", OptimizerSettings.name)
    if given["name"] == "AdamW":
        given.setdefault("weight_decay", 0.01)
    if "betas" in given:
        given["betas"] = tuple(given["betas"])
    if given.get("nesterov") and not given.get("momentum"):
        section = spec.settings["optimizer"]
        place = Label(section.place(("nesterov",)))
        raise SpecError(
            [Diagnostic("GET403", "`nesterov` needs a momentum", place, help="add `momentum = 0.9`")]
        )
    return OptimizerSettings(**given)


def read_schedule(spec: Spec) -> ScheduleSettings:
    return ScheduleSettings(**spec.section("schedule"))

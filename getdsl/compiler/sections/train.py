"""`train`: how long, in which steps and in which precision a model is trained, and what is kept of it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, ClassVar, Literal, TypeVar

from getdsl.compiler.constants.functions import CompileTimeError, motif_widths
from getdsl.compiler.sections.declare import Bound, Choice, Doc, Table
from getdsl.compiler.sections.facts import Facts
from getdsl.compiler.sections.settings import Settings
from getdsl.diagnostics import Diagnostic
from getdsl.diagnostics.mistakes import data as absences
from getdsl.diagnostics.mistakes import sections as mistakes

Mode = Literal["min", "max"]
RISING = ("pearson", "spearman", "r2")  # metrics that are better when they are larger


class Monitor(Table):
    """A figure of the history, and which way it improves."""

    monitor: Annotated[str, Doc("a figure of each epoch, such as `val_loss`, `val_pearson` or `train_loss`")]
    mode: Annotated[
        Mode | None,
        Doc("which way it improves", f"`max` for {', '.join(RISING[:-1])} and {RISING[-1]}, else `min`"),
    ] = None

    def better(self, value: float, best: float) -> bool:
        """NaN is worse than anything."""
        if best != best:
            return value == value
        rising = self.mode == "max" if self.mode is not None else self.monitor.endswith(RISING)
        return value > best if rising else value < best

    def check_as(self, owner: str, settings: Settings, facts: Facts) -> Iterator[Diagnostic]:
        """The figure must be measured."""
        known = facts.figures()
        if known is not None and self.monitor not in known:
            validate = self.monitor in facts.figures_with_validation()
            place = settings.place((owner, "monitor"))
            yield mistakes.not_measured(owner, self.monitor, place, known, validate=validate)


class EarlyStop(Monitor):
    """Stops after `patience` epochs in a row that did not improve the monitored figure."""

    patience: Annotated[int, Doc("epochs in a row without an improvement"), Bound(least=1)] = 5


class MotifRidge(Choice):
    """The figure to beat: ridge regression on summed motif hits."""

    word: ClassVar[str] = "MotifRidge"
    positional: ClassVar[tuple[str, ...]] = ("motifs",)

    motifs: Annotated[str, Doc("motifs in MEME format"), Bound(format="path")]

    def check(self, settings: Settings, facts: Facts) -> Iterator[Diagnostic]:
        """The data must have DNA, and the motifs must be some."""
        if facts.source is not None and not any(kind.domain == "onehot" for kind in facts.batch.values()):
            yield mistakes.baseline_without_dna(self.word, settings.place(("baseline",)), facts.source)
        place = settings.place(("baseline", "motifs"))
        if self.motifs.startswith("getdsl:"):  # a path that stayed so names nothing of the package
            yield mistakes.unreadable_motifs(f"there is no `{self.motifs}`", place)
        elif not Path(self.motifs).exists():
            yield absences.not_there_yet(self.motifs, place)
        else:
            try:
                motif_widths(self.motifs)
            except CompileTimeError as error:
                yield mistakes.unreadable_motifs(error, place)


AnyMonitor = TypeVar("AnyMonitor", bound=Monitor)


class TrainSettings(Table):
    """The section `train`."""

    epochs: Annotated[int, Doc("passes over the training samples"), Bound(least=1)] = 10
    batch_size: Annotated[int, Doc("samples of a batch"), Bound(least=1)] = 32
    precision: Annotated[
        Literal["32-true", "bf16-mixed", "16-mixed", "64-true"],
        Doc("the numbers that are computed with; `16-mixed` needs a GPU"),
    ] = "32-true"
    devices: Annotated[
        int | Literal["auto"] | None,
        Doc(
            'GPUs or processes on each machine; `"auto"` takes every GPU',
            "as many as torchrun or SLURM started, or one",
        ),
        Bound(least=1),
    ] = None
    num_nodes: Annotated[
        int | None, Doc("machines", "as many as torchrun or SLURM started on, or one"), Bound(least=1)
    ] = None
    strategy: Annotated[
        Literal["auto", "ddp", "fsdp"],
        Doc("how processes share the work: `ddp` has the model in each, `fsdp` a part of it"),
    ] = "auto"
    seed: Annotated[int, Doc("of initial weights, the order of the samples and dropout"), Bound(least=0)] = 0
    early_stop: Annotated[EarlyStop | None, Doc("ends the training early", "all epochs are trained")] = None
    keep: Annotated[
        Monitor | None,
        Doc("the epoch whose weights are kept", "the one of the lowest `val_loss`, or the last"),
    ] = None
    reverse_complement: Annotated[
        bool,
        Doc(
            "trains on one strand at random, and averages predictions over both; "
            "what turns with the strand, as a profile does, is measured on its own strand alone"
        ),
    ] = False
    gradient_clip: Annotated[
        float | None, Doc("largest norm of all gradients together", "they are not clipped"), Bound(above=0)
    ] = None
    accumulate: Annotated[int, Doc("batches to a step of the optimizer"), Bound(least=1)] = 1
    baseline: Annotated[
        MotifRidge | None, Doc("a figure to beat, measured on the test set", "there is none")
    ] = None

    def check(self, settings: Settings, facts: Facts) -> Iterator[Diagnostic]:
        for owner, monitor in (("early_stop", self.early_stop), ("keep", self.keep)):
            if monitor is not None:
                yield from monitor.check_as(owner, settings, facts)
        if self.baseline is not None:
            yield from self.baseline.check(settings, facts)

    def resolved(self, facts: Facts) -> "TrainSettings":
        """With monitors by their columns of the history, and with what is kept by default."""
        default = Monitor(monitor="val_loss", mode="min") if facts.validates else None
        return self.replaced(
            early_stop=_by_column(self.early_stop, facts) if self.early_stop is not None else None,
            keep=_by_column(self.keep, facts) if self.keep is not None else default,
        )


def _by_column(monitor: AnyMonitor, facts: Facts) -> AnyMonitor:
    columns = facts.figures() or {}
    return monitor.replaced(monitor=columns.get(monitor.monitor, monitor.monitor))


KIND = TrainSettings

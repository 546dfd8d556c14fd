"""`train`: how long, in which steps and in which precision a model is trained, and what is kept of it."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, ClassVar, Literal

from getdsl.compiler.constants.functions import CompileTimeError, motif_widths
from getdsl.compiler.sections.declare import Bound, Choice, Doc, Table
from getdsl.compiler.sections.facts import Facts
from getdsl.compiler.sections.length import Length
from getdsl.compiler.sections.loggers import LOGGERS
from getdsl.compiler.sections.monitor import EarlyStop, Keep
from getdsl.compiler.sections.settings import Settings
from getdsl.compiler.sections.train_stages import StageSettings
from getdsl.diagnostics import Diagnostic
from getdsl.diagnostics.mistakes import data as absences
from getdsl.diagnostics.mistakes import sections as mistakes

STAGES = "stages in braces: `{ head { epochs = 2 train_only = [head] } all { epochs = 8 } }`"


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


class TrainSettings(Table):
    """The section `train`."""

    epochs: Annotated[int, Doc("passes over the training samples"), Bound(least=1)] = 10
    steps: Annotated[
        int | None, Doc("steps of the optimizer, in the place of epochs", "see `epochs`"), Bound(least=1)
    ] = None
    stages: Annotated[
        Mapping[str, StageSettings] | None,
        Doc("trainings one after the other, each by its name", "there is one"),
        Bound(items=1, wanted=STAGES),
    ] = None
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
    validate_every: Annotated[
        Length | None,
        Doc("when the figures of the history are measured, and checkpoints written", "each epoch"),
    ] = None
    early_stop: Annotated[EarlyStop | None, Doc("ends the training early", "all epochs are trained")] = None
    keep: Annotated[
        Keep | None, Doc("the weights that are kept", "those of the lowest `val_loss`, or the last")
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
    ema: Annotated[
        float | None,
        Doc(
            "what a moving average of the weights keeps in a step; it is measured and kept in their place",
            "the weights themselves are",
        ),
        Bound(above=0, below=1),
    ] = None
    checkpoint_activations: Annotated[
        tuple[str, ...],
        Doc("parts that are computed again in the backward pass, which saves memory", "none"),
        Bound(format="weights"),
    ] = ()
    compile: Annotated[bool, Doc("has torch.compile make kernels of the model, where the machine can")] = (
        False
    )
    deterministic: Annotated[
        bool, Doc("takes the algorithms of torch that repeat their bits, on a GPU too, and refuses others")
    ] = False
    loggers: Annotated[tuple[LOGGERS, ...], Doc("trackers that get the figures of the history too")] = ()
    baseline: Annotated[
        MotifRidge | None, Doc("a figure to beat, measured on the test set", "there is none")
    ] = None

    def check(self, settings: Settings, facts: Facts) -> Iterator[Diagnostic]:
        yield from self._check_length(settings)
        yield from self._check_memory(settings, facts)
        for name, stage in (self.stages or {}).items():
            yield from stage.check_as(f"stage `{name}`", settings.inside("stages", name), facts)
        if self.validate_every is not None:
            yield from self.validate_every.check_as("`validate_every`", settings.inside("validate_every"))
        if self.early_stop is not None:
            yield from self.early_stop.check_as("early_stop", settings.inside("early_stop"), facts)
        if self.keep is not None:
            yield from self.keep.check(settings.inside("keep"), facts)
        if self.baseline is not None:
            yield from self.baseline.check(settings, facts)

    def _check_memory(self, settings: Settings, facts: Facts) -> Iterator[Diagnostic]:
        """Parts that are computed twice must be there; an average is of whole weights."""
        paths = [path for path, _ in facts.graph.walk_modules()]
        known = {path.rsplit(".", depth)[0] for path in paths for depth in range(path.count(".") + 1)}
        for name in self.checkpoint_activations:
            if name not in known and name.split(".")[0] not in facts.unsure:
                place = settings.place(("checkpoint_activations",))
                yield mistakes.no_such_part("checkpoint_activations", name, place, known)
        if self.ema is not None and self.strategy == "fsdp":
            yield mistakes.average_of_shares(settings.place(("ema",)))

    def _check_length(self, settings: Settings) -> Iterator[Diagnostic]:
        """One thing says how long the training is."""
        written = [name for name in ("epochs", "steps") if name in settings.table]
        if self.stages:
            for name in written:
                yield mistakes.length_beside_stages(name, settings.place((name,)))
        elif len(written) == 2:
            yield mistakes.two_lengths("`train`", settings.place(("steps",)), settings.place(("epochs",)))

    def resolved(self, facts: Facts) -> "TrainSettings":
        """With monitors by their columns of the history, and with what is kept by default."""
        columns = facts.figures() or {}
        stop, keep = self.early_stop, self.keep or Keep()
        watched = columns.get(keep.monitor, keep.monitor) if keep.monitor is not None else None
        default = "val_loss" if facts.validates else None
        return self.replaced(
            early_stop=stop and stop.replaced(monitor=columns.get(stop.monitor, stop.monitor)),
            keep=keep.replaced(monitor=watched or default),
            stages=self.stages
            and {
                name: stage.replaced(schedule=stage.schedule and stage.schedule.resolved(facts))
                for name, stage in self.stages.items()
            },
        )


KIND = TrainSettings

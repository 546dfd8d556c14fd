"""A model's outputs for samples, from its checkpoint alone: streamed, and resumed where they were killed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import torch
from lightning.pytorch import Callback, LightningModule, Trainer
from torch import Tensor
from torch.utils.data import DataLoader

from getdsl.compiler.constants.overrides import Overrides
from getdsl.compiler.refusals import refuse_untrusted
from getdsl.diagnostics import UserError
from getdsl.diagnostics.suggest import suggestion_or_list
from getdsl.runs.loading.batches import Batches, batches_of
from getdsl.runs.opened.options import DEFAULTS, Options
from getdsl.runs.opened.samples import refuse_gone_data
from getdsl.runs.opened.session import Session
from getdsl.runs.opened.strands import Batch
from getdsl.runs.predict.attributes import attributes
from getdsl.runs.predict.chosen import Chosen, choose
from getdsl.runs.predict.form import Form, refuse_taken
from getdsl.runs.predict.forms import form_of
from getdsl.runs.predict.partial import Partial, drop_partial, noted, partial
from getdsl.runs.predict.tables import write_tables
from getdsl.runs.predict.wanted import EVERYTHING, Wanted
from getdsl.runs.predict.writer import PredictionWriter
from getdsl.runs.process.machine import using_threads
from getdsl.runs.process.quiet import quiet_lightning
from getdsl.runs.process.signals import on_signals
from getdsl.runs.ranks.agreement import agreed, first_says
from getdsl.runs.ranks.alike import refuse_unlike
from getdsl.runs.ranks.joined import joined
from getdsl.runs.ranks.sharing import Process
from getdsl.runs.ranks.whole_batch import whole_outputs
from getdsl.runs.run_folder.checkpoint import saving
from getdsl.runs.run_folder.provenance import data_record
from getdsl.runs.training.lightning_module import SpecModule
from getdsl.runs.training.trainer import trainer_of

Step = Callable[[int, int], None]  # samples that are done, and samples in all


@dataclass(frozen=True)
class Predicted:
    """What was written: how many samples of which split, and the shape of each output."""

    targets: list[Path]
    split: str
    samples: int
    shapes: dict[str, tuple[int, ...]]
    same_data: bool  # whether the run's data are still those that the model was trained on
    nan: dict[str, int]  # how many values of each output are NaN, where any are
    notes: tuple[str, ...] = ()  # what was left out of a file of regions


def predict(
    path: Path,
    output: Path,
    wanted: Wanted = EVERYTHING,
    options: Options = DEFAULTS,
    overrides: Overrides | None = None,
    step: Step = lambda done, samples: None,
) -> Predicted | None:
    """Writes the outputs of a checkpoint (or of a run's folder) as the name of `output` says, whole.

    Until then what is done stands beside it, and `options.resume` goes on with that; None where all was done
    before. The layout is that of `getdsl.runs.predict.writer`. Where a run averages over both strands, so do
    its predictions. Raises UserError and SpecError.
    """
    with (
        quiet_lightning(),
        joined(options),
        Session.open(path, options, overrides) as session,
        using_threads(session.threads),
    ):
        return write_predictions(session, output, wanted, step)


def write_predictions(session: Session, output: Path, wanted: Wanted, step: Step) -> Predicted | None:
    """The same for an open session. Of several processes the first writes, and the others return None."""
    chosen = agreed(lambda: _chosen(session, wanted))
    if Process.current().world > 1:
        refuse_unlike({f"data {chosen.source.path}": data_record(chosen.source)["sha256"]})
    with ExitStack() as stack:
        begun = agreed(
            lambda: _begun(session, chosen, output, wanted, stack) if Process.current().first else None
        )
        if begun is None:
            run_through(session, chosen, wanted, None, step)
            return None
        form, store = begun
        shapes = _fill(session, chosen, wanted, store, step)
        form.finish(store)
    return _predicted(session, chosen, form, store, shapes)


def _chosen(session: Session, wanted: Wanted) -> Chosen:
    refuse_untrusted(session.spec, session.options.trust)
    refuse_other_outputs(session, wanted)
    return choose(session, wanted)


def _begun(
    session: Session, chosen: Chosen, output: Path, wanted: Wanted, stack: ExitStack
) -> tuple[Form, Partial] | None:
    """The form and what is done of it, held until the stack is closed; None where all was done before."""
    options = session.options
    form = form_of(output, session, chosen, wanted)
    if options.resume and not options.overwrite and all(target.exists() for target in form.targets):
        drop_partial(output)
        return None
    if not (options.resume and noted(output)):
        refuse_taken(form, overwrite=options.overwrite)
    about, samples = attributes(session, chosen, wanted), len(chosen.indices)
    begun = partial(output, about, samples, resume=options.resume, overwrite=options.overwrite)
    return form, stack.enter_context(begun)


def refuse_other_outputs(session: Session, wanted: Wanted) -> None:
    """Raises UserError where the model has no such output."""
    known = session.spec.graph.outputs
    for name in wanted.outputs:
        if name not in known:
            raise UserError(
                f"the model has no output `{name}`", suggestion_or_list(name, known, "its outputs")
            )


def _predicted(
    session: Session, chosen: Chosen, form: Form, begun: Partial, shapes: dict[str, tuple[int, ...]]
) -> Predicted:
    same = not chosen.own or data_record(chosen.source)["sha256"] == session.trained_on
    nan = {name: number for name, number in begun.nan.items() if number}
    return Predicted(form.targets, chosen.split, len(chosen.indices), shapes, same, nan, chosen.notes)


def _fill(
    session: Session, chosen: Chosen, wanted: Wanted, begun: Partial, step: Step
) -> dict[str, tuple[int, ...]]:
    """Fills what is left of the store."""
    group = begun.group()
    if not begun.done:
        with saving(begun.output):
            group.attrs.update(begun.identity)
            write_tables(group, chosen)
    axes = {
        name: tuple(None if dim.value is not None else str(dim) for dim in type.shape)
        for name, type in session.spec.graph.output_types().items()
    }
    writer = PredictionWriter(
        group, len(chosen.indices), axes, begun.output, begun.keep, done=begun.done, piece=begun.piece
    )
    writer.nan.update(begun.nan)
    run_through(session, chosen, wanted, writer, step)
    refuse_gone_data(chosen.source)
    shapes = writer.close()
    with saving(begun.output):
        group.attrs["nan"] = {name: number for name, number in writer.nan.items() if number}
    return shapes


def run_through(
    session: Session, chosen: Chosen, wanted: Wanted, writer: PredictionWriter | None, step: Step
) -> None:
    """Hands the outputs of the samples that are not done yet to the writer, batch by batch.

    Several processes share each batch; the first has the writer.
    """
    parts = batches_of(chosen.indices, session.settings.batch_size)
    process = Process.current()
    nothing_to_do = writer is None and process.first
    done = first_says(len(chosen.indices) if nothing_to_do else writer.done if writer is not None else 0)
    left = parts[-(-done // session.settings.batch_size) :]
    if not left:
        return
    loader = DataLoader(
        Batches(chosen.source, left, process),
        batch_size=None,
        num_workers=session.spec.data_settings.num_workers,
        generator=torch.Generator(),
    )
    sizes = [len(part) for part in left]
    predictor = trainer_of(session, callbacks=[_Taking(writer, sizes, wanted, step)])
    with on_signals():
        predictor.predict(
            SpecModule(session.compiled, chosen.turn), dataloaders=loader, return_predictions=False
        )


class _Taking(Callback):
    """Hands each batch of outputs on as soon as it is there."""

    def __init__(self, writer: PredictionWriter | None, sizes: list[int], wanted: Wanted, step: Step) -> None:
        self.writer, self.sizes, self.wanted, self.step = writer, sizes, wanted, step
        self.done = writer.done if writer is not None else 0

    def on_predict_batch_end(
        self,
        trainer: Trainer,
        module: LightningModule,
        outputs: Mapping[str, Tensor],
        batch: Batch,
        batch_idx: int,
        dataloader_idx: int = 0,
    ) -> None:
        size = self.sizes[batch_idx]
        asked = self.wanted.outputs or tuple(outputs)
        found = whole_outputs({name: outputs[name] for name in asked}, batch)
        if self.writer is None:
            return
        self.writer.add(found, size)
        self.done += size
        self.step(self.done, self.writer.samples)

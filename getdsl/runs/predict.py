"""A model's outputs for every sample of a split, from its checkpoint alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import zarr
from lightning.pytorch import Callback, LightningModule, Trainer
from torch import Tensor
from torch.utils.data import DataLoader

import getdsl
from getdsl.compiler.constants.overrides import Overrides
from getdsl.compiler.lower.compiled import Compiled
from getdsl.compiler.refusals import refuse_untrusted
from getdsl.data.data_source import Indices
from getdsl.diagnostics import UserError
from getdsl.formats.json_values import Json, plain
from getdsl.runs.batches import Batches
from getdsl.runs.evaluate import default_split
from getdsl.runs.lightning_module import SpecModule
from getdsl.runs.machine import using_threads
from getdsl.runs.options import DEFAULTS, Options
from getdsl.runs.predictions import LAYOUT, VERSION, PredictionWriter, write_samples
from getdsl.runs.provenance import data_record, versions
from getdsl.runs.quiet import quiet_lightning
from getdsl.runs.samples import refuse_gone_data
from getdsl.runs.session import Session
from getdsl.runs.signals import on_signals
from getdsl.runs.strands import reverse_complement_of
from getdsl.runs.trainer import trainer_of
from getdsl.text.whole import whole_folder

ALL = "all"
Step = Callable[[int, int], None]  # samples that are done, and samples in all


@dataclass(frozen=True)
class Predicted:
    """What was written: how many samples of which split, and the shape of each output."""

    split: str
    samples: int
    shapes: dict[str, tuple[int, ...]]
    same_data: bool  # whether the data are those that the model was trained on
    nan: dict[str, int]  # how many values of each output are NaN, where any are


def predict(
    path: Path,
    output: Path,
    split: str | None = None,
    options: Options = DEFAULTS,
    overrides: Overrides | None = None,
    step: Step = lambda done, samples: None,
) -> Predicted:
    """Writes the outputs of a checkpoint (or of a run's folder) as a zarr group, whole or not at all.

    `split` is test, validation, train or all; by default the first of them that has samples.
    The layout is that of `getdsl.runs.predictions`. Where a run averages over both strands, so do its
    predictions. Raises UserError and SpecError.
    """
    refuse_taken(output, overwrite=options.overwrite)
    with (
        Session.open(path, options, overrides) as session,
        using_threads(options.threads or session.stored.record["threads"]),
        quiet_lightning(),
    ):
        return _predict(session, output, split, step)


def refuse_taken(output: Path, *, overwrite: bool) -> None:
    """Raises UserError where something stands at `output`, predictions that may be overwritten aside."""
    if not output.exists() and not output.is_symlink():
        return
    if not overwrite:
        raise UserError(f"`{output}` exists already", "name another, or add `--overwrite`")
    try:
        ours = output.is_dir() and zarr.open_group(output, mode="r").attrs.get("layout") == LAYOUT
    except (OSError, ValueError, KeyError):
        ours = False
    if not ours:
        raise UserError(
            f"`{output}` is not a group of predictions, so it is not overwritten", "name another place"
        )


def _predict(session: Session, output: Path, split: str | None, step: Step) -> Predicted:
    refuse_untrusted(session.spec, session.options.trust)
    split, indices = samples_of(session, split)
    compiled = session.compiled
    fingerprint = data_record(session.source)["sha256"]
    with whole_folder(output) as aside:
        group = zarr.open_group(aside, mode="w", zarr_format=3)
        group.attrs.update(_attributes(session, split, fingerprint))
        columns = {name: column[indices] for name, column in session.source.table.items()}
        write_samples(group, columns | {"index": indices})
        shapes, nan = _run(session, compiled, indices, group, step)
        group.attrs["nan"] = dict(nan)
        refuse_gone_data(session.source)
    same_data = fingerprint == session.stored.record["data"]["sha256"]
    return Predicted(split, len(indices), shapes, same_data, nan)


def samples_of(session: Session, split: str | None) -> tuple[str, Indices]:
    """The name of a split and the numbers of its samples. Raises UserError where it has none."""
    if split == ALL:
        return ALL, np.arange(len(session.source), dtype=np.int64)
    split = split or default_split(session)
    indices = session.indices(split)
    if not len(indices):
        raise UserError(f"the {split} split is empty", "`--split all` takes every sample of the data")
    return split, indices


def _run(
    session: Session, compiled: Compiled, indices: Indices, group: zarr.Group, step: Step
) -> tuple[dict[str, tuple[int, ...]], dict[str, int]]:
    axes = {
        name: tuple(None if dim.value is not None else str(dim) for dim in type.shape)
        for name, type in session.spec.graph.output_types().items()
    }
    writer = PredictionWriter(group, len(indices), axes)
    settings, source = session.settings, session.source
    turn = reverse_complement_of(source, session.spec) if settings.reverse_complement else None
    size = settings.batch_size
    parts = [indices[start : start + size] for start in range(0, len(indices), size)]
    loader = DataLoader(
        Batches(source, parts),
        batch_size=None,
        num_workers=session.spec.data_settings.num_workers,
        generator=torch.Generator(),
    )
    predictor = trainer_of(session, callbacks=[_Taking(writer, parts, step)])
    with on_signals():
        predictor.predict(SpecModule(compiled, turn), dataloaders=loader, return_predictions=False)
    return writer.close(), {name: number for name, number in writer.nan.items() if number}


class _Taking(Callback):
    """Hands each batch of outputs on as soon as it is there."""

    def __init__(self, writer: PredictionWriter, parts: list[Indices], step: Step) -> None:
        self.writer, self.parts, self.step = writer, parts, step
        self.done = 0

    def on_predict_batch_end(
        self,
        trainer: Trainer,
        module: LightningModule,
        outputs: Mapping[str, Tensor],
        batch: object,
        batch_idx: int,
        dataloader_idx: int = 0,
    ) -> None:
        size = len(self.parts[batch_idx])
        self.writer.add(outputs, size)
        self.done += size
        self.step(self.done, self.writer.samples)


def _attributes(session: Session, split: str, fingerprint: str) -> dict[str, Json]:
    stored = session.stored
    record = stored.record
    return {
        "layout": LAYOUT,
        "version": VERSION,
        "getdsl": getdsl.__version__,
        "model": session.spec.model,
        "split": split,
        "checkpoint": {"path": str(stored.path), "sha256": stored.header.sha256},
        "best": plain(record.get("best")),
        "spec_sha256": record["spec"]["sha256"],
        "overrides": {name: str(value) for name, value in stored.overrides.items()},
        "data": {"path": session.source.path, "sha256": fingerprint},
        "trained_on": plain(record["data"]),
        "loaded": plain(record.get("loaded", [])),
        "seed": record["seed"],
        "versions": {"then": plain(record["versions"]), "now": plain(versions())},
    }

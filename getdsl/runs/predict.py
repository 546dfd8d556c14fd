"""A model's outputs for every sample of a split, from its checkpoint alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
import zarr
from lightning.pytorch import Callback
from torch.utils.data import DataLoader

import getdsl
from getdsl.compiler.constants.overrides import Overrides
from getdsl.compiler.lower import build
from getdsl.compiler.lower.adapter_file import use_adapter
from getdsl.compiler.lower.compiled import Compiled
from getdsl.compiler.refusals import refuse_untrusted
from getdsl.compiler.sections.train import TrainSettings
from getdsl.compiler.spec import Spec
from getdsl.data.data_source import DataSource, Indices
from getdsl.diagnostics import UserError
from getdsl.runs.data_module import SPLITS, Batches, open_source, split_source
from getdsl.runs.lightning_module import SpecModule
from getdsl.runs.predictions import LAYOUT, VERSION, PredictionWriter, write_samples
from getdsl.runs.provenance import versions
from getdsl.runs.quiet import quiet_lightning, trainer
from getdsl.runs.restore import Restored, restored
from getdsl.runs.run import Options, accelerator_of, using_threads
from getdsl.runs.signals import on_signals
from getdsl.runs.strands import reverse_complement_of
from getdsl.text.whole import whole_folder

DEFAULTS = Options()
ALL = "all"
Step = Callable[[int, int], None]  # samples that are done, and samples in all


@dataclass(frozen=True)
class Predicted:
    """What was written: how many samples of which split, and the shape of each output."""

    split: str
    samples: int
    shapes: dict[str, tuple[int, ...]]
    same_data: bool  # whether the data are those that the model was trained on


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
    with restored(path, overrides) as found:
        record = found.checkpoint.record
        with using_threads(options.threads or record["threads"]), quiet_lightning():
            return _predict(found, output, split, options, step)


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


def _predict(found: Restored, output: Path, split: str | None, options: Options, step: Step) -> Predicted:
    spec = found.spec
    refuse_untrusted(spec, options.trust)
    settings = spec.train
    source = open_source(spec)
    split, indices = samples_of(spec, source, split)
    compiled = build(spec, settings.seed, fuse=options.fuse)
    found.fill(compiled)
    if options.adapter is not None:
        use_adapter(compiled, options.adapter)
    fingerprint = source.fingerprint()
    with whole_folder(output) as aside:
        group = zarr.open_group(aside, mode="w", zarr_format=3)
        group.attrs.update(_attributes(found, split, source, fingerprint))
        columns = {name: column[indices] for name, column in source.table.items()}
        write_samples(group, columns | {"index": indices})
        shapes = _run(compiled, source, indices, settings, options, group, step)
    return Predicted(split, len(indices), shapes, fingerprint == found.checkpoint.record["data"]["sha256"])


def samples_of(spec: Spec, source: DataSource, split: str | None) -> tuple[str, Indices]:
    """The name of a split and the numbers of its samples. Raises UserError where it has none."""
    if split == ALL:
        return ALL, np.arange(len(source), dtype=np.int64)
    splits = split_source(spec, source)
    split = split or next(name for name in SPLITS if len(getattr(splits, name)))
    indices: Indices = getattr(splits, split)
    if not len(indices):
        raise UserError(f"the {split} split is empty", "`--split all` takes every sample of the data")
    return split, indices


def _run(
    compiled: Compiled,
    source: DataSource,
    indices: Indices,
    settings: TrainSettings,
    options: Options,
    group: zarr.Group,
    step: Step,
) -> dict[str, tuple[int, ...]]:
    axes = {
        name: tuple(None if dim.value is not None else str(dim) for dim in type.shape)
        for name, type in compiled.spec.graph.output_types().items()
    }
    writer = PredictionWriter(group, len(indices), axes)
    turn = reverse_complement_of(source, compiled.spec) if settings.reverse_complement else None
    size = settings.batch_size
    parts = [indices[start : start + size] for start in range(0, len(indices), size)]
    loader = DataLoader(
        Batches(source, parts),
        batch_size=None,
        num_workers=compiled.spec.section("data").get("num_workers", 0),
        generator=torch.Generator(),
    )
    predictor = trainer(
        accelerator=accelerator_of(options.device, settings.precision),
        precision=settings.precision,
        callbacks=[_Taking(writer, parts, step)],
    )
    with on_signals():
        predictor.predict(SpecModule(compiled, turn), dataloaders=loader, return_predictions=False)
    return writer.close()


class _Taking(Callback):
    """Hands each batch of outputs on as soon as it is there."""

    def __init__(self, writer: PredictionWriter, parts: list[Indices], step: Step) -> None:
        self.writer, self.parts, self.step = writer, parts, step
        self.done = 0

    def on_predict_batch_end(
        self, trainer: Any, module: Any, outputs: Any, batch: Any, batch_idx: int, dataloader_idx: int = 0
    ) -> None:
        size = len(self.parts[batch_idx])
        self.writer.add(outputs, size)
        self.done += size
        self.step(self.done, self.writer.samples)


def _attributes(found: Restored, split: str, source: DataSource, fingerprint: str) -> dict[str, Any]:
    record = found.checkpoint.record
    return {
        "layout": LAYOUT,
        "version": VERSION,
        "getdsl": getdsl.__version__,
        "model": found.spec.model,
        "split": split,
        "checkpoint": {"path": str(found.path), "sha256": found.header.sha256},
        "best": record.get("best"),
        "spec_sha256": record["spec"]["sha256"],
        "overrides": {name: str(value) for name, value in found.overrides.items()},
        "data": {"path": source.path, "sha256": fingerprint},
        "trained_on": record["data"],
        "loaded": record.get("loaded", []),
        "seed": record["seed"],
        "versions": {"then": record["versions"], "now": versions()},
    }

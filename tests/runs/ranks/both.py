"""What two processes of torchrun do one after another, for the tests: `both.py FOLDER OUT`."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any
from unittest.mock import patch

import torch.distributed as dist

from getdsl.cli.checkpoints import settings_on_top
from getdsl.diagnostics import UserError
from getdsl.runs.evaluation.evaluate import evaluate_tables
from getdsl.runs.interpret.interpret import write_interpretation
from getdsl.runs.interpret.request import Request
from getdsl.runs.interpret.walk import Walk
from getdsl.runs.opened.options import Options
from getdsl.runs.predict.predict import predict
from getdsl.runs.predict.wanted import Wanted
from getdsl.runs.process.machine import placed
from getdsl.runs.ranks.sharing import Process
from getdsl.runs.run_folder.provenance import data_record
from getdsl.runs.score import score
from getdsl.runs.training.lightning_module import SpecModule
from getdsl.runs.training.train import train
from tests.runs.conftest import checked
from tests.runs.ranks.cases import CASES, write_variants

LAUNCHED = ("TORCHELASTIC_RUN_ID", "RANK", "LOCAL_RANK", "WORLD_SIZE", "LOCAL_WORLD_SIZE", "GROUP_RANK")


class CrashError(Exception):
    pass


def run(spec: Path, folder: Path, *settings: str, **options: Any) -> None:
    train(checked(spec, *settings), folder, Options(threads=1, device="cpu", **options), StringIO())


@contextmanager
def crash_after(batches: int) -> Iterator[None]:
    step = SpecModule.training_step

    def failing(self: SpecModule, batch: Any, index: int) -> Any:
        if self.position.step == batches:
            raise CrashError
        return step(self, batch, index)

    with patch.object(SpecModule, "training_step", failing), suppress(CrashError):
        yield


def broken_off(spec: Path, out: Path) -> None:
    """Ended in the middle of an epoch, with dropout, and taken up again; beside it one that was not."""
    settings = "train.epochs=2"
    run(spec, out / "whole", settings)
    with crash_after(7):
        run(spec, out / "resumed", settings, checkpoint_minutes=0.0)
    run(spec, out / "resumed", settings, resume=True)


def predicted(run: Path, out: Path) -> None:
    """In batches of which the last is one sample; and once more, where all is done."""
    options = placed(Options(threads=1, device="cpu"))
    found = [predict(run, out, Wanted("all"), options, settings_on_top(["train.batch_size=53"]))]
    found.append(predict(run, out, Wanted("all"), replace(options, resume=True)))
    shown = [each is not None for each in found]
    out.with_suffix(f".{Process.current().rank}").write_text(repr(shown))


def afterwards(run: Path, out: Path) -> None:
    """What a run's model is asked, in pieces of few samples and variants."""
    options = placed(Options(threads=1, device="cpu"))
    out.mkdir(exist_ok=True)
    with patch.object(Walk, "piece", autospec=True, side_effect=Walk.piece) as pieces:
        write_interpretation(run, out / "i.zarr", Request("gradient", split="all", batch_size=30), options)
    with patch("getdsl.runs.score.variants.PART", 7):
        score(run, run.parent / "variants.tsv", out / "s.tsv", None, options)
    rows, report = evaluate_tables(run, Wanted(), ["chrom"], options)
    assert report is not None
    out.with_suffix(f".{Process.current().rank}.json").write_text(
        json.dumps([rows, report.as_json(), pieces.call_count])
    )


def shared_out(spec: Path, out: Path) -> None:
    """The same, each process with a part of every layer, and taken up whole in each."""
    settings = ("train.epochs=2", "train.strategy=fsdp", "train.gradient_clip=100.0")
    with patch("getdsl.runs.ranks.sharded.LEAST", 1):
        with crash_after(7):
            run(spec, out / "shared", *settings, checkpoint_minutes=0.0)
        run(spec, out / "shared", *settings, resume=True)


def other_data(spec: Path, out: Path) -> None:
    """Each process sees data of its own; what ends it is kept."""
    rank = Process.current().rank

    def differing(source: Any) -> Any:
        return {**data_record(source), "sha256": str(rank)}

    with patch("getdsl.runs.training.train.data_record", differing):
        try:
            run(spec, out / "other")
        except (UserError, SystemExit) as error:
            (out / f"said.{rank}").write_text(repr(error))


if __name__ == "__main__":
    folder, out = map(Path, sys.argv[1:])
    with patch("getdsl.runs.training.train.draw_pictures"), patch("getdsl.runs.training.train.write_page"):
        for name, (_, settings) in CASES.items():
            run(folder / f"{name}.get", out / name, *settings)
        broken_off(folder / "dropout.get", out)
        predicted(out / "uneven", out / "uneven.zarr")
        write_variants(folder, out / "variants.tsv")
        afterwards(out / "uneven", out / "shared_work")
        shared_out(folder / "dropout.get", out)
        other_data(folder / "dropout.get", out)
    first = Process.current().first
    dist.destroy_process_group()
    for name in LAUNCHED:
        os.environ.pop(name, None)
    if first:
        afterwards(out / "uneven", out / "lone_work")

"""Checkpoints of runs: one safetensors file each, written aside and renamed, proved by its own hash.

What is in one, and how its hash is made, says `getdsl.weights.ours`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

from safetensors import SafetensorError
from torch import Tensor

from getdsl.diagnostics import UserError
from getdsl.formats.checkpoint_header import Header, LoadRequest
from getdsl.runs.run_folder.records import RunRecord, TrainingState, record_of
from getdsl.runs.run_folder.skeleton import fill, take_apart
from getdsl.text.whole import whole_file
from getdsl.weights import ours
from getdsl.weights.header import read_header
from getdsl.weights.regular_file import open_regular
from getdsl.weights.tensors import open_tensors
from getdsl.weights.write_ours import write_ours

LAST, BEST = "last.safetensors", "best.safetensors"
OLD = {LAST: "last.ckpt", BEST: "best.ckpt"}  # pickles, as the first versions of getdsl wrote them


@dataclass(frozen=True)
class Checkpoint:
    """Weights, the record of their run (JSON), and in `training`, unless empty, what it needs to go on."""

    record: RunRecord
    weights: Mapping[str, Tensor]
    training: TrainingState = field(default_factory=TrainingState)
    header: Header | None = None  # of the file that it was read from


def write_checkpoint(path: Path, checkpoint: Checkpoint) -> None:
    """Raises UserError where it cannot be written; what stood at `path` is then still there."""
    skeleton, state = take_apart(checkpoint.training, ours.PREFIX)
    tensors = {**checkpoint.weights, **state}
    with saving(path), whole_file(path) as aside:
        write_ours(aside, tensors, checkpoint.record, {ours.TRAINING: json.dumps(skeleton)})


@contextmanager
def saving(path: Path) -> Iterator[None]:
    """Turns what goes wrong while `path` is written into a UserError that names it."""
    try:
        yield
    except (OSError, RuntimeError, SafetensorError) as error:
        message = f"cannot save `{path}`: {_why(error)}"
        help = "nothing was left half-written; make room and go on with `--resume`, or name another place"
        raise UserError(message, help) from error


def _why(error: BaseException) -> str:
    """The system's own word, wherever a library has put it."""
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, OSError):
        cause = cause.__cause__ or cause.__context__
    if isinstance(cause, OSError) and cause.strerror:
        why = cause.strerror
    else:
        why = str(error).partition("\n")[0]
        inner = re.search(r"(\w[\w ]*?) \(os error \d+\)", why)
        why = inner.group(1) if inner else why
    return f"{why[:1].lower()}{why[1:]}"


# -- reading


def read_checkpoint(path: Path) -> Checkpoint:
    """A checkpoint of a run, or the best one in a run's folder; its weights are mapped from the file.

    Raises UserError where it is absent, damaged, or no checkpoint of a getdsl run.
    """
    header = read_run_header(path)
    with open_tensors(header) as tensors:
        weights = {name: tensors[name] for name in header.tensors}
    return Checkpoint(record_of(header), weights, _training(header), header)


def read_run_header(path: Path) -> Header:
    """The header of a run's checkpoint, its content proved by its hash. Raises UserError."""
    file = path / BEST if path.is_dir() else path
    if not file.exists() and not file.is_symlink():
        refuse_old(file.with_name(OLD.get(file.name, file.name)))
        raise UserError(f"there is no checkpoint `{file}`", "`getdsl train SPEC -o DIR` writes one")
    header = read_header(LoadRequest(str(file)))
    if header.format != "getdsl":
        if {"format", "version", "record"} <= set(header.ignored):
            refuse_old(file)
        raise UserError(f"`{file}` is not a checkpoint of a getdsl run", "name one that `getdsl train` wrote")
    if header.record.get("holds") == "adapters":
        raise UserError(
            f"`{file}` holds adapters without the model that they adapt",
            "name the run's checkpoint, or give the file to `getdsl evaluate CHECKPOINT --adapter`",
        )
    return header


def refuse_old(path: Path) -> None:
    """Raises UserError where an earlier getdsl's checkpoint stands at `path`."""
    if path.exists():
        raise UserError(
            f"`{path}` is a checkpoint of an earlier getdsl, which this one does not read",
            "train anew, or use the version of getdsl that wrote it",
        )


def _training(header: Header) -> TrainingState:
    """What the run needs to go on, in memory of its own."""
    from safetensors import safe_open

    path = header.paths[0]
    with open_regular(path), safe_open(path, framework="pt") as file:
        names = [name for name in file.keys() if name.startswith(ours.PREFIX)]  # noqa: SIM118
        state = {name: file.get_tensor(name).clone() for name in names}
        skeleton = json.loads((file.metadata() or {}).get(ours.TRAINING, "null"))
    filled = fill(skeleton, state)
    return cast(TrainingState, filled) if isinstance(filled, dict) else {}

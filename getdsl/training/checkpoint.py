"""Checkpoints: written aside and renamed, read without running code from them."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from getdsl.diagnostics import UserError
from getdsl.writing import whole_file

FORMAT, VERSION = "getdsl/checkpoint", 1
LAST, BEST = "last.ckpt", "best.ckpt"


@dataclass
class Checkpoint:
    """Weights, the record of their run (JSON), and in `training`, unless empty, what it needs to go on."""

    record: dict[str, Any]
    weights: Mapping[str, Tensor]
    training: dict[str, Any] = field(default_factory=dict)


def write_checkpoint(path: Path, checkpoint: Checkpoint) -> None:
    """Raises UserError where it cannot be written; what stood at `path` is then still there."""
    content = {
        "format": FORMAT,
        "version": VERSION,
        "record": json.dumps(checkpoint.record),
        "state_dict": dict(checkpoint.weights),
        "training": checkpoint.training,
    }
    with saving(path), whole_file(path) as aside, aside.open("wb") as file:
        torch.save(content, file)


@contextmanager
def saving(path: Path) -> Iterator[None]:
    """Turns what goes wrong while `path` is written into a UserError that names it."""
    try:
        yield
    except (OSError, RuntimeError) as error:  # torch reports a failed write as a RuntimeError
        cause: BaseException | None = error
        while cause is not None and not isinstance(cause, OSError):
            cause = cause.__cause__ or cause.__context__
        why = (
            cause.strerror if isinstance(cause, OSError) and cause.strerror else str(error).partition("\n")[0]
        )
        message = f"cannot save `{path}`: {why[0].lower()}{why[1:]}"
        help = "nothing was left half-written; make room, then go on with `--resume`"
        raise UserError(message, help) from error


def read_checkpoint(path: Path) -> Checkpoint:
    """Raises UserError where the file is absent, broken, or no checkpoint of a getdsl run."""
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError as error:
        raise UserError(
            f"there is no checkpoint `{path}`", "`getdsl train SPEC -o DIR` writes one"
        ) from error
    except OSError as error:
        raise UserError(f"cannot read `{path}`: {(error.strerror or str(error)).lower()}") from error
    except (
        Exception
    ) as error:  # torch raises RuntimeError, UnpicklingError, EOFError, KeyError … for broken files
        raise UserError(
            f"`{path}` is not a checkpoint of a getdsl run, or it is truncated",
            "name the folder that `getdsl train` wrote, or take another copy of the file",
        ) from error
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise UserError(f"`{path}` is not a checkpoint of a getdsl run", "name one that `getdsl train` wrote")
    if content["version"] != VERSION:
        raise UserError(
            f"`{path}` is of version {content['version']}, and this getdsl reads {VERSION}",
            "use the version of getdsl that wrote it",
        )
    return Checkpoint(json.loads(content["record"]), content["state_dict"], content["training"])


# -- random number generators


def random_states() -> dict[str, Any]:
    """The states of torch's, numpy's and Python's global generators, as plain values."""
    name, keys, position, has_gauss, gauss = np.random.get_state()
    version, internal, gauss_next = random.getstate()
    states: dict[str, Any] = {
        "torch": torch.get_rng_state(),
        "numpy": [name, torch.from_numpy(np.asarray(keys, dtype=np.int64)), position, has_gauss, gauss],
        "python": [version, list(internal), gauss_next],
    }
    if torch.cuda.is_available():
        states["cuda"] = torch.cuda.get_rng_state_all()
    return states


def set_random_states(states: Mapping[str, Any]) -> None:
    name, keys, position, has_gauss, gauss = states["numpy"]
    version, internal, gauss_next = states["python"]
    torch.set_rng_state(states["torch"])
    np.random.set_state((name, keys.numpy().astype(np.uint32), position, has_gauss, gauss))
    random.setstate((version, tuple(internal), gauss_next))
    if "cuda" in states and torch.cuda.is_available():
        torch.cuda.set_rng_state_all(states["cuda"])


def seed_all(seed: int, epoch: int) -> None:
    """Seeds the global generators for one epoch, so that it does not depend on those before it."""
    first, second, third = np.random.SeedSequence([seed, epoch]).generate_state(3)
    torch.manual_seed(int(first))
    np.random.seed(int(second))
    random.seed(int(third))

"""Predictions that are not whole yet: a folder beside where they will stand, with which a run goes on."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import zarr

from getdsl.diagnostics import UserError
from getdsl.diagnostics.listing import first_of
from getdsl.formats.json_values import Json
from getdsl.runs.predict.writer import OUTPUTS, PredictionWriter
from getdsl.runs.run_folder.lock import locked
from getdsl.text.opener import MEBIBYTE, read_bytes
from getdsl.text.whole import whole_file

PROGRESS, STORE = "progress.json", "store"
_MOST = 64 * MEBIBYTE


def partial_of(output: Path) -> Path:
    """The folder that holds what is done of an output."""
    return output.parent / f".{output.name}.partial"


@dataclass
class Partial:
    """`identity` says what is predicted. `done` samples of all are written, in pieces of `piece`."""

    output: Path
    identity: Mapping[str, Json]
    samples: int
    done: int = 0
    piece: int | None = None
    nan: dict[str, int] = field(default_factory=dict)

    @property
    def folder(self) -> Path:
        return partial_of(self.output)

    @property
    def store(self) -> Path:
        return self.folder / STORE

    def group(self) -> zarr.Group:
        """The store: anew where nothing is done."""
        return zarr.open_group(self.store, mode="r+" if self.done else "w", zarr_format=3)

    def keep(self, writer: PredictionWriter) -> None:
        """Notes what is written by now; what is written after it is written anew if this process dies."""
        self.done, self.piece, self.nan = writer.done, writer.piece, dict(writer.nan)
        about = {"of": self.identity, "samples": self.samples, "done": self.done, "piece": self.piece}
        with whole_file(self.folder / PROGRESS) as aside:
            aside.write_text(json.dumps(about | {"nan": self.nan}), encoding="utf-8")

    def goes_on(self) -> None:
        """Takes up what is noted, if anything is. Raises UserError where it is of other predictions."""
        about = noted(self.output)
        if about is None:
            return
        differing = [name for name in self.identity if about["of"].get(name) != self.identity[name]]
        if differing:
            raise UserError(
                f"`{self.folder}` is of other predictions: they differ in {first_of(differing)}",
                "ask for the same, or start anew with `--overwrite`",
            )
        self.done, self.piece, self.nan = about["done"], about["piece"], about["nan"]
        self._drop_unfinished()

    def _drop_unfinished(self) -> None:
        """Takes away what was being written when the process died: chunks, and files beside them."""
        assert self.piece is not None
        for path in sorted((self.store / OUTPUTS).glob("*/c/**/*")):
            chunk = path.relative_to(self.store / OUTPUTS).parts[2]
            if path.is_file() and (not path.name.isdecimal() or int(chunk) * self.piece >= self.done):
                path.unlink()


@contextmanager
def partial(
    output: Path, identity: Mapping[str, Json], samples: int, *, resume: bool, overwrite: bool
) -> Iterator[Partial]:
    """Holds the folder of an output. It is gone after a good end, and where nothing was done.

    Raises UserError where an earlier run left one and nobody said what to do with it, where it is of other
    predictions, or where another process holds it.
    """
    found = Partial(output, json.loads(json.dumps(identity)), samples)
    about = noted(output)
    if about is not None and not resume and not overwrite:
        raise UserError(
            f"`{found.folder}` holds {about['done']:,} of {about['samples']:,} samples of an earlier run",
            "add `--resume` to go on with it, or `--overwrite` to start anew",
        )
    found.folder.mkdir(parents=True, exist_ok=True)
    with locked(found.folder, "predicts into it"):
        try:
            if resume:
                found.goes_on()
            else:
                _forget(found.folder)
            yield found
            _forget(found.folder)
        finally:
            if noted(output) is None:
                shutil.rmtree(found.folder, ignore_errors=True)


def drop_partial(output: Path) -> None:
    """Takes away what a run left that was killed when its output stood there already."""
    shutil.rmtree(partial_of(output), ignore_errors=True)


def _forget(folder: Path) -> None:
    (folder / PROGRESS).unlink(missing_ok=True)


def noted(output: Path) -> dict[str, Any] | None:
    """What an earlier run noted of an output; None where it did nothing, or all."""
    folder = partial_of(output)
    try:
        found: dict[str, Any] = json.loads(read_bytes(folder / PROGRESS, _MOST))
    except FileNotFoundError:
        return None
    return found if (folder / STORE).is_dir() else None

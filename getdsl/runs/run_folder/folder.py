"""The folder of a run: whether it is free, and whose it is."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from getdsl.diagnostics import UserError
from getdsl.diagnostics.listing import joined
from getdsl.runs.fitting.kept import clear_kept
from getdsl.runs.outcome.files import (
    ENVIRONMENT,
    FAILURE,
    HISTORY,
    LOG,
    METRICS,
    PAGE,
    PICTURES,
    PLAN,
    PREDICTIONS,
    PROFILE,
    RECORD,
    SPEC,
    USED,
)
from getdsl.runs.run_folder.checkpoint import BEST, LAST, OLD, Checkpoint, read_checkpoint, refuse_old
from getdsl.runs.run_folder.identity import differences
from getdsl.runs.run_folder.lock import locked
from getdsl.runs.run_folder.records import DataRecord, SpecRecord
from getdsl.text.whole import whole_file

FILES = (
    LAST,
    BEST,
    "weights.safetensors",
    "adapter.safetensors",
    METRICS,
    PREDICTIONS,
    HISTORY,
    RECORD,
    ENVIRONMENT,
    PLAN,
    LOG,
    PROFILE,
    PAGE,
)
SPECS = (SPEC, USED)


def refuse_taken(folder: Path, *, resume: bool, overwrite: bool) -> None:
    """Raises UserError where the folder is a file, or holds a run that nobody said what to do with."""
    if folder.exists() and not folder.is_dir():
        raise UserError(f"`{folder}` is a file", "name a folder with `-o`")
    present = present_in(folder)
    if not present and any((folder / name).exists() for name in SPECS):
        raise UserError(
            f"`{folder}` holds a `spec.get` or `spec` that no run wrote, and a run writes its own there",
            "name another folder with `-o`",
        )
    if present and not resume and not overwrite:
        raise UserError(
            f"`{folder}` already holds a run ({present[0]})",
            "add `--resume` to go on with it, or `--overwrite` to start anew",
        )


def present_in(folder: Path) -> list[str]:
    """What there is of a run in a folder."""
    return [name for name in (*FILES, PICTURES) if (folder / name).exists()]


def last_checkpoint(folder: Path) -> Checkpoint | None:
    """The checkpoint to go on from, None where there is none yet. Raises UserError where it is an old one."""
    if (folder / LAST).exists():
        return read_checkpoint(folder / LAST)
    refuse_old(folder / OLD[LAST])
    return None


@contextmanager
def claimed(folder: Path, *, keep: bool) -> Iterator[None]:
    """Makes the folder, holds it until the block ends, and takes away what is left of earlier runs.

    Raises UserError where it cannot be written, or where another run holds it.
    """
    with ExitStack() as stack:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            stack.enter_context(locked(folder))
            _clear(folder, keep=keep)
        except OSError as error:
            raise _unwritable(folder, error) from error
        yield


def _clear(folder: Path, *, keep: bool) -> None:
    with whole_file(folder / ".writable"):
        pass
    (folder / ".writable").unlink()
    for name in (*FILES, *SPECS, PICTURES, FAILURE):
        for left in folder.glob(f".{name}.*"):  # of a run that was killed while it wrote
            _remove(left)
        if name == FAILURE or (not keep and name not in SPECS):
            _remove(folder / name)
    clear_kept(folder, keep=keep)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _unwritable(folder: Path, error: OSError) -> UserError:
    why = (error.strerror or str(error)).lower()
    return UserError(f"cannot write in `{folder}`: {why}", "name another folder with `-o`")


def refuse_other_run(folder: Path, checkpoint: Checkpoint, spec: SpecRecord, data: DataRecord) -> None:
    """Raises UserError where the spec or the data are not those of the checkpoint's run."""
    then = checkpoint.record
    if not checkpoint.training:
        raise UserError(f"`{folder / LAST}` holds weights only", "start anew with `--overwrite`")
    if then["spec"]["sha256"] != spec["sha256"]:
        found = differences(then["spec"]["parts"], spec["parts"])
        raise UserError(
            f"the spec is not that of the run in `{folder}`: {joined(found, '; ', shown=4)}",
            "give it the same settings, or start anew with `--overwrite` or in another folder",
        )
    if then["data"]["sha256"] != data["sha256"]:
        raise UserError(
            f"the data are not those of the run in `{folder}`: {data['path']} has changed",
            "bring them back, or start anew with `--overwrite` or in another folder",
        )

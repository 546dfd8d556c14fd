"""The checkpoints that stay beside the last and the best one, in the folder `checkpoints` of a run."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from getdsl.compiler.sections.monitor import Keep
from getdsl.runs.run_folder.checkpoint import Checkpoint, write_checkpoint
from getdsl.runs.run_folder.records import Best, Row, RunRecord

CHECKPOINTS = "checkpoints"


def kept_rows(history: Sequence[Row], keep: Keep) -> list[int]:
    """The rows, from 0, whose checkpoints stay: every n-th, and the k best, of equal ones the first."""
    found = set(range(keep.every_n - 1, len(history), keep.every_n)) if keep.every_n is not None else set()
    watched = keep.watched
    if keep.top_k is not None and watched is not None:
        sign = -1 if watched.rising else 1
        values = [sign * row[watched.monitor] for row in history]
        known = [number for number, value in enumerate(values) if value == value]
        found |= set(sorted(known, key=values.__getitem__)[: keep.top_k])
    return sorted(found)


def file_of(row: Row) -> str:
    """Named after the epochs that are done: `epoch-3.safetensors`, `epoch-2.5.safetensors`."""
    return f"epoch-{row['epoch']:g}.safetensors"


def best_of(row: Row, keep: Keep | None) -> Best:
    """What a checkpoint's record says of the row whose weights it holds."""
    found: Best = {"epoch": row["epoch"], "step": int(row["step"])}
    if keep is not None and keep.monitor is not None:
        found |= {"monitor": keep.monitor, "value": row[keep.monitor]}
    return found


def write_kept(folder: Path, keep: Keep, history: Sequence[Row], checkpoint: Checkpoint) -> None:
    """Keeps the checkpoint of the last row where it is to be kept, and drops those that no longer are.

    Raises UserError where it cannot be written.
    """
    rows = kept_rows(history, keep)
    if len(history) - 1 in rows:
        record: RunRecord = {**checkpoint.record, "best": best_of(history[-1], keep)}
        path = folder / CHECKPOINTS / file_of(history[-1])
        write_checkpoint(path, Checkpoint(record, checkpoint.weights))
    for number in set(range(len(history))) - set(rows):
        (folder / CHECKPOINTS / file_of(history[number])).unlink(missing_ok=True)


def clear_kept(folder: Path, *, keep: bool) -> None:
    """Takes away what a killed run left half-written, and unless they are to be kept the checkpoints too."""
    for pattern in (".epoch-*.safetensors.*", *(() if keep else ("epoch-*.safetensors",))):
        for path in (folder / CHECKPOINTS).glob(pattern):
            path.unlink()
    if not keep and (folder / CHECKPOINTS).is_dir() and not any((folder / CHECKPOINTS).iterdir()):
        (folder / CHECKPOINTS).rmdir()

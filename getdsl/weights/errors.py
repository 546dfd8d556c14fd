"""What is wrong with a checkpoint file, as a sentence."""

from __future__ import annotations

from pathlib import Path

from getdsl.diagnostics import UserError

ANOTHER_COPY = "take another copy of the file; this one cannot be trusted"


class CheckpointError(UserError):
    """A checkpoint that is absent, damaged, unsafe, or not what the spec says of it."""


def damaged(path: Path | str, why: str) -> CheckpointError:
    return CheckpointError(f"`{path}` is damaged: {why}", ANOTHER_COPY)

"""What is wrong with a checkpoint file, as a sentence."""

from __future__ import annotations

from pathlib import Path

from getdsl.diagnostics import UserError

ANOTHER_COPY = "take another copy of the file; this one cannot be trusted"


class CheckpointError(UserError):
    """A checkpoint that is absent, damaged, unsafe, or not what the spec says of it."""


class UntrustedError(CheckpointError):
    """A pickle that asks for a name beyond tensors and plain containers; `option` would let it be read."""

    def __init__(self, path: Path | str, name: str, option: str | None = None) -> None:
        trusted = f"if you trust its author, add `{option}`: its tensors are read, and still nothing is run"
        apart = (
            "if you trust its author, load it with torch yourself and save its tensors alone as safetensors"
        )
        super().__init__(
            f"`{path}` is refused: it asks to run `{name}`, and weights are only ever read as data",
            trusted if option is not None else apart,
        )
        self.name = name


def damaged(path: Path | str, why: str) -> CheckpointError:
    return CheckpointError(f"`{path}` is damaged: {why}", ANOTHER_COPY)

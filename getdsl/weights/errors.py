"""What is wrong with a checkpoint file, as a sentence."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from getdsl.diagnostics import UserError

SHOWN = 3  # keys that a message proposes
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


class UnusualNamesError(CheckpointError):
    """A file whose tensors lie in places that are not usual; `keys` lead to what may be models."""

    def __init__(self, path: str, holds: str, keys: Sequence[str]) -> None:
        first = " or ".join(f'`key = "{key}"`' for key in keys[:SHOWN])
        super().__init__(
            f"`{path}` keeps its tensors under names that are not usual: {holds}",
            f"say which ones: {first}" if keys else "name a file with the weights of a model",
        )
        self.keys = tuple(keys)

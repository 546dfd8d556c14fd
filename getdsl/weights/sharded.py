"""Checkpoints in several safetensors files, with an index that says which tensor lies in which."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, BinaryIO

from getdsl.diagnostics.listing import first_of
from getdsl.weights.errors import CheckpointError, damaged

LARGEST_INDEX = 64 << 20
ANSWERS = ("error", "errors", "message", "detail")
SUFFIX = ".index.json"


def read_index(path: Path, file: BinaryIO, size: int) -> dict[str, str]:
    """The name of its file for each tensor; the files stand beside the index.

    Raises CheckpointError where the index is damaged, or leads out of its folder.
    """
    if size > LARGEST_INDEX:
        raise damaged(path, f"an index of {size:,} bytes is absurd")
    files = _weight_map(path, file.read())
    outside = next((name for name in files.values() if _leads_away(name)), None)
    if outside is not None:
        raise CheckpointError(
            f"`{path}` is refused: it leads out of its folder, to `{outside}`",
            "the parts of a sharded checkpoint stand beside its index",
        )
    return files


def _weight_map(path: Path, text: bytes) -> dict[str, str]:
    try:
        content = json.loads(text, object_pairs_hook=_once)
        _refuse_answers(path, content)
        files = content["weight_map"]
        if not files or not all(isinstance(item, str) for item in files.values()):
            raise TypeError
    except _TwiceError as error:
        raise damaged(path, f"it has `{error.args[0]}` twice") from error
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise CheckpointError(
            f"`{path}` is not the index of a sharded checkpoint",
            f"an index (`*{SUFFIX}`) has a `weight_map` from tensors to files",
        ) from error
    return dict(files)


def _refuse_answers(path: Path, content: Any) -> None:
    """Raises CheckpointError for what a server says instead of a file."""
    if isinstance(content, dict) and not content.keys().isdisjoint(ANSWERS):
        raise CheckpointError(
            f"`{path}` is what a server answered, and not a file of weights",
            "check the address; some sites ask to log in first",
        )


class _TwiceError(Exception):
    """A name that stands twice in one mapping: JSON's reader would keep the last alone."""


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        raise _TwiceError(next(name for name in names if names.count(name) > 1))
    return found


def _leads_away(name: str) -> bool:
    """Whether a name of a file is more than a name."""
    return name in ("", ".", "..") or any(mark in name for mark in "/\\\0")


def index_in(folder: Path) -> Path | None:
    """The index in a folder. Raises CheckpointError where there are several."""
    found = sorted(folder.glob(f"*{SUFFIX}"))
    if len(found) > 1:
        names = first_of([item.name for item in found])
        raise CheckpointError(f"`{folder}` holds several indexes: {names}", "name one of them")
    return found[0] if found else None

"""From what a spec names to a file on this machine."""

from __future__ import annotations

from pathlib import Path

from getdsl.formats.checkpoint_header import LoadRequest
from getdsl.weights.errors import CheckpointError
from getdsl.weights.sharded import SUFFIX, index_in

BEST = "best.safetensors"  # what a run's folder stands for


def is_url(location: str) -> bool:
    """Whether a location has a scheme, such as `https:`, and is no path."""
    scheme, colon, rest = location.partition("://")
    return bool(colon and rest) and scheme.isalnum()


def locate(request: LoadRequest, *, offline: bool, progress: bool) -> Path:
    """A file: the path itself, the index or the best checkpoint in a folder, or a URL's copy in the cache.

    Raises CheckpointError.
    """
    if is_url(request.location):
        from getdsl.weights.download import fetch

        return fetch(request.location, request.sha256, request.size, offline=offline, progress=progress)
    path = Path(request.location)
    if not path.is_dir():
        return path
    if (path / BEST).is_file():
        return path / BEST
    index = index_in(path)
    if index is None:
        raise CheckpointError(
            f"`{path}` is a folder without a checkpoint", f"name a file, or a folder with `*{SUFFIX}`"
        )
    return index

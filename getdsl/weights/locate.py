"""From what a spec names to a file on this machine."""

from __future__ import annotations

from pathlib import Path

from getdsl.diagnostics.listing import first_of
from getdsl.formats.checkpoint_header import LoadRequest
from getdsl.weights.errors import CheckpointError
from getdsl.weights.hub import fetch_from_hub, is_on_hub
from getdsl.weights.sharded import SUFFIX, index_in

BEST = "best.safetensors"  # what a run's folder stands for
PRETRAINED = (  # and one that `save_pretrained` wrote
    "model.safetensors", "adapter_model.safetensors", "pytorch_model.bin", "adapter_model.bin",
)  # fmt: skip


def is_url(location: str) -> bool:
    """Whether a location has a scheme, such as `https:`, and is no path."""
    scheme, colon, rest = location.partition("://")
    return bool(colon and rest) and scheme.isalnum()


def locate(request: LoadRequest, *, offline: bool, progress: bool) -> Path:
    """A file: the path itself, what a folder stands for, or a URL's copy in the cache.

    Raises CheckpointError.
    """
    if is_on_hub(request.location):
        return fetch_from_hub(request.location, request.sha256, offline=offline)
    if is_url(request.location):
        from getdsl.weights.download import fetch

        return fetch(request.location, request.sha256, request.size, offline=offline, progress=progress)
    path = Path(request.location)
    return _in_folder(path) if path.is_dir() else path


def _in_folder(folder: Path) -> Path:
    """What a folder stands for. Raises CheckpointError where it is no single file."""
    if (folder / BEST).is_file():
        return folder / BEST
    index = index_in(folder)
    if index is not None:
        return index
    found = _known_files(folder)
    if len(found) == 1:
        return found[0]
    if found:
        names = first_of([path.name for path in found])
        raise CheckpointError(f"`{folder}` holds several checkpoints: {names}", "name one of them")
    raise CheckpointError(
        f"`{folder}` is a folder without a checkpoint that is known by its name",
        f"name a file, or a folder with `{PRETRAINED[0]}` or `*{SUFFIX}`",
    )


def _known_files(folder: Path) -> list[Path]:
    """The files of usual names in a folder; without one, all safetensors files."""
    named = [folder / name for name in PRETRAINED if (folder / name).is_file()]
    return named or sorted(path for path in folder.iterdir() if path.suffix == ".safetensors")

"""A store as zarr's group; what only reads batches does without zarr."""

from __future__ import annotations

from pathlib import Path
from typing import Any


def zarr_group(path: Path, *, write: bool = False) -> Any:
    """The group of a store: to be read, or to be written, and made where there is none."""
    import zarr

    return zarr.open_group(path, mode="a" if write else "r", zarr_format=3)

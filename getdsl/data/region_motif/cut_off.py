"""Chunks that were cut off in writing or fetching, which Blosc unpacks to whatever lies behind them."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from getdsl.data.errors import DataError
from getdsl.data.hashing import files_in
from getdsl.text.opener import MEBIBYTE, open_file, read_text

_HEADER = struct.Struct("<12xI")  # of a Blosc chunk: its last word is how many bytes the chunk has
_METADATA = ".zarray", "zarr.json"


def refuse_cut_off(store: Path) -> None:
    """Raises DataError where a Blosc chunk of a store has fewer bytes than it says of itself."""
    for array in _of_blosc(store):
        for file in files_in(array):
            if not file.name.startswith(".") and file.name not in _METADATA and _is_short(file):
                problem = f"its file {file.relative_to(store)} was cut off"
                raise DataError(store, problem, "fetch or write the store again")


def _is_short(path: Path) -> bool:
    with open_file(path) as file:
        head = file.read(_HEADER.size)
        return len(head) < _HEADER.size or path.stat().st_size < _HEADER.unpack(head)[0]


def _of_blosc(store: Path) -> Iterator[Path]:
    """The folders of the arrays whose chunks are Blosc's, a file each."""
    for file in files_in(store):
        if file.name in _METADATA and _is_blosc(_json(file)):
            yield file.parent


def _json(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(read_text(path, MEBIBYTE))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _is_blosc(metadata: dict[str, Any]) -> bool:
    if isinstance(compressor := metadata.get("compressor"), dict):  # format 2
        return compressor.get("id") == "blosc"
    codecs = metadata.get("codecs")
    last = codecs[-1] if isinstance(codecs, list) and codecs else None
    return isinstance(last, dict) and last.get("name") == "blosc"

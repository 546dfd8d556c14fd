"""Writes files as `getdsl.weights.ours` reads them: safetensors with a record and a hash of their content."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from getdsl.weights import ours

if TYPE_CHECKING:
    from torch import Tensor


def write_ours(
    path: Path,
    tensors: Mapping[str, Tensor],
    record: Mapping[str, Any],
    metadata: Mapping[str, str] | None = None,
) -> None:
    """Writes into `path` itself; who must not leave half a file there writes aside.

    Raises OSError or SafetensorError where it cannot be written.
    """
    from safetensors.torch import save_file

    all_metadata = {
        ours.RECORD: json.dumps({"format": ours.FORMAT, "version": ours.VERSION} | dict(record)),
        **(metadata or {}),
        ours.SHA256: ours.BLANK,
    }
    save_file(own_memory(tensors), path, all_metadata)
    with path.open("r+b") as file:
        digest, place = ours.content_hash(path, file)
        file.seek(place)
        file.write(digest.encode())


def own_memory(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The tensors on the CPU, each with memory of its own, as safetensors wants them."""
    found: dict[str, Tensor] = {}
    taken: set[int] = set()
    for name, tensor in tensors.items():
        plain = tensor.detach().cpu().contiguous()
        place = plain.untyped_storage().data_ptr()
        found[name] = plain.clone() if place in taken else plain
        taken.add(place)
    return found

"""What a run was made of: its spec, its data, the files that it loaded, its versions."""

from __future__ import annotations

import platform
from collections.abc import Iterable

import torch

import getdsl
from getdsl.compiler.lower.adaptation import LoadedFile
from getdsl.data.data_source import DataSource
from getdsl.formats.checkpoint_header import Header
from getdsl.runs.opened.samples import reading
from getdsl.runs.run_folder.records import DataRecord
from getdsl.weights.hashing import sha256_of as sha256_of_files
from getdsl.weights.locate import locate


def data_record(source: DataSource) -> DataRecord:
    """Raises UserError where the data cannot be read."""
    with reading():
        return {"path": getattr(source, "path", ""), "sha256": source.fingerprint()}


def loaded_record(loaded: Iterable[LoadedFile], headers: Iterable[Header]) -> list[LoadedFile]:
    """The files whose tensors a model holds, by their headers; one that came without a sha256 is hashed."""
    pairs = zip(loaded, headers, strict=True)
    return [{**file, "sha256": file["sha256"] or _sha256(header)} for file, header in pairs]


def _sha256(header: Header) -> str:
    index = locate(header.request, offline=True, progress=False)
    return sha256_of_files(header.paths if index in header.paths else (index, *header.paths))


def versions() -> dict[str, str]:
    import lightning
    import numpy

    return {
        "getdsl": getdsl.__version__,
        "torch": torch.__version__,
        "lightning": lightning.__version__,
        "numpy": numpy.__version__,
        "python": platform.python_version(),
    }

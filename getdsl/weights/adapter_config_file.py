"""peft's `adapter_config.json`, where it stands beside a file of adapters."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from getdsl.formats.adapter_config import NAME, AdapterConfig, read_config
from getdsl.formats.checkpoint_header import Header
from getdsl.weights.errors import CheckpointError
from getdsl.weights.locate import is_url
from getdsl.weights.regular_file import open_regular

LARGEST = 1 << 20
STEM = "adapter_model"  # what peft calls its files
MARKS = (".lora_", "base_model.model.")


def with_adapter_config(header: Header) -> Header:
    """A file's header with the config beside it, where the file holds what peft trained.

    Raises CheckpointError where the config cannot be read.
    """
    if header.format == "getdsl" or is_url(header.request.location) or not _is_of_peft(header):
        return header
    path = header.paths[0].parent / NAME
    return replace(header, adapter_config=_read(path)) if path.exists() else header


def _is_of_peft(header: Header) -> bool:
    named = any(path.stem == STEM for path in header.paths)
    return named or any(mark in key for key in header.tensors for mark in MARKS)


def _read(path: Path) -> AdapterConfig:
    with open_regular(path) as file:
        text = file.read(LARGEST + 1)
    try:
        if len(text) > LARGEST:
            raise ValueError(f"it is of more than {LARGEST:,} bytes")
        return read_config(json.loads(text))
    except (ValueError, RecursionError) as error:
        why = "it is not JSON" if isinstance(error, json.JSONDecodeError | UnicodeDecodeError) else str(error)
        raise CheckpointError(
            f"`{path}` cannot be read: {why}", "it says how strong the adapters are: mend it, or take it away"
        ) from error

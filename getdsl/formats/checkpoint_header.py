"""What stands in a checkpoint file, without its values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class TensorInfo:
    """`dtype` is written as safetensors writes it: F32, BF16, I64, BOOL …"""

    shape: tuple[int, ...]
    dtype: str = "F32"


@dataclass(frozen=True)
class LoadRequest:
    """A checkpoint as a spec asks for it: a path or URL, and what picks and proves its content."""

    location: str
    sha256: str | None = None
    key: tuple[str, ...] = ()  # alternatives, the first that is present; empty: the usual nestings
    size: int | None = None  # bytes that are fetched at most


@dataclass(frozen=True)
class Place:
    """Where a tensor lies: the number of its file in `Header.paths`, and its name there, step by step."""

    file: int
    steps: tuple[str | int, ...]


@dataclass(frozen=True)
class Header:
    """The tensors of a checkpoint by their keys, after its nesting and common prefixes are taken off."""

    request: LoadRequest
    paths: tuple[Path, ...]  # the files on this machine, several for a sharded checkpoint
    format: str  # "safetensors", "torch", "getdsl"
    tensors: Mapping[str, TensorInfo]
    unwrapped: tuple[str, ...] = ()  # what was taken off, outermost first: "state_dict", "module."
    ignored: tuple[str, ...] = ()  # entries beside the tensors that hold none
    record: Mapping[str, Any] = field(default_factory=dict)  # what a checkpoint of ours says of its run
    sha256: str | None = None  # of the content, where it is known and was verified
    size: int = 0  # bytes of the files
    places: Mapping[str, Place] = field(default_factory=dict)  # of the tensors, by the same keys
    foreign: tuple[str, ...] = ()  # names of Python that a trusted torch file speaks of, never imported
    stamps: tuple[tuple[int, int], ...] = ()  # of each file, its bytes and its time of change in ns

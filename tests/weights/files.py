"""Small checkpoints of every format, for tests."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import Tensor

from getdsl.formats.checkpoint_header import Header, LoadRequest
from getdsl.runs.run_folder.checkpoint import Checkpoint, write_checkpoint
from getdsl.weights.header import read_header
from getdsl.weights.tensors import open_tensors


def some_tensors() -> dict[str, Tensor]:
    random = torch.Generator().manual_seed(3)
    whole = torch.randn(5, 6, generator=random)
    return {
        "encoder.weight": torch.randn(4, 3, generator=random),
        "encoder.bias": torch.randn(4, generator=random).to(torch.bfloat16),
        "view": whole[1:4, ::2],  # not contiguous, beginning inside its storage
        "tied": whole[1:4, ::2],
        "mask": torch.tensor([True, False]),
        "count": torch.tensor(7),
        "none": torch.empty(0, 3),
        "wide": torch.randn(2, dtype=torch.float64, generator=random),
    }


def plain(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {name: tensor.contiguous().clone() for name, tensor in tensors.items()}


def write_sharded(folder: Path, tensors: Mapping[str, Tensor]) -> Path:
    """Two parts and their index; returns the index."""
    folder.mkdir(parents=True, exist_ok=True)
    names = list(tensors)
    weight_map = {}
    for number, part in enumerate((names[::2], names[1::2])):
        file = f"model-{number + 1:05}-of-00002.safetensors"
        save_file(plain({name: tensors[name] for name in part}), folder / file)
        weight_map |= dict.fromkeys(part, file)
    index = folder / "model.safetensors.index.json"
    index.write_text(json.dumps({"metadata": {}, "weight_map": weight_map}))
    return index


def write_ours(path: Path, tensors: Mapping[str, Tensor], record: dict[str, Any] | None = None) -> Path:
    training = {"optimizer": {"state": {0: {"step": torch.tensor(3.0)}}}, "betas": (0.9, 0.999)}
    write_checkpoint(path, Checkpoint(record or {"seed": 0}, tensors, training))
    return path


def header_of(path: Path | str, *key: str, **options: Any) -> Header:
    return read_header(LoadRequest(str(path), key=key), **options)


def loaded(path: Path | str, *key: str) -> dict[str, Tensor]:
    """All tensors of a checkpoint, in memory of their own."""
    header = header_of(path, *key)
    with open_tensors(header) as tensors:
        return {name: tensors[name].clone() for name in tensors}


def assert_equal(found: Mapping[str, Tensor], expected: Mapping[str, Tensor]) -> None:
    assert sorted(found) == sorted(expected)
    for name, tensor in expected.items():
        assert found[name].dtype == tensor.dtype, name
        assert found[name].shape == tensor.shape, name
        assert torch.equal(found[name], tensor), name

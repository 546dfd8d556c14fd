"""Tensors that are no plain numbers: called what they are, and in nobody's way where they are not wanted."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from getdsl.weights.errors import CheckpointError
from getdsl.weights.tensors import open_tensors
from tests.weights.files import header_of, loaded


class Marked(torch.nn.Parameter):
    """A parameter of a class of its own."""


def eye() -> torch.Tensor:
    return torch.eye(3)


def quantized() -> torch.Tensor:
    return torch.quantize_per_tensor(eye(), 0.1, 0, torch.qint8)


def quantized_by_channel() -> torch.Tensor:
    return torch.quantize_per_channel(eye(), torch.ones(3), torch.zeros(3), 0, torch.quint8)


ODD: dict[str, tuple[Callable[[], torch.Tensor], str, tuple[int, ...]]] = {
    "sparse": (lambda: eye().to_sparse(), "a sparse tensor", (3, 3)),
    "sparse by rows": (lambda: eye().to_sparse_csr(), "a sparse tensor", (3, 3)),
    "sparse by columns": (lambda: eye().to_sparse_csc(), "a sparse tensor", (3, 3)),
    "quantized": (quantized, "a quantized tensor", (3, 3)),
    "quantized by channel": (quantized_by_channel, "a quantized tensor", (3, 3)),
    "nested": (lambda: torch.nested.nested_tensor([torch.ones(2), torch.ones(3)]), "a nested tensor", ()),
    "meta": (lambda: torch.ones(2, 3, device="meta"), "the meta device", (2, 3)),
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("old", [False, True], ids=["zip", "legacy"])
@pytest.mark.parametrize("name", ODD)
def test_they_are_named_where_they_are_wanted(name: str, old: bool, tmp_path: Path) -> None:
    make, called, shape = ODD[name]
    torch.save({"w": make(), "b": torch.ones(2)}, tmp_path / "x", _use_new_zipfile_serialization=not old)
    header = header_of(tmp_path / "x")
    assert called in header.tensors["w"].unread
    assert header.tensors["w"].shape == shape
    with open_tensors(header) as tensors:
        assert torch.equal(tensors["b"], torch.ones(2))
        with pytest.raises(CheckpointError, match=f"`w` in .* is .*{called.split()[-2]}"):
            tensors["w"]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", ODD)
def test_they_are_in_nobodys_way(name: str, tmp_path: Path) -> None:
    torch.save({"model": {"w": torch.ones(2)}, "optimizer": {"state": {0: ODD[name][0]()}}}, tmp_path / "x")
    assert torch.equal(loaded(tmp_path / "x")["w"], torch.ones(2))


def test_a_parameter_of_its_own_class_is_plain(tmp_path: Path) -> None:
    weights = {"w": torch.ones(3).as_subclass(torch.nn.Buffer), "v": torch.nn.Buffer(torch.ones(2))}
    torch.save(weights, tmp_path / "x")
    assert {name: len(tensor) for name, tensor in loaded(tmp_path / "x").items()} == {"w": 3, "v": 2}

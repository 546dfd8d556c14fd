"""Every tensor of a file is among those that are read, under a name of its own, or the file is refused."""

from __future__ import annotations

import json
from collections import OrderedDict
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file, save_model
from torch import nn

from getdsl.trust import trust_of
from getdsl.weights.errors import CheckpointError
from getdsl.weights.tensors import open_tensors
from tests.weights.files import assert_equal, header_of, loaded, some_tensors, write_sharded


def ones(*shape: int) -> torch.Tensor:
    return torch.ones(*shape)


COLLISIONS: dict[str, tuple[Any, str]] = {
    "a dotted name beside a nested one": ({"mid.weight": ones(2), "mid": {"weight": ones(2)}}, "mid.weight"),
    "a nested name beside a dotted one": ({"mid": {"weight": ones(2)}, "mid.weight": ones(2)}, "mid.weight"),
    "a number beside its text": ({"x": {0: ones(1), "0": ones(1)}}, "x.0"),
    "a number beside its text at the top": ({0: ones(1), "0": ones(1)}, "0"),
    "two ways through dots": ({"a.b": {"c": ones(1)}, "a": {"b.c": ones(1)}}, "a.b.c"),
    "a list beside a mapping": ({"a.1": ones(1), "a": [ones(1), ones(1)]}, "a.1"),
    "a pair beside its text": ({("a", "b"): ones(1), "(a, b)": ones(1)}, "(a, b)"),
    "below the usual nesting": ({"state_dict": {"w.a": ones(1), "w": {"a": ones(1)}}}, "w.a"),
}


@pytest.mark.parametrize("name", COLLISIONS)
def test_two_tensors_of_one_name_are_refused_by_name(name: str, tmp_path: Path) -> None:
    content, twice = COLLISIONS[name]
    torch.save({"other": ones(3)} | content if "state_dict" not in content else content, tmp_path / "x")
    with pytest.raises(CheckpointError) as refused:
        header_of(tmp_path / "x")
    assert f"holds two tensors of the name `{twice}`: `[" in str(refused.value)


def test_a_collision_beside_the_model_is_nothing_to_it(tmp_path: Path) -> None:
    torch.save({"model": {"w": ones(2)}, "optimizer": {"a.b": ones(1), "a": {"b": ones(1)}}}, tmp_path / "x")
    assert list(loaded(tmp_path / "x")) == ["w"]


class Odd:
    """An object of a class of its own, with tensors as arguments, as state, and in what is put into it."""

    def __init__(self, *arguments: Any) -> None:
        self.arguments = arguments

    def __reduce__(self) -> Any:
        return Odd, self.arguments, {"state": ones(4)}, iter([ones(5)]), iter([("item", ones(6))])

    def append(self, value: Any) -> None: ...

    def extend(self, values: Any) -> None: ...


# Content beside `w`, and the names and sizes under which its tensors are found.
PLACES: dict[str, tuple[Any, dict[str, int]]] = {
    "numbers": ({3: ones(2)}, {"3": 2}),
    "pairs": ({("mid", "weight"): ones(2), ("mid", 1): ones(3)}, {"(mid, weight)": 2, "(mid, 1)": 3}),
    "nothing as a name": ({None: ones(2), True: ones(3), 2.5: ones(4)}, {"None": 2, "True": 3, "2.5": 4}),
    "bytes": ({b"a": ones(2)}, {"b'a'": 2}),
    "a list": ({"parts": [ones(2), {"b": ones(3)}]}, {"parts.0": 2, "parts.1.b": 3}),
    "a pair of tensors": ({"parts": (ones(2), None, ones(3))}, {"parts.0": 2, "parts.2": 3}),
    "one tensor twice": ((lambda one: {"a": one, "b": {"c": one}})(ones(2)), {"a": 2, "b.c": 2}),
    "one mapping twice": ((lambda one: {"a": one, "b": one})({"c": ones(2)}), {"a.c": 2, "b.c": 2}),
    "deep": ({"a": {"b": {"c": {"d": {"e": ones(2)}}}}}, {"a.b.c.d.e": 2}),
    "an ordered mapping": (OrderedDict(b=ones(2), a=ones(3)), {"b": 2, "a": 3}),
    "an object": ({"o": Odd(ones(2), ones(3))}, {"o.0": 2, "o.1": 3, "o.state": 4, "o.2": 5, "o.item": 6}),
}


@pytest.mark.parametrize("old", [False, True], ids=["zip", "legacy"])
@pytest.mark.parametrize("name", PLACES)
def test_wherever_a_tensor_lies_it_is_found(name: str, old: bool, tmp_path: Path) -> None:
    content, expected = PLACES[name]
    torch.save({"w": ones(1), **content}, tmp_path / "x", _use_new_zipfile_serialization=not old)
    header = header_of(tmp_path / "x", trust=trust_of(True))
    assert {key: info.shape[0] for key, info in header.tensors.items()} == {"w": 1, **expected}
    with open_tensors(header) as tensors:
        assert {key: tensors[key].numel() for key in tensors} == {"w": 1, **expected}


def test_content_of_a_trusted_file_is_no_mapping_without_end(tmp_path: Path) -> None:
    """Settings know what they belong to."""
    parent: dict[str, Any] = {"lr": 0.1}
    parent["child"] = {"parent": parent, "list": [parent]}
    torch.save({"model": {"w": ones(2)}, "settings": parent}, tmp_path / "x")
    assert list(header_of(tmp_path / "x").tensors) == ["w"]


def test_a_long_list_of_numbers_is_no_tensor(tmp_path: Path) -> None:
    torch.save({"model": {"w": ones(2)}, "history": list(range(300_000))}, tmp_path / "x")
    assert header_of(tmp_path / "x").ignored == ("history",)


# -- what an index says, and what its parts hold


def test_a_tensor_that_an_index_does_not_list(tmp_path: Path) -> None:
    index = write_sharded(tmp_path, some_tensors())
    content = json.loads(index.read_text())
    del content["weight_map"]["mask"]
    index.write_text(json.dumps(content))
    with pytest.raises(CheckpointError, match=r"does not list `mask`, which `model-0000[12]"):
        header_of(index)


def test_a_tensor_that_an_index_lists_twice(tmp_path: Path) -> None:
    index = write_sharded(tmp_path, some_tensors())
    text = index.read_text()
    index.write_text(text.replace('"mask":', '"mask": "model-00001-of-00002.safetensors", "mask":'))
    with pytest.raises(CheckpointError, match="is damaged: it has `mask` twice"):
        header_of(index)


# -- tied weights


class Tied(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Embedding(5, 3)
        self.head = nn.Linear(3, 5)
        self.head.weight = self.embed.weight


def test_tied_weights_that_a_file_names(tmp_path: Path) -> None:
    """`save_model` keeps one of tensors that share memory, and notes the others' names."""
    model = Tied()
    save_model(model, str(tmp_path / "x"))
    assert_equal(loaded(tmp_path / "x"), model.state_dict())
    places = header_of(tmp_path / "x").places
    assert places["head.weight"] == places["embed.weight"]


def test_tied_weights_below_a_key_and_in_parts(tmp_path: Path) -> None:
    save_file({"ema.a": ones(2), "net.a": ones(3)}, tmp_path / "x", {"ema.b": "ema.a", "format": "pt"})
    assert {name: len(tensor) for name, tensor in loaded(tmp_path / "x", "ema").items()} == {"a": 2, "b": 2}
    save_file({"a": ones(2)}, tmp_path / "one.safetensors", {"b": "a"})
    index = tmp_path / "model.safetensors.index.json"
    index.write_text(json.dumps({"weight_map": {"a": "one.safetensors", "b": "one.safetensors"}}))
    assert {name: len(tensor) for name, tensor in loaded(index).items()} == {"a": 2, "b": 2}


@pytest.mark.parametrize("metadata", [{"b": "absent"}, {"a": "c"}, {"b": ""}, {"format": "pt"}])
def test_metadata_that_tie_nothing(metadata: dict[str, str], tmp_path: Path) -> None:
    save_file({"a": ones(2), "c": ones(3)}, tmp_path / "x", metadata)
    assert {name: len(tensor) for name, tensor in loaded(tmp_path / "x").items()} == {"a": 2, "c": 3}

"""Nesting and prefixes: what GET's recorded cases say, and what differs on purpose."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file

from getdsl.formats.checkpoint_header import TensorInfo
from getdsl.weights.errors import CheckpointError
from getdsl.weights.tree import Tree
from getdsl.weights.unwrapping import Unwrapped, unwrap
from tests.weights.files import header_of, loaded, write_ours

GOLDEN = Path(__file__).parents[1] / "golden" / "directives"


def cases(name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((GOLDEN / f"{name}.json").read_text())["cases"]
    return found


def tree(content: dict[str, Any]) -> Tree:
    """A recorded checkpoint: numbers stand for tensors, and are told apart by their shapes."""
    return {
        name: tree(value) if isinstance(value, dict) else TensorInfo((value,))
        for name, value in content.items()
    }


def values(found: Unwrapped) -> dict[str, int]:
    return {name: info.shape[0] for name, info in found.tensors.items()}


def flat(content: dict[str, Any], prefix: str = "") -> dict[str, int]:
    found = {}
    for name, value in content.items():
        found |= flat(value, f"{prefix}{name}.") if isinstance(value, dict) else {f"{prefix}{name}": value}
    return found


def without(content: dict[str, int], *prefixes: str) -> dict[str, int]:
    for prefix in prefixes:
        if all(name.startswith(prefix) for name in content):
            content = {name.removeprefix(prefix): value for name, value in content.items()}
    return content


@pytest.mark.parametrize("case", cases("extract_state_dict"))
def test_get_unwraps_so(case: dict[str, Any]) -> None:
    """Where GET leaves `model` or `module` wrapped inside, ours unwraps it too."""
    expected = without(flat(case["expected"]), "module.", "model.")
    assert values(unwrap("x", tree(case["input"]))) == expected


@pytest.mark.parametrize("case", cases("load_checkpoint"))
def test_get_picks_a_key_so(case: dict[str, Any]) -> None:
    """`key` alternatives, the first that is there; ours refuses where GET takes the whole file."""
    key = tuple(case["model_key"].split("|")) if case["model_key"] else ()
    content = case["checkpoint"]
    if key and not any(name in content for name in key):
        with pytest.raises(CheckpointError, match="has no `"):
            unwrap("x", tree(content), key)
        return
    expected = without(flat(case["expected"]), "state_dict.", "model.")
    if not key:
        expected = {"w": content["model"]["w"]}  # the usual nestings are found; GET takes the whole file
    assert values(unwrap("x", tree(content), key)) == expected


@pytest.mark.parametrize(
    "case", [case for case in cases("rename_lit_state_dict") if not case["patterns_to_drop"]]
)
def test_get_takes_lightnings_prefix_off_so(case: dict[str, Any]) -> None:
    """In a Lightning file `model.` goes, and weights of a loss stay as they are."""
    content = {name: value + 1 for name, value in case["input"].items()}
    found = unwrap("x", {"state_dict": tree(content), "pytorch-lightning_version": None})
    assert values(found) == {name: value + 1 for name, value in case["expected"].items()}
    assert found.taken_off == ("state_dict", "model.")


def test_prefixes_are_taken_off_where_all_share_them() -> None:
    found = unwrap("x", tree({"module._orig_mod.a.w": 1, "module._orig_mod.b": 2}))
    assert values(found) == {"a.w": 1, "b": 2}
    assert found.taken_off == ("module.", "_orig_mod.")
    assert found.steps["a.w"] == ("module._orig_mod.a.w",)
    kept = unwrap("x", tree({"model.a": 1, "head": 2}))
    assert values(kept) == {"model.a": 1, "head": 2}
    assert kept.taken_off == ()


def test_no_two_names_become_one() -> None:
    content: Tree = {"state_dict": tree({"model.a": 1, "a": 2}), "pytorch-lightning_version": None}
    assert values(unwrap("x", content)) == {"model.a": 1, "a": 2}


def test_what_holds_no_tensors_is_named() -> None:
    content: Tree = {
        "epoch": None,
        "model": tree({"w": 1}) | {"note": None},
        "optimizer": {"state": tree({"m": 2})},
    }
    assert unwrap("x", content).ignored == ("epoch", "optimizer", "note")


def test_unusual_names_have_to_be_said() -> None:
    content: Tree = {"epoch": None, "net": tree({"w": 1}), "ema": tree({"w": 2})}
    with pytest.raises(
        CheckpointError, match="under names that are not usual: `epoch`, `net`, `ema`"
    ) as raised:
        unwrap("x", content)
    assert raised.value.help == 'say which ones: `key = "net"` or `key = "ema"`'
    assert values(unwrap("x", content, ("student", "ema"))) == {"w": 2}


def test_no_tensors() -> None:
    with pytest.raises(CheckpointError, match="holds no tensors") as raised:
        unwrap("x", {"epoch": None, "note": None})
    assert raised.value.help == "it holds: `epoch`, `note`"
    with pytest.raises(CheckpointError, match="holds no tensors under `model`"):
        unwrap("x", {"model": {"a": None}}, ("model",))


# -- the same in files


def test_an_absent_key_lists_those_that_are_there(tmp_path: Path) -> None:
    torch.save({"model": {"w": torch.zeros(2)}, "epoch": 1}, tmp_path / "a.pth")
    with pytest.raises(CheckpointError, match="has no `ema` or `student`") as raised:
        header_of(tmp_path / "a.pth", "ema", "student")
    assert raised.value.help == "it holds: `model`, `epoch`"


def test_a_lightning_checkpoint(tmp_path: Path) -> None:
    state = {"model.a.weight": torch.ones(2), "loss.scale": torch.zeros(1)}
    content = {"state_dict": state, "pytorch-lightning_version": "2.5", "epoch": 3, "loops": {"x": {}}}
    torch.save(content | {"optimizer_states": [{"state": {0: {"m": torch.zeros(2)}}}]}, tmp_path / "a.ckpt")
    header = header_of(tmp_path / "a.ckpt")
    assert header.unwrapped == ("state_dict", "model.")
    assert set(header.ignored) == {"pytorch-lightning_version", "epoch", "loops", "optimizer_states"}
    assert torch.equal(loaded(tmp_path / "a.ckpt")["a.weight"], torch.ones(2))


def test_key_of_a_file_without_nesting(tmp_path: Path) -> None:
    save_file({"ema.w": torch.ones(1), "net.w": torch.zeros(1)}, tmp_path / "a")
    assert torch.equal(loaded(tmp_path / "a", "model", "ema")["w"], torch.ones(1))
    assert header_of(tmp_path / "a", "ema").unwrapped == ("ema",)
    with pytest.raises(CheckpointError, match="has no `model`"):
        header_of(tmp_path / "a", "model")


def test_single_tensors_and_lists(tmp_path: Path) -> None:
    torch.save(torch.zeros(2), tmp_path / "a")
    with pytest.raises(CheckpointError, match="is a single tensor"):
        header_of(tmp_path / "a")
    torch.save([torch.zeros(2)], tmp_path / "b")
    with pytest.raises(CheckpointError, match="holds no tensors by name"):
        header_of(tmp_path / "b")


def test_our_own_names_are_left_alone(tmp_path: Path) -> None:
    write_ours(tmp_path / "a", {"module.weight": torch.zeros(2)})
    assert list(header_of(tmp_path / "a").tensors) == ["module.weight"]

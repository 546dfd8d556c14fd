"""Files that hold a model twice, no counts of batches, or odd tensors: what the plan says."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor

import getdsl
from getdsl.compiler.plan.plan import Plan

MODEL = """model M {
    input x: [B, L, 4]
    conv = x -> Conv1d(3, kernel_size = 5)
    bn   = conv -> BatchNorm(3)
    ff   = bn -> Linear(3)
    output y = ff
}
"""
State = dict[str, Tensor]


@pytest.fixture
def state(tmp_path: Path) -> State:
    (tmp_path / "base.get").write_text(MODEL)
    found = getdsl.compile(tmp_path / "base.get", seed=0).state_dict()
    return {name: tensor.clone() for name, tensor in found.items()}


def plan(folder: Path, content: object, settings: str = "") -> Plan:
    torch.save(content, folder / "c.pt")
    (folder / "s.get").write_text(f'{MODEL}load "c.pt" {{ {settings} }}\n')
    return getdsl.plan(folder / "s.get")


def under(prefix: str, state: State) -> State:
    return {f"{prefix}{name}": tensor for name, tensor in state.items()}


# -- a model and a running mean of it

TWICE: dict[str, Callable[[State], object]] = {
    "model and ema.module": lambda state: under("model.", state) | under("ema.module.", state),
    "module and ema": lambda state: under("module.", state) | under("ema.", state),
    "net and model_ema": lambda state: under("net.", state) | under("model_ema.", state),
    "a mean of the weights alone": lambda state: (
        under("model.", state)
        | under("ema.", {name: tensor for name, tensor in state.items() if tensor.is_floating_point()})
    ),
    "below a nesting": lambda state: {
        "epoch": 1, "state_dict": under("net.", state) | under("ema_model.module.", state)
    },
    "Lightning": lambda state: {
        "pytorch-lightning_version": "2.5",
        "state_dict": under("model.", state) | under("ema.module.", state),
    },
    "a mean and its steps": lambda state: (
        under("model.", state) | under("ema.ema_model.", state) | {"step": torch.tensor(3)}
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", TWICE)
def test_both_readings_are_proposed_and_both_can_be_pasted(name: str, state: State, tmp_path: Path) -> None:
    content = TWICE[name](state)
    refused = plan(tmp_path, content)
    assert not refused.ok
    help = next(item.help for item in refused.diagnostics if item.code in ("GET514", "GET515"))
    keys = re.findall(r"`(key = [^`]+)`", str(help))
    assert len(keys) == 2
    assert sum("ema" in key for key in keys) == 1
    for key in keys:
        pasted = plan(tmp_path, content, key)
        assert pasted.ok, pasted.diagnostics
        loaded = {name for name, tensor in pasted.tensors.items() if tensor.origin == "loaded"}
        assert set(state) - loaded <= {"bn.num_batches_tracked"}


@pytest.mark.parametrize("others", [("encoder.", "decoder."), ("model.", "schema."), ("gema.", "model.")])
def test_other_twins_are_no_running_means(others: tuple[str, str], state: State, tmp_path: Path) -> None:
    found = plan(tmp_path, under(others[0], state) | under(others[1], state))
    assert not any("running mean" in str(item.help) for item in found.diagnostics)


# -- counts of batches


def test_a_missing_count_is_a_note(state: State, tmp_path: Path) -> None:
    del state["bn.num_batches_tracked"]
    found = plan(tmp_path, state)
    assert found.ok
    assert [item.severity for item in found.diagnostics if item.code == "GET527"] == ["note"]
    assert all(tensor.origin == "loaded" for tensor in found.tensors.values() if tensor.kind != "buffer")
    assert found.tensors["bn.num_batches_tracked"].origin == "new"


def test_a_count_without_its_means_is_missing(state: State, tmp_path: Path) -> None:
    rest = {name: tensor for name, tensor in state.items() if "running" not in name and "num" not in name}
    found = plan(tmp_path, rest)
    assert not found.ok
    assert found.tensors["bn.num_batches_tracked"].origin == "missing"
    assert not any(item.code == "GET527" for item in found.diagnostics)


def test_a_count_that_was_declared_new_needs_no_word(state: State, tmp_path: Path) -> None:
    del state["bn.num_batches_tracked"]
    assert plan(tmp_path, state, 'new = ["*.num_batches_tracked"]').ok


# -- tensors that cannot be loaded

ODD: dict[str, tuple[Callable[[Tensor], Tensor], str]] = {
    "sparse": (lambda weight: weight.to_sparse(), "is a sparse tensor"),
    "sparse by rows": (lambda weight: weight.to_sparse_csr(), "is a sparse tensor"),
    "quantized": (lambda weight: torch.quantize_per_tensor(weight, 0.1, 0, torch.qint8), "is a quantized"),
    "meta": (lambda weight: weight.to("meta"), "has no values"),
    "nested": (lambda weight: torch.nested.nested_tensor(list(weight)), "is a nested tensor"),
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", ODD)
def test_a_tensor_that_is_wanted_is_refused_for_what_it_is(name: str, state: State, tmp_path: Path) -> None:
    make, called = ODD[name]
    found = plan(tmp_path, {**state, "ff.weight": make(state["ff.weight"])})
    (error,) = (item for item in found.diagnostics if item.severity == "error")
    assert error.message.startswith("`ff.weight` of `c.pt` ")
    assert called in error.message
    assert plan(tmp_path, {**state, "more.w": make(state["ff.weight"])}, 'drop = ["more"]').ok


def test_what_a_parametrization_starts_from_is_refused(state: State, tmp_path: Path) -> None:
    weight = state.pop("ff.weight")
    found = plan(tmp_path, {**state, "ff.parametrizations.weight.original": weight * 3})
    (error,) = (item for item in found.diagnostics if item.severity == "error")
    assert "weight.original`) is what a parametrization starts from" in error.message


def test_weight_norm_loads_what_it_makes(state: State, tmp_path: Path) -> None:
    layer = torch.nn.utils.parametrizations.weight_norm(torch.nn.Linear(3, 3))
    made = {f"ff.{name}": tensor for name, tensor in layer.state_dict().items()}
    assert plan(tmp_path, {**state, **made, "ff.weight": None}).ok
    compiled = getdsl.compile(tmp_path / "s.get", seed=1)
    torch.testing.assert_close(compiled.state_dict()["ff.weight"], layer.weight.detach())

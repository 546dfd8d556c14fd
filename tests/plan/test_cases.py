"""What people's files look like, from public reports, with the right answer to each."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

import getdsl
from getdsl.cli import main

NET = """
model Net {
    input x: [B, L, 8]
    proj   = x -> Linear(16)
    norm   = proj -> LayerNorm(16)
    ff     = gelu(norm) -> Linear(16)
    head   = mean(ff, dim = 1) -> Linear(1)
    output y = squeeze(head, 1)
}
"""
REGION = """
use "getdsl:get/region_finetune.get"
model N extends RegionFinetune {
    param embed_dim: int = 32
    param num_layers: int = 2
    param num_heads: int = 4
}
"""
State = dict[str, Tensor]
Run = Callable[..., tuple[int, str]]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs the command in a folder of its own: its exit code, and all that it prints."""
    monkeypatch.chdir(tmp_path)

    def command(*arguments: str) -> tuple[int, str]:
        code = main(list(arguments))
        printed = capsys.readouterr()
        return code, printed.out + printed.err

    return command


def state_of(model: str) -> State:
    Path("plain.get").write_text(model)
    state = getdsl.compile("plain.get", seed=0).state_dict()
    return {name: tensor.clone().contiguous() for name, tensor in state.items()}


def planned(run: Run, model: str, state: Mapping[str, Any], body: str = "") -> tuple[int, str]:
    torch.save(dict(state), "c.pt")
    Path("spec.get").write_text(f'{model}load "c.pt" {{ {body} }}\n')
    return run("plan", "spec.get")


# ---- helps that name what is at fault


def without(state: State, name: str) -> State:
    return {key: tensor for key, tensor in state.items() if key != name}


INV_FREQ, NORM, QKV = (
    "encoder.blocks.0.attn.rotary.inv_freq",
    "encoder.norm.weight",
    "encoder.blocks.1.attn.qkv.weight",
)


@pytest.mark.parametrize(
    ("change", "body", "loaded"),
    [
        (lambda state: {**state, INV_FREQ: torch.ones(4)}, f'drop = ["{INV_FREQ}"]', 33),
        (lambda state: without(state, NORM), f'new = ["{NORM}"]', 32),
        (
            lambda state: {**state, QKV: torch.zeros(97, 32)},
            f'drop = ["{QKV}"]` and `new = ["{QKV}"]',
            32,
        ),
    ],
    ids=["an extra key", "a missing one", "one of another shape"],
)
def test_one_key_of_an_encoder(run: Run, change: Callable[[State], State], body: str, loaded: int) -> None:
    state = change(state_of(REGION))
    code, printed = planned(run, REGION, state)
    assert code == 1
    assert f"`{body}`" in printed
    code, printed = planned(run, REGION, state, body.replace("` and `", "  "))
    assert code == 0, printed
    plan = getdsl.plan("spec.get")
    assert sum(item.origin == "loaded" for item in plan.tensors.values()) == loaded


# ---- rename tables and keys


def test_names_that_letters_do_not_tell(run: Run) -> None:
    model = """
    model M { input x: [B, R, 8]
        proj_in = x -> Linear(8)
        proj_out = gelu(proj_in) -> Linear(8)
        output y = proj_out }
    """
    names = {"proj_in": "up", "proj_out": "down"}
    state = {names[key.split(".")[0]] + "." + key.split(".")[1]: t for key, t in state_of(model).items()}
    code, printed = planned(run, model, state)
    assert code == 1
    assert "ambiguous: `up`, `down` could be `proj_in`, `proj_out`" in printed
    assert '" -> "' not in printed


def test_a_published_checkpoint_of_get(run: Run) -> None:
    rules = {
        "encoder.blocks.": "blocks.",
        "encoder.norm.": "fc_norm.",
        "head_exp.head.": "head.",
        "region_embed.embed.": "region_embed.proj.",
    }
    state: State = {}
    for key, tensor in state_of(REGION).items():
        for ours, theirs in rules.items():
            key = key.replace(ours, theirs)
        state[key] = torch.randn_like(tensor)
    torch.save({"model": state, "epoch": 5}, "c.pt")
    Path("spec.get").write_text(f'{REGION}load "c.pt" {{}}\n')
    _, block = run("plan", "spec.get", "--suggest")
    lines = {" ".join(line.split()) for line in block.splitlines()}
    assert lines >= {f'"{theirs}" -> "{ours}"' for ours, theirs in rules.items()}
    table = "  ".join(f'"{theirs}" -> "{ours}"' for ours, theirs in rules.items())
    Path("spec.get").write_text(f'{REGION}load "c.pt" {{ rename {{ {table} }} }}\n')
    found = getdsl.compile("spec.get", seed=1).state_dict()
    values = dict(zip(found, state.values(), strict=True))
    assert all(torch.equal(tensor, values[name]) for name, tensor in found.items())


@pytest.mark.parametrize(
    ("around", "key"),
    [
        (lambda state: {"model": {"generator": state, "critic": {"a": torch.ones(2)}}}, "model.generator"),
        (
            lambda state: {
                "epoch": 1,
                "optimizer": {"state": {0: {"exp_avg": torch.ones(3)}}},
                "net": state,
            },
            "net",
        ),
    ],
    ids=["generator", "optimizer"],
)
def test_a_key_that_works(run: Run, around: Callable[[State], dict[str, Any]], key: str) -> None:
    content = around(state_of(NET))
    code, printed = planned(run, NET, content)
    assert code == 1
    assert f'`key = "{key}"`' in printed
    assert "`key = " not in printed.replace(f'`key = "{key}"`', "")
    assert planned(run, NET, content, f'key = "{key}"')[0] == 0


# ---- kinds of numbers


@pytest.mark.parametrize(
    ("name", "kind"), [("ff.weight", torch.int8), ("ff.bias", torch.complex64)], ids=["int8", "complex"]
)
def test_plan_refuses_what_compile_does(run: Run, name: str, kind: torch.dtype) -> None:
    state = state_of(NET)
    code, printed = planned(run, NET, {**state, name: (state[name] * 30).to(kind)})
    assert code == 1
    assert f"holds {str(kind).removeprefix('torch.')}, and takes float32" in printed
    assert run("compile", "spec.get", "-o", "out")[0] == 1


def test_weights_that_overflowed_when_they_were_saved(run: Run) -> None:
    state = {name: (torch.ones_like(tensor) * 1e6).half() for name, tensor in state_of(NET).items()}
    planned(run, NET, state)
    code, printed = run("compile", "spec.get", "-o", "out")
    assert code == 1
    assert "`proj.weight` and 7 more hold inf" in printed


# ---- adapters of peft


def pair(module: str, a: Tensor, b: Tensor) -> State:
    start = f"base_model.model.{module}"
    return {f"{start}.lora_A.weight": a, f"{start}.lora_B.weight": b}


@pytest.mark.parametrize("named", ["adapter", "adapter/adapter_model.safetensors"])
@pytest.mark.parametrize("patterns", [False, True])
def test_the_scale_of_pefts_config(run: Run, named: str, *, patterns: bool) -> None:
    torch.manual_seed(3)
    state = state_of(NET)
    a, b, a2, b2 = torch.randn(4, 16), torch.randn(16, 4), torch.randn(2, 8), torch.randn(16, 2)
    config = {"peft_type": "LORA", "r": 4, "lora_alpha": 16, "target_modules": ["ff", "proj"]}
    extra = {"rank_pattern": {"proj": 2}, "alpha_pattern": {"proj": 32}}
    Path("adapter").mkdir()
    save_file(
        pair("ff", a, b) | (pair("proj", a2, b2) if patterns else {}), "adapter/adapter_model.safetensors"
    )
    Path("adapter/adapter_config.json").write_text(json.dumps(config | (extra if patterns else {})))
    torch.save(state, "base.pt")
    Path("spec.get").write_text(f'{NET}load "base.pt" {{}}\nlora {{ adapter = "{named}" }}\n')
    assert run("compile", "spec.get", "-o", "out", "--merge-lora")[0] == 0
    got = load_file("out/weights.safetensors")
    want = {"ff.weight": state["ff.weight"] + 16 / 4 * b @ a}
    want |= {"proj.weight": state["proj.weight"] + 32 / 2 * b2 @ a2} if patterns else {}
    for name, tensor in state.items():
        torch.testing.assert_close(got[name], want.get(name, tensor), rtol=1e-5, atol=1e-5)
    assert "scale 4" in run("plan", "spec.get")[1]

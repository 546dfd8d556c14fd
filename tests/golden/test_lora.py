"""GET's adapted and renamed checkpoints through `load` and `lora`: names, outputs, gradients, merging."""

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

import getdsl
from getdsl.compiler.lower import Compiled
from tests.golden.cases import Case, check, find, leaf, load
from tests.golden.models import inputs_of, outputs_of, params_of, spec_of

MASK = "lora_dropout_mask"
ADAPTED = {
    "lora_GETRegionFinetune": "lora { on = [region_embed, encoder, head_exp]  rank = 8  alpha = 1 }",
    "lora_conv2d_HiCOE": "lora { on = [hic_header]  rank = 4  alpha = 1 }",
}
RENAME = """rename {
    "blocks."            -> "encoder.blocks."
    "fc_norm."           -> "encoder.norm."
    "region_embed.proj." -> "region_embed.embed."
    "head."              -> "head_exp.head."
}"""


def recorded(name: str) -> Case:
    """A case of the directives; its class is named without what was done to it."""
    case = load(name, "directives")
    return replace(case, meta=case.meta | {"class": case.meta["class"].split(" + ")[0]})


def compiled(case: Case, folder: Path, state: Mapping[str, Tensor], directives: str) -> Compiled:
    """The spec of the case's class at its sizes, with a file of weights and what is to be done with it."""
    save_file(dict(state), folder / "weights.safetensors")
    spec = folder / "case.get"
    spec.write_text(f'use "{spec_of(case)}"\n\n{directives}\n')
    base = getdsl.check(spec_of(case)).spec
    assert base is not None
    return getdsl.compile(spec, params=params_of(case, base.params), seed=0)


def run(case: Case, model: Compiled, leaves: Mapping[str, Tensor]) -> dict[str, Tensor]:
    inputs = inputs_of(case, leaves)
    outputs = model.module.eval()(**{key: inputs[key] for key in model.spec.graph.inputs})
    return outputs_of(case, outputs, inputs)


@pytest.mark.parametrize("name", ADAPTED)
def test_adapted_checkpoint(name: str, tmp_path: Path) -> None:
    case = recorded(name)
    model = compiled(case, tmp_path, case["w"], f'load "weights.safetensors" {{}}\n{ADAPTED[name]}')
    assert model.module.state_dict().keys() == {key for key in case["w"] if not key.endswith(MASK)}
    adapted = {key for key in case["w"] if key.endswith(".original")}
    trainable = {key for key, parameter in model.module.named_parameters() if parameter.requires_grad}
    # GET goes on training the weights that it adapts, ours stay as they are
    assert trainable == set(case.meta["trainable"]) - adapted
    for key in adapted:
        model.module.get_parameter(key).requires_grad_(True)
    leaves = {key: leaf(case["in"][key]) for key in case["gin"]}
    check(case, run(case, model, leaves), model.module, leaves)


@pytest.mark.parametrize("name", ADAPTED)
def test_merged_weights(name: str, tmp_path: Path) -> None:
    case = recorded(name)
    model = compiled(case, tmp_path, case["w"], f'load "weights.safetensors" {{}}\n{ADAPTED[name]}')
    before = run(case, model, {})
    model.merge_adapters()
    state = model.state_dict()
    assert case["merged"].keys() <= state.keys()
    assert not any("lora" in key for key in model.module.state_dict())
    for key, want in case["merged"].items():
        torch.testing.assert_close(state[key], want, rtol=1e-6, atol=1e-6)
    after = run(case, model, {})
    for key, want in before.items():
        torch.testing.assert_close(after[key], want, rtol=1e-6, atol=1e-6)


def names_of(name: str) -> Any:
    return json.loads(find("directives/lora.json").read_text())["cases"][0][name]


def test_names_of_fresh_adapters(tmp_path: Path) -> None:
    case = recorded("lora_GETRegionFinetune")
    state = {key.replace(".parametrizations.weight.original", ".weight"): x for key, x in case["w"].items()}
    base = {key: x for key, x in state.items() if ".parametrizations." not in key}
    model = compiled(
        case, tmp_path, base, 'load "weights.safetensors" {}\n' + ADAPTED["lora_GETRegionFinetune"]
    )
    assert set(base) == set(names_of("base_keys"))
    in_torch = {key for key in names_of("lora_state_dict_keys") if not key.endswith(MASK)}
    assert model.module.state_dict().keys() == in_torch
    adapters = {
        key.replace(".parametrizations.weight.0.", ".weight.") for key in names_of("lora_only_intended")
    }
    assert model.state_dict().keys() == set(base) | adapters


def test_adapters_on_one_head(tmp_path: Path) -> None:
    want = json.loads(find("directives/lora.json").read_text())["cases"][1]
    case = recorded("lora_GETRegionFinetune")
    model = compiled(case, tmp_path, {}, "lora { on = [head_exp]  rank = 8 }")  # GET: "head", as a substring
    in_torch = {key for key in want["lora_state_dict_keys"] if not key.endswith(MASK)}
    assert model.module.state_dict().keys() == in_torch


def test_later_weights_go_over_earlier_ones(tmp_path: Path) -> None:
    case = json.loads(find("directives/lora.json").read_text())["cases"][2]["load_lora_weights"]
    files = [case["state_dict"], case["checkpoint"]["state_dict"]]
    for number, values in enumerate(files):
        state = {name: torch.tensor([float(value)]) for name, value in values.items()}
        save_file(state, tmp_path / f"{number}.safetensors")
    spec = tmp_path / "case.get"
    names = sorted(case["expected"])
    parameters = "\n".join(f"    {name} = Parameter([1])" for name in names)
    loads = "\n".join(f'load "{number}.safetensors" {{ strict = false }}' for number in range(2))
    body = f"    input x: [B, 1]\n{parameters}\n    output y = x + {' + '.join(names)}"
    spec.write_text(f"model M {{\n{body}\n}}\n{loads}\n")
    state = getdsl.compile(spec).state_dict()
    assert {name: float(value) for name, value in state.items()} == case["expected"]


@pytest.mark.parametrize("table", ["rename", "replace"])
def test_v1_checkpoint(table: str, tmp_path: Path) -> None:
    case = recorded("v1_finetune_checkpoint")
    case = replace(case, meta=case.meta | {"class": "get_model.model.model.GETRegionFinetune"})
    rules = case.meta["rename_config"].items()
    replaced = "replace {\n" + "\n".join(f'    "{old}" -> "{new}"' for old, new in rules) + "\n}"
    directives = f'load "weights.safetensors" {{ {RENAME if table == "rename" else replaced} }}'
    model = compiled(case, tmp_path, case["ckpt"], directives)
    for key, want in case["out"].items():
        bounds = case.meta["tol"]["out"][key]
        torch.testing.assert_close(run(case, model, {})[key], want, **bounds)

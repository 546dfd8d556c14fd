"""The composite blocks, compiled, against what GET computed, and their state_dict keys."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

import getdsl
from tests.golden.cases import Case, check, leaf, load

BLOCK_KEYS = {
    *(f"norm{i}.{part}" for i in (1, 2) for part in ("weight", "bias")),
    *("attn.qkv.weight", "attn.proj.weight", "attn.proj.bias"),
    *(f"mlp.fc{i}.{part}" for i in (1, 2) for part in ("weight", "bias")),
}
BIAS_KEYS = {"attn.q_bias", "attn.v_bias"}
SCALE_KEYS = {"gamma_1", "gamma_2"}


def literal(value: Any) -> str:
    return "none" if value is None else json.dumps(value)


def arguments(config: dict[str, Any]) -> str:
    return ", ".join(f"{name} = {literal(value)}" for name, value in config.items())


def compiled(tmp_path: Path, text: str) -> nn.Module:
    path = tmp_path / "case.get"
    path.write_text(text)
    module: nn.Module = getdsl.compile(path).module
    return module.eval()


def model(
    block: str, config: dict[str, Any], case_inputs: dict[str, str], extra: str = "", out: str = "body"
) -> str:
    inputs = "\n".join(f"    input {name}: {type}" for name, type in case_inputs.items())
    flags = "".join(f", {name} = {name}" for name in case_inputs if name != "x")
    return f"""model Case {{
{inputs}
    body = x -> {block}({arguments(config)}{flags})
    output y = {out}
{extra}
}}
"""


def prefixed(case: Case) -> dict[str, torch.Tensor]:
    return {f"body.{name}": tensor for name, tensor in case["w"].items()}


GET_TRANSFORMERS = [
    "bias_mlp2",
    "init0",
    "layerscale",
    "mask_attns",
    "meanpool",
    "nobias_mask",
    "tiny_input",
]


@pytest.mark.parametrize("name", GET_TRANSFORMERS)
def test_get_transformer(name: str, tmp_path: Path) -> None:
    case = load(f"GETTransformer__{name}")
    config, given = case.config, case["in"]
    inputs = {"x": f"[B, N, {config['embed_dim']}]"}
    if "mask" in given:
        inputs["mask"] = "bool[B, N]"
    if "bias" in given:
        inputs["bias"] = f"[B, {config['num_heads']}, N, N]"
    maps = [key for key in case["out"] if key.startswith("attn.")]
    extra = "\n".join(f"    output attn{key[5:]} = body.blocks[{key[5:]}].attn" for key in maps)
    module = compiled(tmp_path, model("GETTransformer", config, inputs, extra))
    module.load_state_dict(prefixed(case), strict=True)

    leaves = {key: leaf(given[key]) for key in case["gin"]}
    call = {key: leaves.get(key, given[key]) for key in inputs}
    if "bias" in call:  # GET's [B, N, N] for all heads
        call["bias"] = call["bias"][:, None].expand(-1, config["num_heads"], -1, -1)
    got = module(**call)
    outputs = {"x": got["y"], **{key: got[f"attn{key[5:]}"] for key in maps}}
    check(case, outputs, module, leaves, prefix="body.")


def test_transformer_block(tmp_path: Path) -> None:
    case = load("Block__layerscale")
    inputs = {"x": "[B, N, 16]", "mask": "bool[B, N]"}
    module = compiled(tmp_path, model("TransformerBlock", case.config, inputs, "    output attn = body.attn"))
    module.load_state_dict(prefixed(case), strict=True)
    x = leaf(case["in"]["x"])
    got = module(x=x, mask=case["in"]["attention_mask"])
    check(case, {"x": got["y"], "attn": got["attn"]}, module, {"x": x}, prefix="body.")


@pytest.mark.parametrize(
    ("config", "keys"),
    [
        ({"dim": 8, "num_heads": 2}, BLOCK_KEYS | SCALE_KEYS),
        ({"dim": 8, "num_heads": 2, "init_values": 0}, BLOCK_KEYS),
        ({"dim": 8, "num_heads": 2, "qkv_bias": True}, BLOCK_KEYS | SCALE_KEYS | BIAS_KEYS),
    ],
)
def test_keys_of_a_transformer_block(config: dict[str, Any], keys: set[str], tmp_path: Path) -> None:
    module = compiled(tmp_path, model("TransformerBlock", config, {"x": "[B, N, 8]"}))
    assert set(module.state_dict()) == {f"body.{key}" for key in keys}


@pytest.mark.parametrize(("pooled", "norm"), [(False, "norm"), (True, "fc_norm")])
def test_keys_of_get_transformer(pooled: bool, norm: str, tmp_path: Path) -> None:
    config = {"embed_dim": 8, "num_heads": 2, "num_layers": 3, "use_mean_pooling": pooled}
    module = compiled(tmp_path, model("GETTransformer", config, {"x": "[B, N, 8]"}))
    layers = {f"body.blocks.{i}.{key}" for i in range(3) for key in BLOCK_KEYS | BIAS_KEYS}
    assert set(module.state_dict()) == layers | {f"body.{norm}.weight", f"body.{norm}.bias"}


def test_stochastic_depth_rises_linearly(tmp_path: Path) -> None:
    for layers, rates in ((1, [0.0]), (3, [0.0, 0.1, 0.2])):
        config = {"embed_dim": 8, "num_heads": 2, "num_layers": layers, "drop_path_rate": 0.2}
        module = compiled(tmp_path, model("GETTransformer", config, {"x": "[B, N, 8]"}))
        found = [part.p for part in module.modules() if type(part).__name__ == "DropPath"]
        assert found == pytest.approx([rate for rate in rates for _ in range(2)])


def test_where_the_weights_start(tmp_path: Path) -> None:
    module = compiled(
        tmp_path,
        model("TransformerBlock", {"dim": 64, "num_heads": 2, "init_values": 0.3}, {"x": "[B, N, 64]"}),
    )
    weights = module.state_dict()
    assert torch.equal(weights["body.gamma_1"], torch.full((64,), 0.3))
    assert torch.equal(weights["body.norm1.weight"], torch.ones(64))
    bound = (6 / (64 + 256)) ** 0.5
    assert 0.95 * bound < weights["body.mlp.fc1.weight"].abs().max() <= bound
    assert not weights["body.mlp.fc1.bias"].any()

"""The composite blocks, compiled, against what GET computed, and their state_dict keys."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

import getdsl
from getdsl.compiler.check import check_text
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


@pytest.mark.parametrize(
    ("activation", "function"),
    [("softplus", nn.functional.softplus), ("relu", torch.relu), ("sigmoid", torch.sigmoid)],
)
def test_contact_map_head_activations(activation: str, function: Any, tmp_path: Path) -> None:
    config = {"input_dim": 2, "hidden_dim": 3, "output_dim": 4}
    text = model("ContactMapHead", config | {"activation": "none"}, {"x": "[B, 2, H, W]"})
    plain = compiled(tmp_path, text)
    head = compiled(tmp_path, text.replace("none", activation))
    head.load_state_dict(plain.state_dict(), strict=True)
    x = torch.randn(2, 2, 5, 6)
    torch.testing.assert_close(head(x)["y"], function(plain(x)["y"]))


@pytest.mark.parametrize(
    ("config", "inputs"),
    [({"use_atac": True}, {}), ({"use_atac": False}, {"atac": "[B, R, 1]"})],
)
def test_expression_head_wants_accessibility_exactly_when_it_uses_it(
    config: dict[str, Any], inputs: dict[str, str]
) -> None:
    text = model("ExpressionHead", {"embed_dim": 4} | config, {"x": "[B, R, 4]"} | inputs)
    [problem] = check_text(text).diagnostics
    assert "use_atac" in problem.message


def test_attention_along_each_axis_sees_one_line(tmp_path: Path) -> None:
    for axis, line in (("columns", (slice(None), 1)), ("rows", (2, slice(None)))):
        text = model("AttentionAlong", {"dim": 4, "axis": axis, "heads": 2}, {"x": "[B, H, W, 4]"})
        attention = compiled(tmp_path, text)
        x = torch.randn(1, 3, 5, 4)
        changed = x.clone()
        changed[0, 2, 1] += 1
        moved = (attention(changed)["y"] - attention(x)["y"]).abs().sum(3)[0] > 1e-6
        want = torch.zeros(3, 5, dtype=torch.bool)
        want[line] = True
        assert torch.equal(moved, want)


def test_pair_columns_may_be_the_regions_themselves(tmp_path: Path) -> None:
    inputs = {"x": "[B, R + 1, 8]", "far": "[B, 1, R, R]"}
    for kind in ("", "OE"):
        text = model(f"GETTransformerWithContactMap{kind}", {}, inputs, out="body.map")
        text = text.replace("(, far = far)", '(far, 8, 2, 2, pair_columns = "regions")')
        pairs = compiled(tmp_path, text)(torch.randn(2, 6, 8), torch.zeros(2, 1, 5, 5))["y"]
        torch.testing.assert_close(pairs, pairs.transpose(1, 2))

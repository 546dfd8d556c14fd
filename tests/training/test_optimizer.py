"""Parameter groups: who decays, and at which rate each part learns."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from torch import nn

from getdsl.compiler.check import check_text
from getdsl.compiler.lower import build
from getdsl.diagnostics import SpecError
from getdsl.training.lightning_module import SpecModule
from getdsl.training.optimizer import layer_factors, own_rate, parameter_groups
from getdsl.training.settings import OptimizerSettings, read_optimizer

GOLDEN = Path(__file__).parents[3] / "shared" / "golden" / "directives"
REGION = """
model Region {
    input motifs: [B, R, 7]
    region_embed = motifs -> RegionEmbed(7, 12)
    cls_token = Parameter([1, 1, 12], init = zeros)
    encoder = concat([expand(cls_token, B, 1, 12), region_embed], dim = 1)
           -> GETTransformer(12, 3, %d, init_values = %s)
    regions = encoder[:, 1:]
    head_exp = regions -> ExpressionHead(12, output_dim = 2)
    output exp = softplus(head_exp)
}
loss { exp = MSE(exp, batch.label) }
optimizer = %s
"""


def region(layers: int = 4, init_values: float = 0.0, optimizer: str = "AdamW(lr = 1e-3)") -> SpecModule:
    checked = check_text(REGION % (layers, init_values, optimizer))
    assert checked.spec is not None, [item.message for item in checked.diagnostics]
    return SpecModule(build(checked.spec, 0), None)


def rates(module: nn.Module, settings: OptimizerSettings) -> dict[str, tuple[float, float]]:
    return {
        name: (group["weight_decay"], group["lr"])
        for group in parameter_groups(module, settings)
        for name in group["names"]
    }


@pytest.mark.skipif(not GOLDEN.exists(), reason="golden numbers are not here")
@pytest.mark.parametrize(("number", "init_values"), [(0, 0.0), (2, 0.1)])
def test_groups_of_get(number: int, init_values: float) -> None:
    case = json.loads((GOLDEN / "parameter_groups.json").read_text())["cases"][number]
    module = region(case["num_layers"], init_values)
    settings = OptimizerSettings(lr=1.0, weight_decay=case["weight_decay"], layer_decay=case["decay_base"])
    found = rates(module.model, settings)
    assert found.keys() == case["params"].keys()
    for name, (decay, factor) in case["params"].items():
        assert found[name] == pytest.approx((decay, factor)), name


@pytest.mark.skipif(not GOLDEN.exists(), reason="golden numbers are not here")
def test_layers_of_get() -> None:
    cases = json.loads((GOLDEN / "get_num_layer_for_vit.json").read_text())["cases"]
    names = [case["name"] for case in cases]
    stack = [f"encoder.blocks.{number}.w" for number in range(12)]
    found = layer_factors([*names, *stack], 0.5)
    for case in cases:
        assert found[case["name"]] == 0.5 ** (13 - case["expected"]), case["name"]


def test_layer_decay_without_blocks_is_an_error() -> None:
    spec = check_text(
        """
        model M { input x: [B, 3] head = x -> Linear(1) output y = squeeze(head, 1) }
        loss { y = MSE(y, batch.label) }
        optimizer = AdamW(lr = 1e-3, layer_decay = 0.5)
        """
    ).spec
    assert spec is not None
    module = SpecModule(build(spec, 0), None)
    with pytest.raises(SpecError, match="layer_decay"):
        module.configure_optimizers()


def test_the_longest_prefix_wins() -> None:
    lr_of = {"encoder": 1e-4, "encoder.blocks.1": 1e-5, "encoder.blocks.1.norm1.weight": 0.0}
    assert own_rate("encoder.norm.weight", lr_of) == 1e-4
    assert own_rate("encoder.blocks.1.norm1.bias", lr_of) == 1e-5
    assert own_rate("encoder.blocks.1.norm1.weight", lr_of) == 0.0
    assert own_rate("encoder.blocks.11.norm1.weight", lr_of) == 1e-4  # a name, not a string that begins alike
    assert own_rate("head.weight", lr_of) is None


def test_rates_of_parts_reach_the_optimizer() -> None:
    module = region(
        optimizer="AdamW(lr = 1e-3, weight_decay = 0.1, lr_of = { encoder = 1e-4, head_exp = 0 })"
    )
    optimizer = module.configure_optimizers()["optimizer"]
    by_parameter = {id(value): group for group in optimizer.param_groups for value in group["params"]}
    named = dict(module.model.named_parameters())
    expected = {
        "region_embed.embed.weight": (1e-3, 0.1),
        "encoder.blocks.0.attn.qkv.weight": (1e-4, 0.1),
        "encoder.blocks.0.attn.q_bias": (1e-4, 0.0),
        "cls_token": (1e-3, 0.0),
        "head_exp.head.weight": (0.0, 0.1),
    }
    for name, (rate, decay) in expected.items():
        group = by_parameter[id(named[name])]
        assert (group["initial_lr"], group["weight_decay"]) == (rate, decay), name
    assert len(by_parameter) == len(named)


def test_a_part_with_rate_zero_stays() -> None:
    module = region(optimizer="AdamW(lr = 1e-1, weight_decay = 0.5, lr_of = { encoder = 0 })")
    optimizer = module.configure_optimizers()["optimizer"]
    before = {name: value.clone() for name, value in module.model.state_dict().items()}
    torch.manual_seed(0)
    batch = {"motifs": torch.rand(2, 3, 7), "label": torch.rand(2, 3, 2)}
    module.compiled.loss(module.predict(batch), batch)["total"].backward()
    optimizer.step()
    changed = {
        name.split(".")[0]
        for name, value in module.model.state_dict().items()
        if not torch.equal(value, before[name])
    }
    assert changed == {"region_embed", "head_exp", "cls_token"}


def test_norms_and_small_tensors_do_not_decay() -> None:
    class Odd(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.norm = nn.LayerNorm((2, 3))
            self.scale = nn.Parameter(torch.zeros(()))
            self.linear = nn.Linear(2, 2)
            self.frozen = nn.Parameter(torch.zeros(2, 2), requires_grad=False)

    found = rates(Odd(), OptimizerSettings(lr=1.0, weight_decay=0.1))
    assert {name for name, (decay, _) in found.items() if decay} == {"linear.weight"}
    assert "frozen" not in found


@pytest.mark.parametrize(
    ("text", "kind", "expected"),
    [
        ("AdamW(1e-3)", torch.optim.AdamW, {"weight_decay": 0.01, "betas": (0.9, 0.999), "eps": 1e-8}),
        ("Adam(1e-3, betas = [0.8, 0.9])", torch.optim.Adam, {"weight_decay": 0.0, "betas": (0.8, 0.9)}),
        ("SGD(1e-3, momentum = 0.9, nesterov = true)", torch.optim.SGD, {"momentum": 0.9, "nesterov": True}),
    ],
)
def test_optimizers_and_their_defaults(text: str, kind: type, expected: dict[str, object]) -> None:
    optimizer = region(optimizer=text).configure_optimizers()["optimizer"]
    assert type(optimizer) is kind
    group = (
        optimizer.param_groups[0]
        if text.startswith("SGD")
        else max(optimizer.param_groups, key=lambda each: each["weight_decay"])
    )
    assert {name: group[name] for name in expected} == expected


def test_nesterov_needs_a_momentum() -> None:
    spec = check_text(REGION % (1, 0.0, "SGD(1e-3, nesterov = true)")).spec
    assert spec is not None
    with pytest.raises(SpecError, match="momentum"):
        read_optimizer(spec)

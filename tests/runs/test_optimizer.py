"""Parameter groups: who decays, and at which rate each part learns."""

from __future__ import annotations

import json
import sys
from typing import Any

import pytest
import torch
from torch import nn

import getdsl
from getdsl.compiler.check import check_text
from getdsl.compiler.lower import build
from getdsl.compiler.lower.adaptation import Adaptation
from getdsl.compiler.lower.low_rank import LowRankSettings, attach
from getdsl.compiler.sections.optimizer import AdamW, Lion, Optimizer
from getdsl.diagnostics import UserError
from getdsl.runs.training.lightning_module import SpecModule
from getdsl.runs.training.optimizer import (
    layer_factors,
    make_optimizer,
    own_rate,
    parameter_groups,
    refuse_absent,
)
from tests.golden.cases import find
from tests.golden.models import SPECS

GROUPS = json.loads(find("directives/parameter_groups.json").read_text())["cases"]
SIZES = {"num_motif": 7, "embed_dim": 12, "num_layers": 4, "num_heads": 3}
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


def rates(module: nn.Module, settings: Optimizer) -> dict[str, tuple[float, float]]:
    return {
        name: (group["weight_decay"], group["lr"])
        for group in parameter_groups(module, settings)
        for name in group["names"]
    }


def settings_of(case: dict[str, Any]) -> Optimizer:
    return AdamW(lr=1.0, weight_decay=case["weight_decay"], layer_decay=case.get("decay_base", 0.75))


def hold(module: nn.Module, case: dict[str, Any], settings: Optimizer, skip: str = "") -> None:
    found = rates(module, settings)
    assert found.keys() == case["params"].keys()
    for name, (decay, factor) in case["params"].items():
        if name != skip:
            assert found[name] == pytest.approx((decay, factor)), name


def test_every_case_of_get_is_held() -> None:
    assert len(GROUPS) == 6


@pytest.mark.parametrize(("number", "init_values"), [(0, 0.0), (2, 0.1)])
def test_groups_of_get(number: int, init_values: float) -> None:
    case = GROUPS[number]
    hold(region(case["num_layers"], init_values).model, case, settings_of(case))


def test_groups_of_get_with_a_mask_token() -> None:
    """It decays, the class token does not."""
    module = getdsl.compile(SPECS / "region_pretrain.get", params=SIZES, seed=0).module
    hold(module, GROUPS[1], settings_of(GROUPS[1]))


@pytest.mark.parametrize("number", [3, 4])
def test_groups_of_get_with_frozen_parts(number: int) -> None:
    """Frozen weights are in no group, and layers are counted as if they were."""
    case = GROUPS[number]
    compiled = region().compiled
    names = {name for name, _ in compiled.module.named_parameters()}
    compiled.adapt(Adaptation(frozen=tuple(names - case["params"].keys())))
    layered = number == 3
    settings = settings_of(case) if layered else AdamW(lr=1.0, weight_decay=case["weight_decay"])
    # GET's class token decays where its list of exceptions is empty, ours never
    hold(compiled.module, case, settings, skip="" if layered else "cls_token")


def test_freezing_the_last_blocks_moves_no_layer() -> None:
    settings = AdamW(lr=1.0, layer_decay=0.5)
    before, compiled = rates(region().model, settings), region().compiled
    last = tuple(name for name in before if name.startswith("encoder."))
    compiled.adapt(Adaptation(frozen=last))
    after = rates(compiled.module, settings)
    assert after == {name: rate for name, rate in before.items() if name not in last}
    compiled.adapt(Adaptation(frozen=("region_embed.embed.weight", "region_embed.embed.bias", "cls_token")))
    assert {rate for _, rate in rates(compiled.module, settings).values()} == {1.0}


def test_groups_of_get_without_layers() -> None:
    module = getdsl.compile(SPECS / "distance_contact_map.get", seed=0).module
    found = rates(module, AdamW(lr=1.0, weight_decay=GROUPS[5]["weight_decay"]))
    prefix = "distance_contact_map."
    assert {name.removeprefix(prefix): value for name, value in found.items()} == {
        name: tuple(value) for name, value in GROUPS[5]["params"].items()
    }


def test_adapters_go_with_their_weights() -> None:
    module = region(optimizer="AdamW(lr = 1e-3, layer_decay = 0.5, lr_of = { head_exp = 1e-5 })")
    adapted = ["encoder.blocks.1.attn.qkv.weight", "head_exp.head.weight", "region_embed.embed.weight"]
    module.compiled.adapt(Adaptation({name: LowRankSettings(2, 2.0) for name in adapted}), 0)
    found = rates(module.model, AdamW(lr=1.0, weight_decay=0.1, layer_decay=0.5, lr_of={"head_exp": 7.0}))
    for name, rate in zip(adapted, (0.5**3, 7.0, 0.5**5), strict=True):
        assert name not in found
        assert found[f"{name}.lora_A"] == found[f"{name}.lora_B"] == (0.1, rate)


def test_an_adapter_on_a_norm_does_not_decay() -> None:
    module = nn.Sequential(nn.LayerNorm((2, 3)), nn.Linear(3, 3))
    for name in ("0.weight", "1.weight"):
        attach(module, name, LowRankSettings(2, 2.0))
    found = rates(module, AdamW(lr=1.0, weight_decay=0.1))
    assert {name for name, (decay, _) in found.items() if decay} == {"1.weight.lora_A", "1.weight.lora_B"}
    assert "0.weight.lora_A" in found


def test_layers_of_get() -> None:
    cases = json.loads(find("directives/get_num_layer_for_vit.json").read_text())["cases"]
    names = [case["name"] for case in cases]
    stack = [f"encoder.blocks.{number}.w" for number in range(12)]
    found = layer_factors([*names, *stack], 0.5)
    for case in cases:
        assert found[case["name"]] == 0.5 ** (13 - case["expected"]), case["name"]


def test_layer_decay_without_blocks_is_an_error() -> None:
    checked = check_text(
        """
        model M { input x: [B, 3] head = x -> Linear(1) output y = squeeze(head, 1) }
        loss { y = MSE(y, batch.label) }
        optimizer = AdamW(lr = 1e-3, layer_decay = 0.5)
        """
    )
    [wrong] = checked.diagnostics
    assert (checked.spec, wrong.code) == (None, "GET403")
    assert wrong.message == "`layer_decay` does not apply: no part of the model is a stack of `blocks`"


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

    found = rates(Odd(), AdamW(lr=1.0, weight_decay=0.1))
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
    [wrong] = check_text(REGION % (1, 0.0, "SGD(1e-3, nesterov = true)")).diagnostics
    assert (wrong.code, wrong.message) == ("GET403", "`nesterov` needs a momentum")


def test_lion_is_its_formula() -> None:
    """Chen and others 2023, algorithm 2, over two steps."""
    [start, *gradients] = torch.randn(3, 2, 4, dtype=torch.float64)
    weight = nn.Parameter(start.clone())
    groups = [{"params": [weight], "lr": 0.1, "weight_decay": 0.3, "names": ["w"]}]
    optimizer = make_optimizer(groups, Lion(lr=0.1, betas=(0.8, 0.9)))
    wanted, mean = start.clone(), torch.zeros_like(start)
    for gradient in gradients:
        weight.grad = gradient.clone()
        optimizer.step()
        wanted -= 0.1 * (torch.sign(0.8 * mean + 0.2 * gradient) + 0.3 * wanted)
        mean = 0.9 * mean + 0.1 * gradient
    torch.testing.assert_close(weight.detach(), wanted)


def test_lion_without_its_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "lion_pytorch", None)
    with pytest.raises(UserError, match="needs lion-pytorch") as caught:
        refuse_absent(Lion(lr=0.1))
    assert "getdsl[lion]" in str(caught.value.help)

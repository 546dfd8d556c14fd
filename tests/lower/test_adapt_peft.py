"""Adapters of peft's own making, merged here and there: the weights are the same."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import getdsl
from getdsl.diagnostics import SpecError

peft = pytest.importorskip("peft")

SPEC = """
model M {{
    input x: [B, L, 8]
    proj = x -> Linear(16)
    norm = proj -> LayerNorm(16)
    ff   = gelu(norm) -> Linear(16)
    conv = ff -> Conv1d(6, kernel_size = 3)
    head = mean(conv, dim = 1) -> Linear(1)
    output y = squeeze(head, 1)
}}
load "{folder}/base.pt" {{}}
lora {{ adapter = "{folder}/{adapter}" }}
"""


class Net(nn.Module):
    """The spec's weights, under its names."""

    def __init__(self) -> None:
        super().__init__()
        self.proj, self.norm, self.ff = nn.Linear(8, 16), nn.LayerNorm(16), nn.Linear(16, 16)
        self.conv, self.head = nn.Conv1d(16, 6, 3), nn.Linear(6, 1)


def trained(folder: Path, **settings: Any) -> dict[str, Tensor]:
    """Saves a base and an adapter of it with numbers in all that learns; peft's own merged weights."""
    torch.manual_seed(1)
    net = Net()
    torch.save(net.state_dict(), folder / "base.pt")
    model = peft.get_peft_model(net, peft.LoraConfig(**settings))
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.requires_grad:
                parameter.add_(torch.randn_like(parameter))
    model.save_pretrained(folder / "adapter")
    merged: dict[str, Tensor] = model.merge_and_unload().state_dict()
    return merged


@pytest.mark.filterwarnings("ignore::peft.utils.warning.PeftWarning", "ignore::UserWarning")
@pytest.mark.parametrize(
    "settings",
    [
        {"target_modules": ["ff"], "r": 4, "lora_alpha": 16},
        {"target_modules": ["ff", "proj"], "r": 4, "lora_alpha": 16, "use_rslora": True},
        {
            "target_modules": ["ff", "proj", "conv"],
            "r": 4,
            "lora_alpha": 16,
            "rank_pattern": {"proj": 2, "c.*": 1},
            "alpha_pattern": {"^conv": 3, "ff": 32},
        },
        {
            "target_modules": ["proj"],
            "use_rslora": True,
            "rank_pattern": {"proj": 3},
            "alpha_pattern": {".*": 5},
        },
        {"target_modules": ["ff", "conv"], "bias": "lora_only"},
        {"target_modules": ["ff"], "modules_to_save": ["head", "norm"], "bias": "all"},
        {"target_modules": "all-linear", "lora_alpha": 3, "init_lora_weights": "gaussian"},
    ],
)
@pytest.mark.parametrize("adapter", ["adapter", "adapter/adapter_model.safetensors"])
def test_merged_weights_are_pefts(tmp_path: Path, settings: dict[str, Any], adapter: str) -> None:
    want = trained(tmp_path, **settings)
    compiled = getdsl.compile(spec_in(tmp_path, adapter), seed=0)
    compiled.merge_adapters()
    got = compiled.state_dict()
    assert got.keys() == want.keys()
    for name, tensor in want.items():
        torch.testing.assert_close(got[name], tensor, rtol=1e-5, atol=1e-5)


@pytest.mark.filterwarnings("ignore::peft.utils.warning.PeftWarning", "ignore::UserWarning")
@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"use_dora": True}, "use_dora"),
        ({"lora_bias": True}, "lora_bias"),
        ({"init_lora_weights": "pissa"}, "pissa"),
        ({"init_lora_weights": "olora"}, "olora"),
    ],
)
@pytest.mark.parametrize("config", [True, False])
def test_what_is_more_than_low_rank_is_refused(
    tmp_path: Path, settings: dict[str, Any], told: str, *, config: bool
) -> None:
    """By its config; without one by the file's keys, or because nothing says its alpha."""
    trained(tmp_path, target_modules=["ff"], **settings)
    if not config:
        (tmp_path / "adapter" / "adapter_config.json").unlink()
    with pytest.raises(SpecError) as error:
        getdsl.compile(spec_in(tmp_path, "adapter"))
    [item] = error.value.diagnostics
    assert item.code in (("GET525",) if config else ("GET525", "GET524"))
    assert not config or told in item.message


def spec_in(folder: Path, adapter: str) -> Path:
    path = folder / "spec.get"
    path.write_text(SPEC.format(folder=folder, adapter=adapter))
    return path

"""The `key` that a help suggests is there, leads to the model, and never to an optimizer's state."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from getdsl.compiler.check import check_text
from getdsl.compiler.plan.plan import Plan
from getdsl.compiler.plan.planned import plan_spec
from tests.plan.pasting import Draft, pasted

MODEL = """
model M {
    input x: [B, 5]
    embed = x -> Linear(8)
    head  = embed -> Linear(3)
    output y = head
}
"""
STATE = {
    "embed.weight": torch.zeros(8, 5),
    "embed.bias": torch.zeros(8),
    "head.weight": torch.zeros(3, 8),
    "head.bias": torch.zeros(3),
}
OTHER = {"a": torch.ones(2), "b": torch.ones(2), "c": torch.ones(2), "d": torch.ones(2), "e": torch.ones(7)}
MOMENTS = {"state": {0: {"exp_avg": torch.ones(8, 5)}, 1: {"exp_avg": torch.ones(8)}}, "param_groups": []}


def planned(text: str) -> Plan:
    checked = check_text(MODEL + text)
    assert checked.spec is not None, checked.diagnostics
    return plan_spec(checked.spec).plan


@pytest.mark.parametrize(
    "content",
    [
        {"model": {"generator": STATE, "discriminator": {"a": torch.ones(2)}}},
        {"epoch": 1, "optimizer": MOMENTS, "net": STATE},
        {"discriminator": OTHER, "generator": STATE},  # the one that fits, not the one with most tensors
        {"optim": {"weights": STATE}, "nets": {"a": OTHER, "b": {"c": STATE}}},
        {"trainer": {"policy": STATE, "critic": OTHER}, "lr_scheduler": {"last": torch.ones(8, 5)}},
        {"ema_weights": {f"net.{name}": tensor for name, tensor in STATE.items()}, "value": OTHER},
        {"state_dict": {"teacher": OTHER, "student": STATE}, "opt_state": MOMENTS},
    ],
    ids=range(7),
)
def test_the_suggested_key_leads_to_the_model(tmp_path: Path, content: dict[str, Any]) -> None:
    file = tmp_path / "c.pt"
    torch.save(content, file)
    draft = Draft(file=str(file))
    plan = pasted(draft, planned)
    assert draft.key is not None
    assert plan.ok, plan.diagnostics
    assert {item.origin for item in plan.tensors.values()} == {"loaded"}


def test_a_model_and_its_running_mean_are_both_named(tmp_path: Path) -> None:
    file = tmp_path / "c.pt"
    both = {f"model.{name}": t for name, t in STATE.items()}
    both |= {f"ema.module.{name}": t for name, t in STATE.items()}
    torch.save(both, file)
    plan = planned(f'load "{file}" {{}}')
    assert plan.diagnostics[0].help == 'say which of them: `key = "model"` or `key = "ema.module"`'
    for key in ("model", "ema.module"):
        assert planned(f'load "{file}" {{ key = "{key}" }}').ok

"""What readers take off keys goes back where a part of the model is called so."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from getdsl.compiler.check import check_text
from getdsl.compiler.plan.plan import Plan
from getdsl.compiler.plan.planned import plan_spec

MODEL = """
model M {{
    input x: [B, 8]
    {part} = x -> Linear(8)
    output y = {part}
}}
load "{file}" {{ {rest} }}
"""


def planned(part: str, file: Path, rest: str = "") -> Plan:
    checked = check_text(MODEL.format(part=part, file=file, rest=rest))
    assert checked.spec is not None, checked.diagnostics
    return plan_spec(checked.spec).plan


@pytest.mark.parametrize("part", ["module", "_orig_mod", "net"])
@pytest.mark.parametrize("wrapped", ["", "module.", "model.", "module.model."])
@pytest.mark.parametrize("nested", [False, True])
def test_parts_called_as_wrappers_are(tmp_path: Path, part: str, wrapped: str, *, nested: bool) -> None:
    file = tmp_path / "c.pt"
    state = {f"{wrapped}{part}.weight": torch.zeros(8, 8), f"{wrapped}{part}.bias": torch.zeros(8)}
    torch.save({"state_dict": state} if nested else state, file)
    plan = planned(part, file)
    assert plan.ok, plan.diagnostics
    assert {item.origin for item in plan.tensors.values()} == {"loaded"}


def test_under_another_part(tmp_path: Path) -> None:
    file = tmp_path / "c.pt"
    torch.save({"module.weight": torch.zeros(8, 8), "module.bias": torch.zeros(8)}, file)
    assert planned("net", file, "into = net").ok
    assert planned("module", file, "into = module").ok

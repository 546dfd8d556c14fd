"""What `strategy = "fsdp"` does not train, and how the state of an optimizer without parts is taken up."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from getdsl.compiler.check import check_text
from getdsl.diagnostics import UserError
from getdsl.runs.opened.options import Options
from getdsl.runs.ranks.sharded import load_optimizer, refuse_unshardable, whole
from getdsl.runs.training.train import train
from tests.runs.conftest import checked
from tests.runs.ranks.cases import ALIKE, BORROWING


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (BORROWING, "the loss applies a part of the model itself"),
        (
            ALIKE.replace("loss    {", "loss    { penalty = sum(abs(scanner.motif[0].weight))\n         "),
            "the loss is made of weights themselves",
        ),
        (BORROWING.replace("epochs = 2", 'epochs = 2 precision = "64-true"'), '`precision = "64-true"`'),
    ],
)
def test_what_is_not_trained_in_parts(text: str, why: str) -> None:
    spec = check_text(text).spec
    assert spec is not None
    with pytest.raises(UserError, match=why) as refused:
        refuse_unshardable(spec)
    assert refused.value.help == 'take `strategy = "ddp"`'


def test_adapters_are_not(small: Path, tmp_path: Path) -> None:
    spec = small.with_name("adapted.get")
    spec.write_text(small.read_text() + "lora { on = [hidden] rank = 2 }\n", encoding="utf-8")
    with pytest.raises(UserError, match="adapters stand beside whole weights"):
        train(
            checked(spec, "train.devices=2", "train.strategy=fsdp"), tmp_path / "run", Options(device="cpu")
        )
    assert not (tmp_path / "run").exists()


def test_what_is_whole_stays_as_it_is() -> None:
    weights = [torch.nn.Parameter(torch.ones(3, 2))]
    optimizer = torch.optim.AdamW(weights)
    weights[0].sum().backward()
    optimizer.step()
    state = whole(optimizer.state_dict())
    other = torch.optim.AdamW([torch.nn.Parameter(torch.ones(3, 2))])
    load_optimizer(other, state)
    assert torch.equal(other.state_dict()["state"][0]["exp_avg"], state["state"][0]["exp_avg"])
    assert other.state_dict()["state"][0]["step"] == 1

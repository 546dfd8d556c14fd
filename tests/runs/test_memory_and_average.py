"""Parts that are computed twice, averages of weights, and what decays."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from getdsl.compiler.check import check_text
from getdsl.compiler.lower import Compiled, build
from getdsl.runs.fitting.average import Average
from getdsl.runs.fitting.checkpointed import checkpointed
from getdsl.runs.run_folder.checkpoint import BEST, LAST, read_checkpoint
from getdsl.runs.training.optimizer import make_optimizer, parameter_groups
from tests.runs.test_resume import CrashError, crash_after, figures, history

SPEC = """
model M {
    input x: [B, N, 8]
    encoder = x -> GETTransformer(8, 2, 3, drop_path_rate = 0.5)
    normed = encoder -> BatchNorm(8)
    head = normed -> Linear(1)
    output y = head
}
loss { y = MSE(y, batch.y) }
"""


def compiled(optimizer: str = "") -> Compiled:
    checked = check_text(SPEC + optimizer)
    assert checked.spec is not None, checked.diagnostics
    return build(checked.spec, 0)


def step(model: Compiled) -> tuple[int, dict[str, Tensor]]:
    """The bytes that autograd saves of a step, by what it saves, and the gradients."""
    batch = model.dummy_batch(B=4, N=6)
    own = {value.data_ptr() for value in model.parameters()}
    saved: dict[int, int] = {}

    def note(value: Tensor) -> Tensor:
        if value.data_ptr() not in own:
            saved[value.data_ptr()] = value.untyped_storage().nbytes()
        return value

    torch.manual_seed(0)
    model.module.zero_grad()
    with torch.autograd.graph.saved_tensors_hooks(note, lambda value: value):
        loss = model.loss(model(batch), batch)["total"]
    kept = sum(saved.values())
    loss.backward()
    return kept, {
        name: value.grad.clone() for name, value in model.named_parameters() if value.grad is not None
    }


@pytest.mark.parametrize("names", [["encoder.blocks"], ["encoder", "normed"]])
def test_what_is_computed_twice_keeps_less_and_has_equal_gradients(names: list[str]) -> None:
    model = compiled().train()
    plain, wanted = step(model)
    buffers = {name: value.clone() for name, value in model.module.named_buffers()}
    other = compiled().train()
    with checkpointed(other.module, names):
        less, found = step(other)
    assert less < plain / 2
    assert found.keys() == wanted.keys()
    for name, value in found.items():
        assert torch.equal(value, wanted[name]), name
    for name, value in other.module.named_buffers():
        assert torch.equal(value, buffers[name]), name
    assert step(other)[0] == plain, "afterwards it is as it was"


def test_an_average_of_weights() -> None:
    model = compiled()
    weight = model.module.get_parameter("head.weight")
    average = Average(model.module, 0.75)
    values = []
    for number in (1.0, 3.0, -5.0):
        with torch.no_grad():
            weight.fill_(number)
        average.update()
        values.append(float(average.average["head.weight"][0, 0]))
    assert values == pytest.approx([1.0, 0.75 + 0.25 * 3, 0.75 * 1.5 - 0.25 * 5])
    with average.applied():
        assert float(weight[0, 0].detach()) == pytest.approx(values[-1])
    assert float(weight[0, 0].detach()) == -5.0
    again = Average(model.module, 0.75)
    again.restore(average.state())
    assert again.steps == 3
    assert torch.equal(again.average["head.weight"], average.average["head.weight"])


def test_a_run_keeps_the_average_and_goes_on_with_the_same_bits(
    run: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = ("train.ema=0.8", "train.epochs=2", "train.accumulate=2")
    run(tmp_path / "whole", *wanted)
    with monkeypatch.context() as patch:
        crash_after(8, patch)
        with pytest.raises(CrashError):
            run(tmp_path / "broken", *wanted, checkpoint_minutes=0.0)
    run(tmp_path / "broken", *wanted, resume=True)
    assert figures(tmp_path / "broken") == figures(tmp_path / "whole")
    assert history(tmp_path / "broken") == history(tmp_path / "whole")
    last, best = (read_checkpoint(tmp_path / "whole" / name) for name in (LAST, BEST))
    if best.record["best"]["epoch"] == 2:
        held = last.training["average"]["weights"]
        assert all(torch.equal(held[name], best.weights[name]) for name in held)
    assert any(not torch.equal(last.weights[name], best.weights[name]) for name in last.weights)


def test_decay_by_part_and_of_one_weight() -> None:
    of = '{ encoder = 0.5, "head.bias" = 0.2 }'
    text = f"optimizer = RMSprop(lr = 1e-3, weight_decay = 0.1, weight_decay_of = {of})"
    model = compiled(text)
    settings = model.spec.training.optimizer
    groups = parameter_groups(model.module, settings)
    decay = {name: group["weight_decay"] for group in groups for name in group["names"]}
    assert decay["encoder.blocks.0.attn.qkv.weight"] == 0.5
    assert decay["encoder.blocks.0.attn.proj.bias"] == 0.0
    assert decay["head.weight"] == 0.1
    assert decay["head.bias"] == 0.2
    assert isinstance(make_optimizer(groups, settings), torch.optim.RMSprop)

"""Several optimizers, each with its weights and terms: held against a loop of plain PyTorch."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn.functional import linear

from getdsl.compiler.check import check
from getdsl.compiler.cost import step_cost
from getdsl.compiler.plan.page.report import optimizer_lines
from getdsl.compiler.plan.readiness import readiness
from getdsl.diagnostics import UserError
from getdsl.runs.opened.options import Options
from getdsl.runs.opened.origins import FromPlan
from getdsl.runs.run_folder.checkpoint import LAST, read_checkpoint
from getdsl.runs.training.several import SeveralModule, refuse_many_processes
from tests.runs.conftest import SPEC, write_small
from tests.runs.test_resume import CrashError, crash_after, figures, history

DATA = SPEC[SPEC.index("data {") : SPEC.index("loss ")]
GAN = """
block Critic {
    input x: [B, 1]
    up = x -> Linear(5)
    told = tanh(up) -> Linear(1)
    output y = told
}
model Gan {
    input sequence: onehot[B, L, 4]
    critic = Critic()
    generator = mean(sequence, dim = 1) -> Linear(1)
    output fake = generator
}
loss {
    fooled = -1.0 * mean(fake -> critic)
    told   = mean(detach(fake) -> critic) - mean(unsqueeze(log2(batch.cut_sites + 1), 1) -> critic)
    scale  = mean(fake ** 2) weight 0.1
}
optimizer = Adam(lr = 2e-2)
optimizer critic = RMSprop(1e-2) on [critic] minimises told every 2
schedule = linear(warmup_steps = 2)
train { epochs = 2 batch_size = 16 gradient_clip = 0.05 }
"""


@pytest.fixture(scope="module")
def gan(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("gan")
    write_small(folder)
    path = folder / "gan.get"
    path.write_text(DATA + GAN, encoding="utf-8")
    return path


def rate(step: int, steps: int, rise: int = 2) -> float:
    """Of `linear(warmup_steps = 2)`."""
    return (step + 1) / rise if step < rise else 1 - (step - rise) / (steps - rise)


def by_hand(weights: dict[str, Tensor], batches: list[dict[str, Tensor]]) -> list[dict[str, float]]:
    """Trains the weights in place; the terms of each batch, before its steps."""
    own = {name: value.requires_grad_() for name, value in weights.items()}
    critic = [value for name, value in own.items() if name.startswith("critic.")]
    generator = [value for name, value in own.items() if name.startswith("generator.")]
    adam, rmsprop = torch.optim.Adam(generator, lr=2e-2), torch.optim.RMSprop(critic, lr=1e-2)

    def judged(x: Tensor) -> Tensor:
        hidden = torch.tanh(linear(x, own["critic.up.weight"], own["critic.up.bias"]))
        return linear(hidden, own["critic.told.weight"], own["critic.told.bias"]).mean()

    def terms(batch: dict[str, Tensor]) -> dict[str, Tensor]:
        fake = linear(batch["sequence"].mean(1), own["generator.weight"], own["generator.bias"])
        real = torch.log2(batch["cut_sites"] + 1)[:, None]
        told = judged(fake.detach()) - judged(real)
        return {"fooled": -judged(fake), "told": told, "scale": 0.1 * (fake**2).mean()}

    def step(optimizer: torch.optim.Optimizer, loss: Tensor, weights: list[Tensor], rate: float) -> None:
        for value, gradient in zip(weights, torch.autograd.grad(loss, weights), strict=True):
            value.grad = gradient
        torch.nn.utils.clip_grad_norm_(weights, 0.05)
        optimizer.param_groups[0]["lr"] = rate
        optimizer.step()

    seen = []
    for number, batch in enumerate(batches):
        before = terms(batch)
        seen.append({name: float(value.detach()) for name, value in before.items()})
        step(adam, before["fooled"] + before["scale"], generator, 2e-2 * rate(number, len(batches)))
        if number % 2:
            step(rmsprop, terms(batch)["told"], critic, 1e-2 * rate(number // 2, len(batches) // 2))
    return seen


def test_steps_are_those_of_a_loop_by_hand(
    gan: Path, run: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    batches: list[dict[str, Tensor]] = []
    start: dict[str, Tensor] = {}
    plain = SeveralModule.training_step

    def noted(module: SeveralModule, batch: dict[str, Tensor], index: int) -> None:
        if not start:
            start.update({name: value.clone() for name, value in module.model.state_dict().items()})
        batches.append({name: value.clone() for name, value in batch.items()})
        plain(module, batch, index)

    monkeypatch.setattr(SeveralModule, "training_step", noted)
    run(tmp_path / "run", spec=gan)
    assert len(batches) == 2 * 5
    seen = by_hand(start, batches)
    found = read_checkpoint(tmp_path / "run" / LAST).weights
    for name, value in start.items():
        torch.testing.assert_close(found[name], value.detach(), rtol=0, atol=1e-6)
    for row, terms in zip(history(tmp_path / "run"), (seen[:5], seen[5:]), strict=True):
        for name in ("fooled", "told", "scale"):
            wanted = sum(term[name] for term in terms) / 5
            assert float(row[f"train_loss_{name}"]) == pytest.approx(wanted, abs=1e-6), name
    # linear, over 10 steps of the main one with 2 to warm up, and over 5 of the critic's own
    rates = [(float(row["lr"]), float(row["lr_critic"])) for row in history(tmp_path / "run")]
    assert rates[0][0] == pytest.approx(2e-2 * 5 / 8)
    assert rates[0][1] == pytest.approx(1e-2)
    assert rates[1] == (0, 0)


def test_a_broken_run_goes_on_with_the_same_bits(
    gan: Path, run: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = ("optimizer.critic.every=3", "optimizer.critic.lr=0.05", "train.ema=0.9")
    run(tmp_path / "whole", *wanted, spec=gan)
    with monkeypatch.context() as patch:
        crash_after(4, patch, SeveralModule)
        with pytest.raises(CrashError):
            run(tmp_path / "broken", *wanted, spec=gan, checkpoint_minutes=0.0)
    run(tmp_path / "broken", *wanted, spec=gan, resume=True)
    assert figures(tmp_path / "broken") == figures(tmp_path / "whole")
    assert history(tmp_path / "broken") == history(tmp_path / "whole")
    parts = read_checkpoint(tmp_path / "whole" / LAST).training["parts"]
    assert {int(state["step"]) for state in parts["critic"]["optimizer"]["state"].values()} == {3}
    text = (tmp_path / "whole" / "spec.get").read_text()
    assert "RMSprop(0.05) on [critic] minimises told every 3" in text


def test_an_optimizer_rests_where_a_stage_freezes_its_weights(
    gan: Path, run: Callable[..., Any], tmp_path: Path
) -> None:
    stages = "stages { one { epochs = 1 freeze = [generator] } two { epochs = 1 train_only = [critic] } }"
    spec = gan.with_name("stages.get")
    spec.write_text(gan.read_text().replace("epochs = 2", stages), encoding="utf-8")
    run(tmp_path / "run", spec=spec)
    one, two = history(tmp_path / "run")
    assert one["val_loss_scale"] == two["val_loss_scale"], "the generator stays as it is"
    assert one["val_loss_told"] != two["val_loss_told"]
    assert float(one["lr"]) == 0
    assert float(two["lr_critic"]) > 0


def test_what_is_told_and_refused(gan: Path) -> None:
    found = check(gan)
    assert found.spec is not None
    planned = FromPlan(found.spec, Options()).planned
    assert [line.split() for line in optimizer_lines(found.spec, planned.plan)] == [
        "optimizers Adam trains 5: generator; minimises fooled, scale".split(),
        "critic, RMSprop trains 16: critic; minimises told on one of 2 batches".split(),
    ]
    assert readiness(planned) == ()
    assert step_cost(found.spec).optimizer == 4 * (2 * 5 + 16)
    with pytest.raises(UserError, match="several optimizers trains in one process"):
        refuse_many_processes(found.spec)


def test_weights_that_their_optimizer_does_not_reach(gan: Path) -> None:
    """`scale` reaches the generator alone, which the critic's optimizer does not train."""
    found = check(gan, settings=['optimizer.critic.minimises=["scale"]'])
    assert found.spec is not None, found.diagnostics
    said = {item.code: item.message for item in readiness(FromPlan(found.spec, Options()).planned)}
    assert "4 weights of `critic`" in said["GET531"]
    assert "`scale`" in said["GET535"]

"""What the zoo's patterns promise: conditioning, experts, variational and causal models, teachers."""

from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor
from torch.distributions import Normal, kl_divergence

import getdsl
from tests.zoo.packages import dna
from tests.zoo.sizes import DIMS, SMALL

SPECS = Path(__file__).parents[2] / "specs" / "zoo"


def made(name: str, **params: object) -> tuple[getdsl.Compiled, dict[str, Tensor]]:
    compiled = getdsl.compile(SPECS / f"{name}.get", params=SMALL[name] | params, seed=0).eval()
    return compiled, compiled.dummy_batch(**DIMS.get(name, {}))


def test_film_tells_cell_types_apart_by_their_embeddings() -> None:
    compiled, _ = made("film")
    with torch.no_grad():
        rows = compiled.module.get_parameter("cell.weight").T
        rows[1] = rows[0]
        rows[2] = -rows[0]
        sequence = dna(1, 40, seed=0).expand(3, -1, -1)
        got = compiled.module(sequence=sequence, celltype=torch.arange(3))["accessibility"]
    torch.testing.assert_close(got[0], got[1])
    assert (got[0] - got[2]).abs() > 1e-4


def test_tokens_go_to_the_experts_that_the_gate_takes() -> None:
    compiled, batch = made("mixture_of_experts", depth=1, experts=4)
    with torch.no_grad():
        gate = compiled.module.get_parameter("mixture.0.gate.weight")
        gate.zero_()
        compiled.module.get_parameter("mixture.0.norm.bias").fill_(100.0)
        gate[1], gate[3] = 0.1, 0.1 - 1e-5  # for every token, in this order
    outputs = compiled.module(**compiled.prepare(batch))
    outputs["logits"].sum().backward()
    used = [
        bool(compiled.module.get_parameter(f"mixture.0.down.{i}.weight").grad.abs().sum() > 0)  # type: ignore[union-attr]
        for i in range(4)
    ]
    assert used == [False, True, False, True]
    # two of four experts get half of the tokens each, and nearly all of what the gate gives away
    torch.testing.assert_close(outputs["balance"], torch.tensor(2.0), rtol=1e-2, atol=0)


def test_peakvis_loss_is_the_evidence_bound() -> None:
    compiled, batch = made("peakvi")
    outputs = compiled(batch)
    got = compiled.loss(outputs, batch)
    spread = Normal(outputs["embedding"], (0.5 * outputs["log_var"]).exp())
    prior = kl_divergence(spread, Normal(0.0, 1.0)).sum(1).mean()
    seen = (
        F.binary_cross_entropy(outputs["probability"], (batch["accessibility"] > 0).float(), reduction="none")
        .sum(1)
        .mean()
    )
    torch.testing.assert_close(got["total"], seen + prior, rtol=1e-4, atol=1e-5)
    compiled.train()
    first, second = compiled(batch), compiled(batch)
    assert not torch.equal(first["probability"], second["probability"])  # drawn anew


def test_a_base_is_told_from_those_before_it() -> None:
    compiled, _ = made("nucleotide_lm")
    sequence = dna(1, 12, seed=1)
    other = sequence.clone()
    other[:, 7] = other[:, 7].roll(1, -1)
    with torch.no_grad():
        got, changed = (compiled.module(sequence=each)["logits"] for each in (sequence, other))
    torch.testing.assert_close(got[:, :7], changed[:, :7])
    assert (got[:, 7:] - changed[:, 7:]).abs().amax(2).min() > 1e-6
    loss = compiled.loss({"logits": got, "embedding": got}, {"sequence": sequence})["total"]
    torch.testing.assert_close(loss, F.cross_entropy(got[0, :-1], sequence[0, 1:].argmax(1)))


@pytest.mark.parametrize("teaching", [0.0, 0.3])
def test_a_student_learns_from_data_and_teacher(teaching: float) -> None:
    compiled, batch = made("distillation", teaching=teaching)
    outputs = compiled(batch)
    own = torch.stack([outputs["dev"], outputs["hk"]], 1)
    total = compiled.loss(outputs, batch)["total"]
    measured = F.mse_loss(outputs["dev"], batch["dev"]) + F.mse_loss(outputs["hk"], batch["hk"])
    torch.testing.assert_close(
        total, (1 - teaching) * measured + teaching * F.mse_loss(own, outputs["taught"])
    )
    total.backward()
    learns = {
        name.split(".")[0] for name, weight in compiled.module.named_parameters() if weight.grad is not None
    }
    assert learns == {"stem", "conv", "head"}

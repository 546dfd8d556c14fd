"""Losses of the zoo as their papers have them, and a step of training on drawn data."""

from pathlib import Path

import pytest
import torch
import torch.nn.functional as F

import getdsl
from tests.zoo.sizes import DIMS, SMALL

SPECS = Path(__file__).parents[2] / "specs" / "zoo"


@pytest.mark.parametrize("name", sorted(SMALL))
def test_a_step_of_training_helps(name: str) -> None:
    compiled = getdsl.compile(SPECS / f"{name}.get", params=SMALL[name], seed=0).eval()
    weights = [weight for weight in compiled.module.parameters() if weight.requires_grad]
    batch = compiled.dummy_batch(**DIMS.get(name, {}))
    before = compiled.loss(compiled(batch), batch)["total"]
    before.backward()
    length = torch.cat([weight.grad.flatten() for weight in weights if weight.grad is not None]).norm()
    with torch.no_grad():
        for weight in weights:
            assert weight.grad is not None
            weight -= 1e-3 * weight.grad / length
        assert compiled.loss(compiled(batch), batch)["total"] < before


def test_procapnet_masks_what_reads_cannot_be_mapped_to() -> None:
    compiled = getdsl.compile(SPECS / "procapnet.get", params=SMALL["procapnet"], seed=0)
    random = torch.Generator().manual_seed(0)
    profile, counts = torch.randn(3, 2, 20, generator=random), torch.randn(3, 1, generator=random)
    reads = torch.poisson(torch.full((3, 2, 20), 1.5), generator=random)
    mappable = (torch.rand(3, 2, 20, generator=random) > 0.3).float()
    outputs = {"profile": profile, "counts": counts}
    got = compiled.loss(outputs, {"profile": reads, "mappable": mappable})
    terms = []
    for logits, seen, mask in zip(profile, reads, mappable > 0, strict=True):
        shares = F.log_softmax(logits[mask], dim=0)
        ways = torch.lgamma(seen[mask].sum() + 1) - torch.lgamma(seen[mask] + 1).sum()
        terms.append(-ways - (seen[mask] * shares).sum())
    torch.testing.assert_close(got["profile"], torch.stack(terms).mean(), rtol=1e-4, atol=1e-4)
    target = torch.log1p(reads.sum((1, 2)))[:, None]
    torch.testing.assert_close(got["counts"], 100 * F.mse_loss(counts, target))
    everywhere = compiled.loss(outputs, {"profile": reads, "mappable": torch.ones_like(mappable)})
    assert compiled.loss(outputs, {"profile": reads})["profile"] == everywhere["profile"]


def test_malinoiss_loss_is_l1_and_kl() -> None:
    compiled = getdsl.compile(SPECS / "malinois.get", params=SMALL["malinois"], seed=0)
    random = torch.Generator().manual_seed(0)
    got, want = torch.randn(4, 3, generator=random), torch.randn(4, 3, generator=random)
    total = compiled.loss({"activity": got}, {"activity": want})["total"]
    shares = F.kl_div(F.log_softmax(got, 1), F.log_softmax(want, 1), log_target=True, reduction="none")
    torch.testing.assert_close(total, (F.l1_loss(got, want) + 5 * shares.mean()) / 6)

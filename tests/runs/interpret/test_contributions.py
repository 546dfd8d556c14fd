"""Contributions are those of captum and tangermeme on the same model written by hand, and add up."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

import getdsl
from getdsl.runs.interpret.contributions import contributions, of_changes
from getdsl.runs.interpret.deep_lift import deep_lift
from getdsl.runs.interpret.explained import Explained, channels_first
from getdsl.runs.interpret.gradient import gradient
from getdsl.runs.interpret.integrated_gradients import integrated_gradients
from getdsl.runs.interpret.mutagenesis import mutagenesis
from getdsl.runs.interpret.pairs import COMPLETE, missed
from getdsl.runs.interpret.pieces import RULE, equal_pieces
from getdsl.runs.interpret.references import references
from getdsl.runs.interpret.request import Request
from getdsl.runs.interpret.target import Target
from getdsl.runs.interpret.ways import Ways
from tests.runs.interpret.models import POOLED, ByHand, convolutions, explained, random_dna

pytest.importorskip("captum")
pytest.importorskip("tangermeme")

SAMPLES = np.arange(3)
Both = tuple[getdsl.Compiled, ByHand]


@pytest.fixture(scope="module")
def both() -> Both:
    return convolutions()


@pytest.fixture(scope="module")
def shuffled() -> Tensor:
    """[3, 4, C, P]."""
    return references(random_dna(3).transpose(1, 2), SAMPLES, "dinucleotide", 4, seed=0)


def test_gradients_are_those_of_the_model_by_hand(both: Both) -> None:
    dna = random_dna(3)
    x = dna.transpose(1, 2).clone().requires_grad_()
    both[1](x).sum().backward()
    torch.testing.assert_close(gradient(explained(both[0], dna)), x.grad)


@pytest.mark.filterwarnings("ignore")  # captum says what it does
def test_deep_lift_is_captums_and_adds_up(both: Both, shuffled: Tensor) -> None:
    from captum.attr import DeepLift

    each = explained(both[0], random_dna(3))
    multipliers = deep_lift(each, shuffled)
    gap = missed(each, shuffled, multipliers)
    assert float(gap.difference.abs().min()) > 0.01
    assert float((gap.delta / gap.difference).abs().max()) < 1e-6
    for sample in range(3):
        x = each.x[sample].expand(4, -1, -1).contiguous()
        expected = DeepLift(both[1]).attribute(x, shuffled[sample], target=0)
        torch.testing.assert_close((x - shuffled[sample]) * multipliers[sample], expected)


def test_deep_lift_adds_up_over_max_pooling(shuffled: Tensor) -> None:
    model = getdsl.compile_text(POOLED, seed=3).eval().to(torch.float64)
    each = explained(model, random_dna(3))
    gap = missed(each, shuffled, deep_lift(each, shuffled))
    assert float((gap.delta / gap.difference).abs().max()) < 1e-6


def test_integrated_gradients_are_captums_and_add_up(shuffled: Tensor) -> None:
    from captum.attr import IntegratedGradients

    model, by_hand = convolutions(smooth=True)
    each, steps = explained(model, random_dna(3)), 32
    multipliers, points = integrated_gradients(each, shuffled, steps)
    assert points.tolist() == [steps] * 3
    gap = missed(each, shuffled, multipliers)
    assert float((gap.delta / gap.difference).abs().max()) < COMPLETE
    for sample in range(3):
        x = each.x[sample].expand(4, -1, -1).contiguous()
        expected = IntegratedGradients(by_hand).attribute(x, shuffled[sample], target=0, n_steps=steps)
        torch.testing.assert_close((x - shuffled[sample]) * multipliers[sample], expected)


@pytest.mark.filterwarnings("ignore")
def test_as_many_points_are_captums(both: Both, shuffled: Tensor) -> None:
    """Of a model that bends, too: one piece is captum's way."""
    from captum.attr import IntegratedGradients

    each = explained(both[0], random_dna(3))
    x = each.x[:1].expand(4, -1, -1).contiguous()
    ways = Ways(each, shuffled[0], 0)
    expected = IntegratedGradients(both[1]).attribute(x, shuffled[0], target=0, n_steps=RULE)
    torch.testing.assert_close(ways.steps * equal_pieces(ways, 1).whole(ways), expected)


def test_pieces_that_miss_are_halved_until_they_add_up(both: Both, shuffled: Tensor) -> None:
    """ReLUs bend on the way: a few points miss a share, and more go where they are missing."""
    each = explained(both[0], random_dna(3))
    for number in (1, 8):
        gap = missed(each, shuffled, _of_equal_pieces(each, shuffled, number))
        assert not bool((gap.delta.abs() <= COMPLETE * gap.difference.abs()).all())
    multipliers, points = integrated_gradients(each, shuffled, 4)
    gap = missed(each, shuffled, multipliers)
    assert bool((gap.delta.abs() <= COMPLETE * gap.difference.abs()).all())
    assert 4 < int(points.max()) < 256
    exact = _of_equal_pieces(each, shuffled, 1024)
    assert float((multipliers - exact).norm() / exact.norm()) < 0.02


def _of_equal_pieces(each: Explained, references: Tensor, number: int) -> Tensor:
    all_ways = [Ways(each, others, row) for row, others in enumerate(references)]
    return torch.stack([equal_pieces(ways, number).whole(ways) for ways in all_ways])


def test_halves_are_the_whole(both: Both, shuffled: Tensor) -> None:
    ways = Ways(explained(both[0], random_dna(3)), shuffled[1], 1)
    halves = equal_pieces(ways, 2).halved(ways, torch.arange(8))
    quarters = equal_pieces(ways, 4)
    torch.testing.assert_close(halves.whole(ways), quarters.whole(ways))
    torch.testing.assert_close(halves.missed.sum(), quarters.missed.sum())
    torch.testing.assert_close(
        halves.differences.sum(), ways.values(*_ends(4, 1)).sum() - ways.values(*_ends(4, 0)).sum()
    )


def _ends(ways: int, at: float) -> tuple[Tensor, Tensor]:
    return torch.arange(ways), torch.full((ways,), at, dtype=torch.float64)


def test_what_never_adds_up_ends(both: Both, shuffled: Tensor, monkeypatch: pytest.MonkeyPatch) -> None:
    rule = "getdsl.runs.interpret.integrated_gradients"
    monkeypatch.setattr(f"{rule}.COMPLETE", 0.0)
    monkeypatch.setattr(f"{rule}.ROUNDED", 0)
    monkeypatch.setattr(f"{rule}.MOST", 16)
    _, points = integrated_gradients(explained(both[0], random_dna(3)), shuffled, 4)
    assert points.tolist() == [16] * 3


def test_where_nothing_differs_no_points_are_spent(both: Both) -> None:
    """References that are the sample, as shuffles of one base are."""
    each = explained(both[0], random_dna(2))
    multipliers, points = integrated_gradients(each, each.x[:, None], 4)
    assert points.tolist() == [4, 4]
    assert float(multipliers.abs().max()) > 0


@pytest.mark.filterwarnings("ignore")
def test_mutagenesis_is_tangermemes(both: Both) -> None:
    from tangermeme.saturation_mutagenesis import saturation_mutagenesis

    dna = random_dna(2)
    each = explained(both[0], dna)
    before, after = saturation_mutagenesis(both[1], each.x, raw_outputs=True, device="cpu", fast=False)
    target = Target("y", (slice(None), 0))
    changes = channels_first(mutagenesis(both[0], target, "dna", {"dna": dna}))
    torch.testing.assert_close(changes, after[..., 0] - before[:, None, None, 0])
    assert float((changes * each.x).abs().max()) == 0
    assert float(changes.abs().max()) > 1e-3
    centred = saturation_mutagenesis(both[1], each.x, hypothetical=True, device="cpu", fast=False)
    torch.testing.assert_close(of_changes(each, changes).hypothetical, centred)


def test_contributions_of_bases(both: Both, shuffled: Tensor) -> None:
    """Of those that stand there they sum to the difference; the hypothetical ones say it of any base."""
    each = explained(both[0], random_dna(3))
    found = contributions(each, Request("deepshap", references=4), SAMPLES, dna=True)
    assert found.hypothetical is not None
    assert found.gap is not None
    torch.testing.assert_close(found.actual.sum((1, 2)), found.gap.difference, rtol=1e-6, atol=1e-9)
    torch.testing.assert_close(found.actual, found.hypothetical * each.x)
    multipliers = deep_lift(each, shuffled)
    adenine = torch.tensor([1.0, 0, 0, 0], dtype=torch.float64)[:, None]
    expected = ((adenine - shuffled) * multipliers).sum(2).mean(1)
    torch.testing.assert_close(found.hypothetical[:, 0], expected)


def test_references_keep_dinucleotides_and_do_not_depend_on_the_batch(shuffled: Tensor) -> None:
    dna = random_dna(3).transpose(1, 2)
    alone = references(dna[1:2], SAMPLES[1:2], "dinucleotide", 4, seed=0)
    assert torch.equal(alone[0], shuffled[1])
    other = references(dna, SAMPLES, "dinucleotide", 4, seed=1)
    assert not torch.equal(other, shuffled)
    assert not torch.equal(shuffled[0, 0], shuffled[0, 1])
    pairs = torch.einsum("bcp,bdp->bcd", dna[..., :-1], dna[..., 1:])
    for draw in shuffled.unbind(1):
        assert torch.equal(torch.einsum("bcp,bdp->bcd", draw[..., :-1], draw[..., 1:]), pairs)


def test_an_input_beside_the_dna_is_that_of_its_sample() -> None:
    """Lengths stay integers, and each reference is read with those of its own sample."""
    text = """
    model M {
        input dna: onehot[B, L, 4]
        input lengths: lengths[B, R] of L
        conv   = dna -> Conv1d(3, kernel_size = 3)
        pooled = relu(conv) -> SplitPool(lengths, pool_method = "sum")
        head   = pooled -> Linear(1)
        output y = squeeze(head, 2)
    }
    """
    model = getdsl.compile_text(text, seed=1).eval().to(torch.float64)
    inputs = {"dna": random_dna(2), "lengths": torch.tensor([[4, 20], [20, 4]])}
    target = Target("y", (slice(None), 0))
    each = Explained(model.for_output("y"), target, "dna", inputs)
    others = references(each.x, np.arange(2), "uniform", 1, 0)
    multipliers = deep_lift(each, others)
    used = ((each.x[:, None] - others) * multipliers)[:, 0].abs().sum(1) > 0
    assert not used[0, 5:].any()  # a kernel of 3 reaches one beyond the first 4 bp
    assert used[1, 10:20].any()
    gap = missed(each, others, multipliers)
    assert float(gap.delta.abs().max()) < 1e-9

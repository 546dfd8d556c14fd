"""What a pass over a split shows of each term, against all values at once."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import getdsl
from getdsl.compiler.lower.measures.pair_sums import PairSums
from getdsl.runs.watched.examples import Examples
from getdsl.runs.watched.probability_bins import ProbabilityBins
from getdsl.runs.watched.watch import Watch

SPEC = """
model Terms {
    input x: [B, R, 3]
    body = x -> Linear(2)
    flat = x -> Linear(1)
    output rates = body
    output open  = mean(body, dim = 1)
    output pairs = mean(outer_sum(body), dim = 3)
    output shape = squeeze(flat, 2)
    output ratio = mean(body, dim = [1, 2])
}
loss {
    rates = PoissonNLL(rates, batch.counts) where batch.known > 0  weight 2.0
    open  = BCEWithLogits(open, batch.open)
    pairs = MSE(pairs, batch.pairs)
    shape = MNLL(log_softmax(shape, dim = 1), batch.shape)
    ratio = 2 * MSE(ratio, batch.ratio)
}
"""


def batches(number: int, size: int, regions: int) -> list[dict[str, torch.Tensor]]:
    torch.manual_seed(0)
    return [
        {
            "x": torch.randn(size, regions, 3),
            "counts": torch.poisson(torch.full((size, regions, 2), 3.0)) + torch.tensor([0.0, 1e4]),
            "known": torch.randint(0, 2, (size, regions)),
            "open": torch.randint(0, 2, (size, 2)).float(),
            "pairs": torch.randn(size, regions, regions),
            "shape": torch.poisson(torch.full((size, regions), 2.0)),
            "ratio": torch.randn(size),
        }
        for _ in range(number)
    ]


@pytest.fixture(scope="module")
def watched() -> tuple[Watch, list[dict[str, torch.Tensor]], list[dict[str, torch.Tensor]]]:
    compiled = getdsl.compile_text(SPEC).eval()
    watch, given = Watch(compiled), batches(4, 5, 6)
    with torch.no_grad():
        outputs = [compiled(batch) for batch in given]
    for each, batch in zip(outputs, given, strict=True):
        watch.add(each, batch)
    return watch, outputs, given


def test_which_terms_and_axes(watched: tuple[Watch, list[object], list[object]]) -> None:
    """A term that is no plain mean of a loss shows nothing."""
    seen = watched[0].seen()
    assert {name: (each.loss, each.axes.kind) for name, each in seen.items()} == {
        "rates": ("PoissonNLL", "profile"),
        "open": ("BCEWithLogits", "values"),
        "pairs": ("MSE", "contacts"),
        "shape": ("MNLL", "profile"),
    }
    assert (seen["rates"].axes.track, seen["rates"].axes.along) == (1, "R")


def test_tracks_are_correlated_over_all_batches(
    watched: tuple[Watch, list[dict[str, torch.Tensor]], list[dict[str, torch.Tensor]]],
) -> None:
    """Masked positions are left out, and log rates compared as rates."""
    watch, outputs, given = watched
    known = torch.cat([batch["known"] for batch in given]) > 0
    rates = torch.cat([each["rates"] for each in outputs]).exp()[known].double().numpy()
    counts = torch.cat([batch["counts"] for batch in given])[known].double().numpy()
    expected = [np.corrcoef(rates[:, track], counts[:, track])[0, 1] for track in range(2)]
    assert watch.seen()["rates"].tracks == pytest.approx(expected, abs=1e-6)


def test_examples_have_the_most_signal(
    watched: tuple[Watch, list[dict[str, torch.Tensor]], list[dict[str, torch.Tensor]]],
) -> None:
    watch, outputs, given = watched
    shape = torch.cat([batch["shape"] for batch in given])
    examples = watch.seen()["shape"].examples
    totals = [float(shape[each.sample].sum()) for each in examples]
    assert totals == sorted(shape.sum(1).tolist(), reverse=True)[:3]
    shares = torch.cat([each["shape"] for each in outputs]).softmax(1)
    for each, total in zip(examples, totals, strict=True):
        assert torch.equal(each.measured, shape[each.sample])
        torch.testing.assert_close(each.predicted, shares[each.sample] * total)
    masked = watch.seen()["rates"].examples[0]
    known = torch.cat([batch["known"] for batch in given])[masked.sample] > 0
    assert torch.equal(masked.measured[:, 0].isfinite(), known)


def test_calibration(
    watched: tuple[Watch, list[dict[str, torch.Tensor]], list[dict[str, torch.Tensor]]],
) -> None:
    watch, _, given = watched
    found = watch.seen()["open"].calibration
    assert found is not None
    assert sum(found.counts) == 40
    came = sum(n * share for n, share in zip(found.counts, found.observed, strict=True))
    assert came == pytest.approx(float(sum(batch["open"].sum() for batch in given)))
    exact = ProbabilityBins()
    exact.add(torch.tensor([0.0, 0.52, 0.53, 1.0]), torch.tensor([0.0, 1.0, 0.0, 1.0]))
    assert exact.calibration().counts == [1, 2, 1]
    assert exact.calibration().error() == pytest.approx(0.0125)


def test_tracks_without_a_correlation() -> None:
    sums = PairSums(1)
    values = torch.tensor([[1.0, 5.0, 1.0], [2.0, 5.0, 2.0], [3.0, 5.0, 4.0]])
    counts = torch.tensor([[True, True, True], [True, True, False], [True, True, False]])
    sums.add(values[None], values[None] * 2, counts[None], torch.zeros(1, dtype=torch.int64))
    first, *others = sums.metrics()["pearson"][0].tolist()
    assert first == pytest.approx(1.0)
    assert all(np.isnan(others))


def test_examples_are_bounded() -> None:
    examples = Examples()
    for _ in range(3):
        examples.add(torch.zeros(2, 9000, 50), torch.ones(2, 9000, 50))
    assert [tuple(each.measured.shape) for each in examples.most()] == [(4096, 3)] * 3

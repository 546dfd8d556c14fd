"""Effects by hand and by scipy."""

import math

import numpy as np
import pytest
import torch
from scipy.spatial.distance import jensenshannon

from getdsl.compiler.check import check
from getdsl.runs.score.effects import Output, effects_of, jensen_shannon, log2_fold_change
from getdsl.runs.score.scales import Scale, scale_of
from tests.lower.test_emit import SPECS


def test_jensen_shannon_is_that_of_scipy() -> None:
    random = np.random.default_rng(0)
    before, after = (random.dirichlet(np.full(9, 0.3), 5) for _ in range(2))
    before[0, 3:], after[0, :3] = 0, 0
    before, after = (side / side.sum(1, keepdims=True) for side in (before, after))
    want = jensenshannon(before, after, base=2, axis=1) ** 2
    np.testing.assert_allclose(jensen_shannon(torch.tensor(before), torch.tensor(after)), want, atol=1e-12)
    assert want[0] == pytest.approx(1)


def test_fold_changes_by_scale() -> None:
    before, after = torch.tensor([1.0, 2.0]), torch.tensor([4.0, 1.0])
    assert log2_fold_change(Scale(), before, after).tolist() == [2, -1]
    assert log2_fold_change(Scale(base=2.0), before, after).tolist() == [3, -1]
    assert log2_fold_change(Scale(base=10.0), before, after)[0].item() == pytest.approx(3 * math.log2(10))
    assert log2_fold_change(Scale(logits=True), before, after)[0].item() == pytest.approx(3 / math.log(2))
    assert log2_fold_change(Scale(), torch.tensor([0.0]), torch.tensor([1.0])).isnan().all()


def test_the_track_that_changes_most() -> None:
    before, after = torch.tensor([[1.0, 8.0, 3.0]]), torch.tensor([[1.0, 2.0, 12.0]])
    found = effects_of([Output("y", "tracks", Scale())], [({"y": before}, {"y": after})])
    assert {name: value.tolist() for name, value in found.items()} == {
        "y.difference": [1.0],
        "y.max_difference": [9.0],
        "y.max_track": [2],
        "y.max_log2_fold_change": [-2.0 if abs(math.log2(2 / 8)) >= abs(math.log2(4)) else 2.0],
    }


def test_readings_are_averaged() -> None:
    one = {"y": torch.tensor([[1.0]])}, {"y": torch.tensor([[2.0]])}
    other = {"y": torch.tensor([[3.0]])}, {"y": torch.tensor([[8.0]])}
    found = effects_of([Output("y", "number", Scale())], [one, other])
    assert found["y.reference"].tolist() == [2]
    assert found["y.alternate"].tolist() == [5]
    assert found["y.difference"].tolist() == [3]


def test_the_loss_tells_the_scale() -> None:
    quickstart, bpnet = (check(SPECS / name).spec for name in ("quickstart.get", "yeast/bpnet.get"))
    assert quickstart is not None
    assert bpnet is not None
    assert scale_of(quickstart, "accessibility") == Scale(base=2.0)
    assert scale_of(bpnet, "profile") == Scale(logits=True, profile=True)
    assert scale_of(bpnet, "counts") == Scale(base=math.e)

"""Figures from sums, against the whole values at once."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.spatial.distance import jensenshannon
from sklearn.metrics import average_precision_score, roc_auc_score

from getdsl.compiler.check import check_text
from getdsl.compiler.stages.comparisons import Comparison, comparisons
from getdsl.runs.evaluation.term import Constant, MeasuredTerm

PROFILE = """
model M { input x: [B, L, 3]  output y = log_softmax(x, dim = 1) }
loss { y = %s }
"""


def comparison(loss: str) -> Comparison:
    spec = check_text(PROFILE % loss).spec
    assert spec is not None
    return comparisons(next(iter(spec.stages.losses.values())))["y"]


def measured(
    loss: str, prediction: torch.Tensor, target: torch.Tensor, *, by_track: bool
) -> dict[str, np.ndarray]:
    """In batches of three samples, the first group the even samples."""
    term, constant = MeasuredTerm(comparison(loss), 2, by_track=by_track), Constant()
    parts = [slice(start, start + 3) for start in range(0, len(prediction), 3)]
    for part in parts:
        shaped = term.shaped(prediction[part], target[part], None)
        assert shaped is not None
        constant.add(shaped[1], shaped[2])
    for part in parts:
        shaped = term.shaped(prediction[part], target[part], None)
        assert shaped is not None
        term.add(*shaped, torch.arange(len(prediction))[part] % 2, constant)
    return {name: value.numpy() for name, value in term.figures().items()}


def test_each_track_of_a_profile() -> None:
    torch.manual_seed(0)
    prediction, target = torch.randn(8, 11, 3), torch.randn(8, 11, 3) + 1000
    found = measured("MSE(y, batch.y)", prediction, target, by_track=True)
    for track in range(3):
        x, y = prediction[::2, :, track].double().numpy(), target[::2, :, track].double().numpy()
        assert found["pearson"][0, track] == pytest.approx(np.corrcoef(x.ravel(), y.ravel())[0, 1], rel=1e-4)
        positions = np.mean([np.corrcoef(a, b)[0, 1] for a, b in zip(x, y, strict=True)])
        assert found["pearson_positions"][0, track] == pytest.approx(positions, rel=1e-4)
        samples = np.corrcoef(x.mean(1), y.mean(1))[0, 1]
        assert found["pearson_samples"][0, track] == pytest.approx(samples, rel=1e-3)
        mean = target[:, :, track].double().numpy().mean()
        assert found["mean_mse"][0, track] == pytest.approx(np.mean((mean - y) ** 2), rel=1e-4)


def test_the_divergence_of_a_profile_and_of_the_mean_profile() -> None:
    torch.manual_seed(1)
    prediction = torch.randn(9, 20, 3).log_softmax(1)
    target = torch.randint(0, 9, (9, 20, 3)).float()
    target[4] = 0  # of which there is no shape
    found = measured(
        "MNLL(flatten(y, 1), flatten(batch.y, 1))", prediction.flatten(1), target.flatten(1), by_track=False
    )
    mean = target.flatten(1).mean(0).numpy()
    for name, other in (("jsd", prediction.flatten(1).exp().numpy()), ("mean_jsd", np.tile(mean, (9, 1)))):
        each = [jensenshannon(other[at], target.flatten(1)[at].numpy()) ** 2 for at in (0, 2, 6, 8)]
        assert found[name][0, 0] == pytest.approx(np.mean(each), rel=1e-4)


def test_classes_have_curves() -> None:
    torch.manual_seed(2)
    logits = torch.randn(300, 4, 3)
    labels = (logits + 2 * torch.randn(300, 4, 3) > 0.5).float()
    found = measured("BCEWithLogits(y, batch.y)", logits, labels, by_track=True)
    x, y = logits[1::2, :, 2].ravel().numpy(), labels[1::2, :, 2].ravel().numpy()
    assert found["auroc"][1, 2] == pytest.approx(roc_auc_score(y, x), abs=5e-3)
    assert found["average_precision"][1, 2] == pytest.approx(average_precision_score(y, x), abs=5e-3)

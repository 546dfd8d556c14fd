"""Metrics of classes and profiles: those of all samples together, whatever batches they come in."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from scipy.spatial.distance import jensenshannon
from sklearn import metrics as sklearn
from torch import Tensor

from getdsl.compiler.check import check_text
from getdsl.compiler.lower import Compiled, build
from getdsl.compiler.lower.inputs import InputError
from getdsl.compiler.lower.measures.measured_term import MeasuredTerm

TEXT = """model M {
    input x: [B, 3]
    input track: [B, L, 2]
    log_var = Parameter([1])
    logits = x -> Linear(3)
    hidden = track -> Linear(2)
    output logits = logits
    output rate = softplus(hidden)
}
loss {
    target kind: int[B]
    target labels: [B, 3]
    kind = CrossEntropy(logits, batch.kind) where batch.kind >= 0 weight exp(-log_var)
    prior = log_var
}
metrics {
    kind   = [auroc, auprc, accuracy, f1]
    labels = [auroc, auprc, accuracy, f1, mse] of (sigmoid(logits), batch.labels) where batch.counted
    track  = [jsd, pearson_across_positions, pearson_across_samples] of (rate, batch.track)
}
"""
SAMPLES, LENGTH = 60, 7


@pytest.fixture(scope="module")
def compiled() -> Compiled:
    checked = check_text(TEXT)
    assert checked.spec is not None, checked.diagnostics
    return build(checked.spec, 0)


def drawn() -> dict[str, tuple[Tensor, Tensor, Tensor | None]]:
    random = torch.Generator().manual_seed(1)
    scores = torch.randn(SAMPLES, 3, generator=random)
    kind = torch.randint(-1, 3, (SAMPLES,), generator=random)
    labels = (torch.rand(SAMPLES, 3, generator=random) < 0.3).float()
    counted = torch.rand(SAMPLES, 3, generator=random) < 0.8
    tracks = [torch.rand(SAMPLES, LENGTH, 2, generator=random) for _ in range(2)]
    return {
        "kind": (scores, kind, kind >= 0),
        "labels": (scores.sigmoid(), labels, counted),
        "track": (tracks[0], tracks[1], None),
    }


def figures(compiled: Compiled, name: str, *ends: int) -> dict[str, float]:
    """The metrics of a term whose samples come in batches that end there."""
    prediction, target, mask = drawn()[name]
    term = MeasuredTerm(compiled.spec, name)
    for start, end in zip((0, *ends), (*ends, SAMPLES), strict=True):
        term.add(prediction[start:end], target[start:end], mask[start:end] if mask is not None else None)
    return term.figures()


@pytest.mark.parametrize("name", ["kind", "labels", "track"])
def test_batches_do_not_matter(compiled: Compiled, name: str) -> None:
    whole = figures(compiled, name)
    assert all(math.isfinite(value) for value in whole.values())
    assert figures(compiled, name, 1, 30, 31) == pytest.approx(whole, rel=1e-6)


def test_one_class_each_is_as_scikit_learn_has_it(compiled: Compiled) -> None:
    scores, kind, counted = drawn()["kind"]
    assert counted is not None
    known, chances = kind[counted].numpy(), scores[counted].softmax(1).numpy()
    called = chances.argmax(1)
    assert figures(compiled, "kind", 20) == pytest.approx(
        {
            "auroc": sklearn.roc_auc_score(known, chances, multi_class="ovr"),
            "auprc": np.mean([sklearn.average_precision_score(known == c, chances[:, c]) for c in range(3)]),
            "accuracy": sklearn.accuracy_score(known, called),
            "f1": sklearn.f1_score(known, called, average="macro"),
        },
        rel=1e-5,
    )


def test_labels_are_as_scikit_learn_has_them(compiled: Compiled) -> None:
    chances, labels, counted = drawn()["labels"]
    assert counted is not None
    columns = [(labels[here, c].numpy(), chances[here, c].numpy()) for c, here in enumerate(counted.T)]
    right = (chances > 0.5) == (labels > 0.5)
    assert figures(compiled, "labels", 20) == pytest.approx(
        {
            "auroc": np.mean([sklearn.roc_auc_score(*column) for column in columns]),
            "auprc": np.mean([sklearn.average_precision_score(*column) for column in columns]),
            "accuracy": float(right[counted].float().mean()),
            "f1": np.mean([sklearn.f1_score(label, chance > 0.5) for label, chance in columns]),
            "mse": float((chances - labels)[counted].square().mean()),
        },
        rel=1e-5,
    )


def test_profiles_by_position_and_by_sample(compiled: Compiled) -> None:
    rate, track, _ = (side.numpy() if side is not None else None for side in drawn()["track"])
    assert rate is not None
    assert track is not None
    along = [np.corrcoef(rate[b, :, t], track[b, :, t])[0, 1] for b in range(SAMPLES) for t in range(2)]
    across = [np.corrcoef(rate[:, p, t], track[:, p, t])[0, 1] for p in range(LENGTH) for t in range(2)]
    shapes = [jensenshannon(rate[b, :, t], track[b, :, t]) ** 2 for b in range(SAMPLES) for t in range(2)]
    found = figures(compiled, "track", 20)
    wanted = (np.mean(shapes), np.mean(along), np.mean(across))
    assert tuple(found.values()) == pytest.approx(wanted, rel=1e-5)
    assert found["pearson_across_positions"] != pytest.approx(found["pearson_across_samples"], abs=1e-3)


def test_a_class_that_nobody_has_is_left_out_and_none_is_no_figure(compiled: Compiled) -> None:
    scores = torch.tensor([[0.1, 0.9, 0.2], [0.8, 0.3, 0.1]])
    labels = torch.tensor([[0.0, 1.0, 0.0], [1.0, 0.0, 0.0]])
    term = MeasuredTerm(compiled.spec, "labels")
    assert all(math.isnan(value) for value in term.figures().values())
    term.add(scores, labels, None)
    assert term.figures()["auroc"] == 1.0
    nobody = MeasuredTerm(compiled.spec, "labels")
    nobody.add(scores, torch.zeros(2, 3), None)
    assert math.isnan(nobody.figures()["auroc"])
    assert nobody.figures()["accuracy"] == pytest.approx(4 / 6)


def test_targets_that_are_no_labels_are_refused(compiled: Compiled) -> None:
    with pytest.raises(
        InputError, match=r"metrics of `labels` compare scores with labels, 0 or 1, .* is 0\.5"
    ):
        MeasuredTerm(compiled.spec, "labels").add(torch.rand(2, 3), torch.full((2, 3), 0.5), None)
    with pytest.raises(InputError, match=r"classes from 0 to 2, and a target is 3;"):
        MeasuredTerm(compiled.spec, "kind").add(torch.rand(2, 3), torch.tensor([0, 3]), None)


@pytest.mark.parametrize("signs", [(-1,), (-1, 1), (1, -1)])
def test_profiles_below_zero_have_no_shape(compiled: Compiled, signs: tuple[int, ...]) -> None:
    """In whichever batch they are."""
    term = MeasuredTerm(compiled.spec, "track")
    for sign in signs:
        term.add(sign * torch.rand(2, LENGTH, 2), torch.rand(2, LENGTH, 2), None)
    with pytest.raises(InputError, match="`jsd` of `track` compares profiles that are not negative"):
        term.figures()


def test_a_weight_of_parameters_is_learnt(compiled: Compiled) -> None:
    """exp(-s) · loss + s is least where s is the logarithm of the loss (Kendall et al. 2018)."""
    batch = compiled.dummy_batch(B=4)
    batch["counted"] = torch.ones(4, 3, dtype=torch.bool)
    assert batch["kind"].shape == (4,)
    weight = compiled.module.get_parameter("log_var")
    with torch.no_grad():
        weight.fill_(0.7)
    outputs = compiled(batch)
    plain = torch.nn.functional.cross_entropy(outputs["logits"], batch["kind"]).item()
    losses = compiled.loss(outputs, batch)
    assert losses["kind"].item() == pytest.approx(math.exp(-0.7) * plain, rel=1e-5)
    losses["total"].backward()
    assert weight.grad is not None
    assert weight.grad.item() == pytest.approx(1 - math.exp(-0.7) * plain, rel=1e-4)
    measured = compiled.metrics(compiled(batch), batch)
    assert set(measured["labels"]) == {"auroc", "auprc", "accuracy", "f1", "mse"}

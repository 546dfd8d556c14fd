"""Every spec of the repository takes the batch that is drawn for it: outputs, loss and metrics."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import torch

import getdsl
from tests.specs.models import MODELS
from tests.zoo.sizes import DIMS, SMALL

ROOT = Path(__file__).parents[2] / "specs"
SPECS = sorted(path.relative_to(ROOT).as_posix() for path in ROOT.rglob("*.get"))


def params(name: str) -> dict[str, object]:
    stem = Path(name).stem
    if name.startswith("zoo/"):
        return dict(SMALL.get(stem, {}))
    return dict(MODELS[stem].params) if name.startswith("get/") and stem in MODELS else {}


def dims(name: str) -> dict[str, int]:
    return DIMS.get(Path(name).stem, {}) if name.startswith("zoo/") else {}


@pytest.mark.filterwarnings("ignore:The variance of predictions")  # of small models that predict one number
@pytest.mark.parametrize("name", SPECS)
def test_a_drawn_batch_runs(name: str) -> None:
    compiled = getdsl.compile(ROOT / name, params=params(name), seed=0)
    training = compiled.module.training
    batch = compiled.dummy_batch(**dims(name))
    assert compiled.module.training == training
    with torch.no_grad():
        outputs = compiled.eval()(batch)
        losses = compiled.loss(outputs, batch) if compiled.spec.stages.terms else {}
        measured = compiled.metrics(outputs, batch)
    assert all(math.isfinite(float(value)) for value in losses.values())
    assert {name: set(item.metrics) for name, item in compiled.spec.stages.metric_terms.items()} == {
        name: set(values) for name, values in measured.items()
    }


def test_a_mask_is_drawn_with_the_axes_that_prediction_and_loss_share(tmp_path: Path) -> None:
    spec = tmp_path / "spec.get"
    spec.write_text(
        "model M { input x: [B, L, 3]  h = x -> Linear(5)  output y = softplus(h)  output c = h[:, 0] }\n"
        "loss {\n"
        " y = PoissonMultinomial(y, batch.y) where batch.seen > 0\n"
        " c = CrossEntropy(c, batch.class) where batch.known\n"
        " z = MSE(y, batch.z) where batch.z > 0\n"
        "}\n"
    )
    compiled = getdsl.compile(spec, seed=0)
    batch = compiled.dummy_batch(B=2, L=7)
    shapes = {key: tuple(value.shape) for key, value in batch.items() if key != "x"}
    assert shapes == {"y": (2, 7, 5), "seen": (2,), "class": (2,), "known": (2,), "z": (2, 7, 5)}
    assert compiled.loss(compiled(batch), batch)["total"].isfinite()


def test_the_drawn_keys_are_of_the_shape_that_data_have(tmp_path: Path) -> None:
    """What the loss makes of a key says its shape: no such key is declared, or named as an output."""
    spec = tmp_path / "spec.get"
    spec.write_text(
        "block Wide {\n input v: [B, R, 5]\n output y = mean(v, dim = 2, keepdim = true)\n}\n"
        "model M {\n input x: [B, R, 3]\n input far: [B, R, 1] = unsqueeze(batch.place[:, 1:, 0], 2)\n"
        " h = x -> Linear(1)\n output y = h + far\n}\n"
        "loss {\n"
        " a = MSE(squeeze(y, 2), batch.flat)\n"
        " b = MSE(y, unsqueeze(log1p(batch.column), 2))\n"
        " c = MSE(y, Wide(batch.wide))\n"
        " d = MSE(squeeze(y, 2), batch.pair[:, :, 1] - batch.pair[:, :, 0])\n"
        " e = MSE(y[:, 2:], batch.tail)\n"
        " f = mean(y * batch.plain)\n"
        "}\n"
    )
    compiled = getdsl.compile(spec, seed=0)
    batch = compiled.dummy_batch(B=2, R=7)
    assert {key: tuple(value.shape) for key, value in batch.items()} == {
        "x": (2, 7, 3),
        "place": (2, 8, 1),
        "flat": (2, 7),
        "column": (2, 7),
        "wide": (2, 7, 5),
        "pair": (2, 7, 2),
        "tail": (2, 5, 1),
        "plain": (2, 7, 1),
    }
    assert compiled.loss(compiled(batch), batch)["total"].isfinite()

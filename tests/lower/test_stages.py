"""Losses and metrics of batches as they come: wide numbers, single values."""

from __future__ import annotations

import pytest
import torch

from getdsl.compiler.check import check_text
from getdsl.compiler.lower import Compiled, build
from getdsl.compiler.lower.measures.value_pairs import measure

TEXT = """model M {
    input x: [B, 3]
    y = x -> Linear(1)
    output y = y
}
loss { y = MSE(y, batch.label / batch.scale) }
metrics { y = [mse, mae, pearson, spearman, r2] }
"""


def compiled() -> Compiled:
    checked = check_text(TEXT)
    assert checked.spec is not None, checked.diagnostics
    return build(checked.spec, 0)


def batch(dtype: torch.dtype, size: int = 4) -> dict[str, torch.Tensor]:
    draw = torch.Generator().manual_seed(0)
    return {
        "x": torch.rand(size, 3, generator=draw),
        "label": torch.rand(size, 1, generator=draw).to(dtype),
        "scale": torch.full((size, 1), 3.0, dtype=dtype),
    }


def test_a_wide_batch_value_does_not_widen_the_loss() -> None:
    model = compiled()
    losses = []
    for dtype in (torch.float64, torch.float32):
        values = batch(dtype)
        loss = model.loss(model.module(x=values["x"]), values)["total"]
        assert loss.dtype == torch.float32
        losses.append(float(loss.detach()))
    assert losses[0] == losses[1]


def test_a_wide_model_keeps_its_precision() -> None:
    model = compiled()
    model.module.double()
    values = batch(torch.float64)
    loss = model.loss(model.module(x=values["x"].double()), values)["total"]
    assert loss.dtype == torch.float64


def test_a_single_value_has_errors_and_no_correlation() -> None:
    model = compiled()
    values = batch(torch.float32, size=1)
    with torch.no_grad():
        found = model.metrics(model.module(x=values["x"]), values)["y"]
    assert found["mse"].isfinite()
    assert float(found["mae"]) ** 2 == pytest.approx(float(found["mse"]))
    assert all(found[name].isnan() for name in ("pearson", "spearman", "r2"))


@pytest.mark.parametrize("name", ["mse", "mae", "pearson"])
def test_no_value_has_no_metric(name: str) -> None:
    assert measure(name, torch.zeros(0), torch.zeros(0)).isnan()

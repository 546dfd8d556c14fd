"""`grad(y, x)` in a loss, and its own gradients: held to finite differences, through blocks and kernels."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

import getdsl
from getdsl.compiler.lower import Compiled
from getdsl.compiler.lower.inputs import InputError

TEMPLATE = """
model M {
    %s
    output y = y
}
loss { y = MSE(y, batch.y)  prior = (%s) ** 2 weight 0.5 }
"""
MODELS = {
    "scanned": (
        """input x: onehot[B, L, 4]
        input lengths: lengths[B, R] of L
        scan = x -> MotifScanner(5, kernel_size = 4, learnable = true)
        y = scan -> SplitPool(lengths, pool_method = "sum") -> Linear(1)""",
        "grad(sum(y), x)",
    ),
    "attended": (
        """input x: [B, N, 8]
        encoder = x -> GETTransformer(8, 2, 2, init_values = 0.0)
        y = encoder -> Linear(1)""",
        "grad(sum(y), x)",
    ),
    "convolved": (
        """input x: [B, L, 4]
        conv = x -> Conv1d(6, kernel_size = 3)
        y = gelu(conv) -> MaxPool1d(2) -> LayerNorm(6)""",
        "grad(mean(y ** 2), x)",
    ),
}


def compiled(name: str) -> Compiled:
    found = getdsl.compile_text(TEMPLATE % MODELS[name], seed=0)
    found.module.double().eval()
    return found


def double(batch: dict[str, Tensor]) -> dict[str, Tensor]:
    return {key: value.double() if value.is_floating_point() else value for key, value in batch.items()}


def slope(of: Callable[[], float], value: Tensor, place: tuple[int, ...], step: float = 1e-5) -> float:
    """The central difference of a function of a tensor's element."""
    with torch.no_grad():
        before = value[place].item()
        value[place] = before + step
        above = of()
        value[place] = before - step
        below = of()
        value[place] = before
    return (above - below) / (2 * step)


@pytest.mark.parametrize("name", MODELS)
def test_it_is_the_slope_and_has_one_of_its_own(name: str) -> None:
    model = compiled(name)
    batch = double(model.dummy_batch(B=2))
    batch["x"] = batch["x"] + 0.01 * torch.rand(batch["x"].shape, dtype=torch.float64)

    def loss(term: str) -> Tensor:
        return model.loss(model(batch), batch)[term]

    def number() -> float:
        y = model(batch)["y"]
        return float((y**2).mean() if name == "convolved" else y.sum())

    x = batch["x"].clone().requires_grad_()
    y = model({**batch, "x": x})
    wanted = [slope(number, batch["x"], place) for place in ((0, 1, 2), (1, 3, 0))]
    found = y.inputs["x"]  # type: ignore[attr-defined]
    number_again = (y["y"] ** 2).mean() if name == "convolved" else y["y"].sum()
    (gradient,) = torch.autograd.grad(number_again, found, retain_graph=True)
    assert [float(gradient[place]) for place in ((0, 1, 2), (1, 3, 0))] == pytest.approx(wanted, abs=1e-6)
    prior = loss("prior")
    torch.testing.assert_close(prior, 0.5 * gradient.square().mean())
    prior.backward()
    weights = {
        key: value for key, value in model.named_parameters() if value.grad is not None and value.dim() > 1
    }
    assert weights
    for value in weights.values():
        assert value.grad is not None
        place = tuple(int(size) // 2 for size in value.shape)
        expected = slope(lambda: float(loss("prior").detach()), value, place)
        assert float(value.grad[place]) == pytest.approx(expected, rel=1e-4, abs=1e-7)


def test_it_is_the_same_without_gradients_all_around() -> None:
    model = compiled("attended")
    batch = double(model.dummy_batch())
    wanted = model.loss(model(batch), batch)["prior"].item()
    with torch.no_grad():
        assert model.loss(model(batch), batch)["prior"].item() == wanted
    with torch.inference_mode():
        outputs = model(batch)
    with pytest.raises(InputError, match="the loss reads the input `x`: give it the outputs"):
        model.loss(outputs, batch)
    with pytest.raises(InputError, match="the loss reads the input `x`"):
        model.loss(dict(model(batch)), batch)

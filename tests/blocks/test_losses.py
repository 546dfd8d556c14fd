import math

import pytest
import torch
from torch import Tensor, nn

from getdsl.blocks.bce_with_logits import BCEWithLogits
from getdsl.blocks.huber import Huber
from getdsl.blocks.log1p_mse import Log1pMSE
from getdsl.blocks.mae import MAE
from getdsl.blocks.mnll import MNLL
from getdsl.blocks.mse import MSE
from getdsl.blocks.poisson_nll import PoissonNLL

PREDICTION = torch.tensor([[0.5, 2.0, 3.0], [0.1, 1.0, 4.0]])
TARGET = torch.tensor([[0.0, 1.0, 5.0], [2.0, 0.0, 4.0]])


def elementwise(formula) -> Tensor:
    rows = zip(PREDICTION.tolist(), TARGET.tolist(), strict=True)
    return torch.tensor([[formula(p, t) for p, t in zip(*row, strict=True)] for row in rows])


def huber(p: float, t: float, delta: float) -> float:
    off = abs(p - t)
    return off * off / 2 if off < delta else delta * (off - delta / 2)


def stirling(t: float) -> float:
    return t * math.log(t) - t + math.log(2 * math.pi * t) / 2 if t > 1 else 0.0


CASES = [
    (PoissonNLL(), lambda p, t: math.exp(p) - t * p),
    (PoissonNLL(log_input=False), lambda p, t: p - t * math.log(p + 1e-8)),
    (PoissonNLL(log_input=False, eps=0.5), lambda p, t: p - t * math.log(p + 0.5)),
    (PoissonNLL(log_input=False, full=True), lambda p, t: p - t * math.log(p + 1e-8) + stirling(t)),
    (MSE(), lambda p, t: (p - t) ** 2),
    (MAE(), lambda p, t: abs(p - t)),
    (Huber(), lambda p, t: huber(p, t, 1.0)),
    (Huber(delta=2.5), lambda p, t: huber(p, t, 2.5)),
    (Log1pMSE(), lambda p, t: (p - math.log(t + 1)) ** 2),
]


@pytest.mark.parametrize(("loss", "formula"), CASES)
def test_formula_of_each_element(loss: nn.Module, formula) -> None:
    torch.testing.assert_close(loss(PREDICTION, TARGET), elementwise(formula))


def test_cross_entropy_of_logits() -> None:
    labels = TARGET.clamp(max=1)
    p = PREDICTION.sigmoid()
    want = -(labels * p.log() + (1 - labels) * (1 - p).log())
    torch.testing.assert_close(BCEWithLogits()(PREDICTION, labels), want)
    weighted = -(3 * labels * p.log() + (1 - labels) * (1 - p).log())
    torch.testing.assert_close(BCEWithLogits(pos_weight=3.0)(PREDICTION, labels), weighted)
    torch.testing.assert_close(BCEWithLogits()(PREDICTION, labels.bool()), want)


def test_multinomial_likelihood() -> None:
    probabilities = torch.tensor([[0.2, 0.3, 0.5], [0.6, 0.3, 0.1]])
    want = [
        -torch.distributions.Multinomial(int(counts.sum()), probs=p).log_prob(counts)
        for p, counts in zip(probabilities, TARGET, strict=True)
    ]
    torch.testing.assert_close(MNLL()(probabilities.log(), TARGET), torch.stack(want))
    assert MNLL()(torch.zeros(2, 5, 3), torch.zeros(2, 5, 3)).tolist() == torch.zeros(2, 5).tolist()


def test_multinomial_likelihood_of_what_cannot_happen_and_did_not() -> None:
    log_p = torch.tensor([[-torch.inf, 0.0]], requires_grad=True)
    loss = MNLL()(log_p, torch.tensor([[0, 3]]))
    assert loss.tolist() == [0.0]
    loss.sum().backward()
    assert log_p.grad is not None
    assert log_p.grad.tolist() == [[0.0, -3.0]]
    assert MNLL()(log_p, torch.tensor([[1, 2]])).tolist() == [torch.inf]


LOSSES = [
    PoissonNLL(),
    PoissonNLL(log_input=False),
    MSE(),
    MAE(),
    Huber(),
    BCEWithLogits(),
    Log1pMSE(),
    MNLL(),
]


@pytest.mark.parametrize("loss", LOSSES, ids=lambda loss: type(loss).__name__)
def test_integer_targets_and_half_predictions_are_computed_in_float32(loss: nn.Module) -> None:
    counts = torch.tensor([[0, 1, 1]]) if isinstance(loss, BCEWithLogits) else torch.tensor([[0, 257, 1001]])
    half = torch.tensor([[0.5, 2.0, 3.0]], dtype=torch.bfloat16, requires_grad=True)
    got = loss(half, counts)
    assert got.dtype == torch.float32
    assert torch.equal(got, loss(half.float(), counts.float()))
    got.sum().backward()
    assert half.grad is not None
    assert half.grad.dtype == torch.bfloat16


@pytest.mark.parametrize("loss", LOSSES, ids=lambda loss: type(loss).__name__)
def test_double_precision_is_kept(loss: nn.Module) -> None:
    assert loss(PREDICTION.double(), TARGET.clamp(max=1)).dtype == torch.float64


@pytest.mark.parametrize("loss", LOSSES, ids=lambda loss: type(loss).__name__)
def test_no_weights_and_no_samples(loss: nn.Module) -> None:
    assert not loss.state_dict()
    want = (0, 4) if isinstance(loss, MNLL) else (0, 4, 3)
    assert loss(torch.zeros(0, 4, 3), torch.zeros(0, 4, 3)).shape == want

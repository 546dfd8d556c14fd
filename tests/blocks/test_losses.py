import math

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from getdsl.blocks.bce import BCE
from getdsl.blocks.bce_with_logits import BCEWithLogits
from getdsl.blocks.contrastive import Contrastive
from getdsl.blocks.cosine_mse import CosineMSE
from getdsl.blocks.cross_entropy import CrossEntropy
from getdsl.blocks.huber import Huber
from getdsl.blocks.kl import KL
from getdsl.blocks.log1p_mse import Log1pMSE
from getdsl.blocks.mae import MAE
from getdsl.blocks.mnll import MNLL
from getdsl.blocks.mse import MSE
from getdsl.blocks.poisson_multinomial import PoissonMultinomial
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


def test_cross_entropy_of_classes_is_pytorchs() -> None:
    logits, classes = torch.randn(2, 5, 3), torch.randint(0, 3, (2, 5))
    for smoothing in (0.0, 0.2):
        want = F.cross_entropy(logits.movedim(-1, 1), classes, reduction="none", label_smoothing=smoothing)
        torch.testing.assert_close(CrossEntropy(label_smoothing=smoothing)(logits, classes), want)


def test_a_number_that_is_no_class_gives_nan_and_spoils_no_gradient() -> None:
    logits = torch.randn(3, 4, requires_grad=True)
    loss = CrossEntropy()(logits, torch.tensor([1, -1, 4]))
    assert loss.isnan().tolist() == [False, True, True]
    loss[:1].sum().backward()
    assert logits.grad is not None
    assert logits.grad.isfinite().all()


def test_binary_cross_entropy_of_probabilities() -> None:
    logits, labels = torch.randn(4, 3), torch.randint(0, 2, (4, 3))
    want = F.binary_cross_entropy_with_logits(logits, labels.float(), reduction="none")
    torch.testing.assert_close(BCE()(logits.sigmoid(), labels), want)
    sure = torch.tensor([0.0, 1.0], requires_grad=True)
    loss = BCE(eps=1e-4)(sure, torch.tensor([1, 1]))
    torch.testing.assert_close(loss, torch.tensor([-math.log(1e-4), -math.log(1 - 1e-4)]))
    loss.sum().backward()
    assert sure.grad is not None
    assert sure.grad.isfinite().all()
    assert BCE()(torch.tensor([-0.1, 1.1, 0.5]), torch.tensor([1, 1, 1])).isnan().tolist() == [
        True,
        True,
        False,
    ]


def test_divergence_of_distributions_is_pytorchs() -> None:
    log_p, q = torch.randn(2, 5, 3).log_softmax(-1), torch.rand(2, 5, 3)
    q = q / q.sum(-1, keepdim=True)
    torch.testing.assert_close(KL()(log_p, q), F.kl_div(log_p, q, reduction="none").sum(-1))
    never = torch.tensor([-torch.inf, 0.0], requires_grad=True)
    loss = KL()(never, torch.tensor([0.0, 1.0]))
    assert loss.item() == 0.0
    loss.backward()
    assert never.grad is not None
    assert never.grad.tolist() == [0.0, -1.0]


def test_cosine_and_mean_squared_error() -> None:
    """The mean over examples is CREsted's: mse + w · (-cos), w the mse held between 1 and the largest."""
    prediction, target = torch.randn(6, 4) * 2, torch.randn(6, 4)
    mse = float(((prediction - target) ** 2).mean())
    cosine = (
        sum(
            float(p @ t) / math.sqrt(float(p @ p) * float(t @ t))
            for p, t in zip(prediction, target, strict=True)
        )
        / 6
    )
    assert 1 < mse < 100
    for most, weight in ((1.0, 1.0), (100.0, mse)):
        loss = CosineMSE(max_weight=most)(prediction, target)
        assert loss.shape == (6,)
        assert float(loss.mean()) == pytest.approx(mse - weight * cosine, rel=1e-5)


def test_poisson_and_multinomial() -> None:
    rate, count = torch.rand(2, 7, 3) * 5, torch.randint(0, 9, (2, 7, 3))
    loss = PoissonMultinomial(total_weight=0.2, eps=1e-6)(rate, count)
    for b, t in ((0, 0), (1, 2)):
        p, y = (rate[b, :, t].double() + 1e-6).tolist(), (count[b, :, t].double() + 1e-6).tolist()
        poisson = sum(p) - sum(y) * math.log(sum(p))
        shape = -sum(one * math.log(other / sum(p)) for one, other in zip(y, p, strict=True))
        assert float(loss[b, t]) == pytest.approx((shape + 0.2 * poisson) / 7, rel=1e-5)
    assert PoissonMultinomial()(torch.zeros(1, 4, 2), torch.zeros(1, 4, 2)).isfinite().all()


def test_contrast_of_pairs() -> None:
    left, right = torch.randn(5, 4), torch.randn(5, 4)
    logits = F.cosine_similarity(left[:, None], right[None], dim=-1) / 0.1
    one, other = (F.cross_entropy(each, torch.arange(5), reduction="none") for each in (logits, logits.T))
    torch.testing.assert_close(Contrastive(temperature=0.1)(left, right), (one + other) / 2)
    torch.testing.assert_close(Contrastive(temperature=0.1, both_ways=False)(left, right), one)
    raw = F.cross_entropy(left @ right.T, torch.arange(5), reduction="none")
    plain = Contrastive(temperature=1.0, normalize=False, both_ways=False)
    torch.testing.assert_close(plain(left, right), raw)


LOSSES = [
    PoissonNLL(),
    PoissonNLL(log_input=False),
    MSE(),
    MAE(),
    Huber(),
    BCEWithLogits(),
    Log1pMSE(),
    MNLL(),
    KL(),
    CosineMSE(),
    PoissonMultinomial(),
]
FEWER_AXES = (MNLL, KL, CosineMSE)


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
    want = (
        (0, 4)
        if isinstance(loss, FEWER_AXES)
        else (0, 3)
        if isinstance(loss, PoissonMultinomial)
        else (0, 4, 3)
    )
    assert loss(torch.zeros(0, 4, 3), torch.zeros(0, 4, 3)).shape == want

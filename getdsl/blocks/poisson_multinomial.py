"""Body of `poisson_multinomial.get`."""

from torch import Tensor, nn

from getdsl.blocks.loss_precision import widen


class PoissonMultinomial(nn.Module):
    """(multinomial + total_weight · Poisson) / L, of rates p and counts y along L positions.

    Poisson is Σp - Σy ln Σp of the totals, multinomial is -Σ y ln(p / Σp) of the shape. Linder et al. 2025,
    as baskerville's `poisson_multinomial` has it, without its weights by position.
    """

    def __init__(self, *, total_weight: float = 0.2, eps: float = 1e-6) -> None:
        super().__init__()
        self.total_weight = total_weight
        self.eps = eps

    def forward(self, prediction: Tensor, target: Tensor) -> Tensor:
        """[..., L, T] each -> [..., T]."""
        rate, count = widen(prediction, target)
        rate, count = rate + self.eps, count + self.eps
        total, log_total = rate.sum(-2), rate.sum(-2).log()
        shape = count.sum(-2) * log_total - (count * rate.log()).sum(-2)
        return (shape + self.total_weight * (total - count.sum(-2) * log_total)) / rate.shape[-2]

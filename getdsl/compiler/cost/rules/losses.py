"""Losses: no products, and a few tensors of the prediction's size."""

from __future__ import annotations

from getdsl.compiler.cost.products import product
from getdsl.compiler.cost.work import Kept, Work, rule
from getdsl.compiler.trace import Step


@rule("MSE", "MAE", "Huber", "BCEWithLogits", "Log1pMSE")
def compared(step: Step) -> Work:
    return Work(kept=(Kept("prediction"), Kept("target")))


@rule("PoissonNLL", "MNLL")
def counted(step: Step) -> Work:
    size = product(*step.operands["prediction"].shape)
    return Work(kept=(Kept("target", ("prediction",)), Kept(size)))

"""Integrated gradients (Sundararajan et al. 2017), by captum."""

from __future__ import annotations

import torch
from torch import Tensor

from getdsl.runs.interpret.explained import Explained
from getdsl.runs.interpret.libraries import library, quiet
from getdsl.runs.interpret.pairs import missed, over_pairs

COMPLETE = 1e-3  # the share of a difference that contributions may miss
MOST_STEPS = 8  # times those that were asked for
ROWS = 256  # through the model at once


def integrated_gradients(explained: Explained, references: Tensor, steps: int) -> Tensor:
    """Mean gradients between references and inputs, [B, K, C, P].

    Samples whose contributions do not add up to the difference are done again with twice the steps, up to
    eight times: a model of ReLUs bends where no rule of a few points looks.
    """
    found = mean_gradients(explained, references, steps)
    left, count = torch.arange(len(found), device=found.device), steps
    while count < MOST_STEPS * steps:
        difference, delta = missed(explained, references, found)
        left, count = torch.nonzero(delta.abs() > COMPLETE * difference.abs())[:, 0], 2 * count
        if not len(left):
            break
        found[left] = mean_gradients(explained.of(left), references[left], count)
    return found


def mean_gradients(explained: Explained, references: Tensor, steps: int) -> Tensor:
    """The same by so many steps, whether they add up or not."""
    method = library("captum.attr").IntegratedGradients(explained, multiply_by_inputs=False)

    def walked(x: Tensor, other: Tensor, rows: Tensor) -> Tensor:
        with quiet():
            found: Tensor = method.attribute(
                x,
                other,
                additional_forward_args=rows,
                n_steps=steps,
                method="gausslegendre",
                internal_batch_size=max(ROWS, len(x)),
            )
        return found.detach().to(x.dtype)  # its weights of points are float64

    return over_pairs(explained, references, walked)

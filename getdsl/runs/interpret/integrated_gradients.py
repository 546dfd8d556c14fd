"""Integrated gradients (Sundararajan et al. 2017), by captum."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor

from getdsl.runs.interpret.explained import Explained
from getdsl.runs.interpret.libraries import library, quiet
from getdsl.runs.interpret.pairs import missed, over_pairs

MOST = 4096  # points on a way, unless more are asked for at once
ROWS = 256  # through the model at once


def integrated_gradients(explained: Explained, references: Tensor, steps: int) -> tuple[Tensor, Tensor]:
    """Mean gradients between references and inputs, [B, K, C, P], and on how many points each way, [B].

    Samples whose contributions do not add up are done again on twice the points, up to 4,096. A scan of
    motifs bends thousands of times on the way, most of them near its ends; at each bend the gradient steps,
    so that what is missed falls with the number of points and no faster, whatever the rule. It is as much in
    float64.
    """
    found = mean_gradients(explained, references, steps)
    points = torch.full((len(found),), steps, device=found.device)
    left, parts = torch.arange(len(found), device=found.device), 1
    while 2 * parts * steps <= MOST:
        gap = missed(explained.of(left), references[left], found[left])
        left, parts = left[~gap.adds_up], 2 * parts
        if not len(left):
            break
        found[left] = mean_gradients(explained.of(left), references[left], steps, parts)
        points[left] = parts * steps
    return found, points


def mean_gradients(explained: Explained, references: Tensor, steps: int, parts: int = 1) -> Tensor:
    """The same by so many points in each of some equal parts of the way, whether they add up or not."""
    method = library("captum.attr").IntegratedGradients(explained, multiply_by_inputs=False)

    def along(x: Tensor, other: Tensor, rows: Tensor) -> Tensor:
        with quiet():
            found: Tensor = method.attribute(
                x,
                other,
                additional_forward_args=rows,
                n_steps=steps,
                method="gausslegendre",
                internal_batch_size=max(ROWS, len(x)),
            )
        return found.detach()

    def walked(x: Tensor, other: Tensor, rows: Tensor) -> Tensor:
        ends = [torch.lerp(other, x, part / parts) for part in range(parts + 1)]
        found = sum(along(end, start, rows) for start, end in pairwise(ends)) / parts
        assert isinstance(found, Tensor)
        return found.to(x.dtype)  # captum's weights of points are float64

    return over_pairs(explained, references, walked)

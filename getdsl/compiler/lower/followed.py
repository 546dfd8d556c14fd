"""Outputs with the inputs that they are made of, so that a loss can take gradients with respect to these."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from torch import Tensor
from torch.nn.attention import SDPBackend, sdpa_kernel


class Followed(dict[str, Tensor]):
    """The outputs; `inputs` are those of the model that its loss reads, by their names."""

    inputs: Mapping[str, Tensor]


def follow(
    model: Callable[..., dict[str, Tensor]], inputs: Mapping[str, Tensor], arguments: Mapping[str, str]
) -> Followed:
    """Runs a model on inputs by argument; `arguments` has the names of those that are followed, with theirs.

    Also without gradients all around. Attention takes the form that can be differentiated twice.
    """
    with torch.enable_grad(), sdpa_kernel(SDPBackend.MATH):
        leaves = {argument: _leaf(inputs[argument]) for argument in arguments.values()}
        found = Followed(model(**{**inputs, **leaves}))
    found.inputs = {name: leaves[argument] for name, argument in arguments.items()}
    return found


def _leaf(value: Tensor) -> Tensor:
    return value.detach().requires_grad_() if value.is_floating_point() else value

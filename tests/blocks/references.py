"""A block beside a plain module of PyTorch that has its weights: equal outputs, equal gradients."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from torch import Tensor, nn

import getdsl
from getdsl import Compiled

Forward = Callable[..., Tensor]


def model_of(call: str, inputs: Mapping[str, str]) -> Compiled:
    """A model of one call, whose weights are under `body.`."""
    declared = "\n".join(f"input {name}: {type}" for name, type in inputs.items())
    return getdsl.compile_text(f"model One {{\n{declared}\nbody = x -> {call}\noutput y = body\n}}\n")


def assert_like(compiled: Compiled, plain: nn.Module, forward: Forward, *given: Tensor) -> Tensor:
    """`forward(plain, *given)` is what the model returns, with equal gradients; the output is returned."""
    weights = {key.removeprefix("body."): value for key, value in compiled.module.state_dict().items()}
    plain.load_state_dict(weights, strict=True)
    inputs = [item.clone().requires_grad_(item.is_floating_point()) for item in given]
    others = [item.clone().requires_grad_(item.is_floating_point()) for item in given]
    found, want = compiled.module(*inputs)["y"], forward(plain, *others)
    torch.testing.assert_close(found, want)
    slope = torch.randn_like(want)
    (found * slope).sum().backward()
    (want * slope).sum().backward()
    for one, other in zip(inputs, others, strict=True):
        if one.is_floating_point():
            torch.testing.assert_close(one.grad, other.grad)
    expected = dict(plain.named_parameters())
    for name, weight in compiled.module.named_parameters():
        torch.testing.assert_close(weight.grad, expected[name.removeprefix("body.")].grad, msg=name)
    return found

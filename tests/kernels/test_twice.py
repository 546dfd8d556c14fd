"""Gradients of gradients: each op's backward pass is differentiable where one is asked for."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torch.autograd import gradgradcheck

from getdsl.kernels.motif_scan import motif_scan
from getdsl.kernels.motif_scan_pool import motif_scan_pool
from getdsl.kernels.segment_pool import segment_pool

LENGTHS = torch.tensor([[3, 0, 4], [2, 5, 1]])


def drawn(*shape: int) -> Tensor:
    return torch.randn(shape, dtype=torch.float64, generator=torch.Generator().manual_seed(sum(shape)))


@pytest.mark.parametrize("reduce", ["mean", "sum", "max"])
def test_pooling(reduce: str) -> None:
    x = drawn(2, 8, 2).requires_grad_()
    assert gradgradcheck(lambda x: segment_pool(x, LENGTHS, reduce).square(), (x,))


@pytest.mark.parametrize("strands", ["forward", "both"])
def test_scanning(strands: str) -> None:
    x, weight, bias = (value.requires_grad_() for value in (drawn(2, 8, 4), drawn(4, 4, 3), drawn(4)))
    assert gradgradcheck(lambda *given: motif_scan(*given, strands=strands).square(), (x, weight, bias))


@pytest.mark.parametrize("reduce", ["mean", "max"])
def test_scanning_and_pooling(reduce: str) -> None:
    x, weight, bias = (value.requires_grad_() for value in (drawn(2, 8, 4), drawn(4, 4, 3), drawn(4)))

    def pooled(*given: Tensor) -> Tensor:
        return motif_scan_pool(*given, LENGTHS, reduce).square()

    assert gradgradcheck(pooled, (x, weight, bias))


def test_the_first_gradient_is_the_same_either_way() -> None:
    x, weight = drawn(2, 8, 4).requires_grad_(), drawn(4, 4, 3).requires_grad_()
    first, again = (
        torch.autograd.grad(
            segment_pool(motif_scan(x, weight), LENGTHS, "max").sum(), (x, weight), create_graph=twice
        )
        for twice in (False, True)
    )
    for one, other in zip(first, again, strict=True):
        torch.testing.assert_close(one, other)

"""Weights of blocks in a loss: values and gradients beside those written by hand."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from getdsl.compiler.check import check_text
from getdsl.compiler.lower import Compiled, build

MODEL = """model M {
    input x: [B, L, 4]
    scanner = x -> Conv1d(8, kernel_size = 5)
    encoder = relu(scanner) -> GETTransformer(8, num_heads = 2, num_layers = 2)
    for i in 0..2 { head[i] = mean(encoder, dim = 1) -> Linear(1) }
    output scanner
    output y = squeeze(head[0] + head[1], 1)
}
"""
LOSS = """loss {
    y        = MSE(y, batch.y)
    sparsity = 0.3 * sum(abs(scanner.weight))
    smooth   = (scanner.weight[:, :, 1:] - scanner.weight[:, :, :-1]) ** 2 weight exp(-mean(scanner.bias))
    deep     = sum(encoder.blocks[1].attn.qkv.weight ** 2) weight 0.5
    for i in 0..2 { output [["one", "two"][i]] = mean(head[i].weight) ** 2 }
}
"""


def compiled(text: str, *, fuse: bool = True) -> Compiled:
    checked = check_text(text)
    assert checked.spec is not None, checked.diagnostics
    return build(checked.spec, 0, fuse=fuse)


def by_hand(weights: dict[str, Tensor], y: Tensor, target: Tensor) -> Tensor:
    kernels = weights["scanner.weight"]
    terms = [
        ((y - target) ** 2).mean(),
        0.3 * kernels.abs().sum(),
        torch.exp(-weights["scanner.bias"].mean()) * ((kernels[:, :, 1:] - kernels[:, :, :-1]) ** 2).mean(),
        0.5 * (weights["encoder.blocks.1.attn.qkv.weight"] ** 2).sum(),
        weights["head.0.weight"].mean() ** 2,
        weights["head.1.weight"].mean() ** 2,
    ]
    return torch.stack(terms).sum()


def test_penalties_and_their_gradients_are_those_written_by_hand() -> None:
    model = compiled(MODEL + LOSS)
    batch = model.dummy_batch(B=3, L=12)
    weights = dict(model.module.named_parameters())
    with torch.no_grad():
        for weight in weights.values():
            weight.add_(0.1 * torch.randn(weight.shape, generator=torch.Generator().manual_seed(1)))
    outputs = model(batch)
    wanted = by_hand(weights, outputs["y"], batch["y"])
    found = model.loss(outputs, batch)["total"]
    torch.testing.assert_close(found, wanted, rtol=1e-5, atol=1e-6)
    names, tensors = zip(*weights.items(), strict=True)
    gradients = [
        torch.autograd.grad(total, tensors, allow_unused=True, retain_graph=True) for total in (found, wanted)
    ]
    for name, mine, theirs in zip(names, *gradients, strict=True):
        assert (mine is None) == (theirs is None), name
        if mine is not None:
            torch.testing.assert_close(
                mine, theirs, rtol=1e-4, atol=1e-6, msg=lambda text, name=name: f"{name}: {text}"
            )


@pytest.mark.parametrize("fuse", [True, False])
def test_a_penalty_on_a_fused_block_reads_the_weights_that_are_saved(fuse: bool) -> None:
    text = """model M {
        input x: onehot[B, L, 4]
        input lengths: lengths[B, R] of L
        scan = x -> MotifScanner(6, kernel_size = 5, include_reverse_complement = false, learnable = true)
        pool = scan -> SplitPool(lengths, pool_method = "sum")
        output y = sum(pool, dim = 2)
    }
    loss { y = MSE(y, batch.y)  sparsity = sum(abs(scan.motif[0].weight)) }
    """
    model = compiled(text, fuse=fuse)
    batch = model.dummy_batch(B=2, L=40, R=3)
    weight = model.module.get_parameter("scan.motif.0.weight")
    found = model.loss(model(batch), batch)["sparsity"]
    torch.testing.assert_close(found, weight.abs().sum())
    found.backward()
    torch.testing.assert_close(weight.grad, weight.detach().sign())


def test_a_penalty_reaches_the_adapters_of_an_adapted_weight() -> None:
    model = compiled(MODEL + "loss { p = sum(head[0].weight ** 2) }\nlora { on = [head[0]] rank = 1 }\n")
    batch = model.dummy_batch(B=2, L=12)
    learning = {name: item for name, item in model.module.named_parameters() if item.requires_grad}
    model.loss(model(batch), batch)["total"].backward()
    assert any(item.grad is not None and item.grad.abs().sum() > 0 for item in learning.values()), [*learning]


def test_its_shape_is_checked_and_its_cost_is_told() -> None:
    checked = check_text(MODEL + "loss { p = sum(scanner.weight + scanner.bias[:, none]) }")
    assert [item.message for item in checked.diagnostics] == [
        "cannot combine [8, 4, 5] with [8, 1]: 4 and 8 differ on axis -2"
    ]

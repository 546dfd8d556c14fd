"""Attention to a context, by places, within windows: beside PyTorch's, and scores one by one."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from getdsl.blocks.attention import Attention
from getdsl.blocks.cross_attention import CrossAttention
from getdsl.blocks.positions import alibi_slopes
from getdsl.blocks.relative_attention import RelativeAttention, step_features

B, N, M, D, C, H = 2, 5, 7, 8, 6, 2


def random_weights(body: nn.Module) -> nn.Module:
    torch.manual_seed(3)
    with torch.no_grad():
        for parameter in body.parameters():
            parameter.normal_(0, 0.5)
    return body.eval()


# ---- a context


def beside_pytorch(ours: CrossAttention) -> nn.MultiheadAttention:
    """PyTorch's attention with the same weights; its other biases are zero."""
    theirs = nn.MultiheadAttention(D, H, kdim=C, vdim=C, batch_first=True)
    k, v = ours.to_kv.weight.chunk(2)
    with torch.no_grad():
        for name, weight in (("q", ours.to_q.weight), ("k", k), ("v", v)):
            getattr(theirs, f"{name}_proj_weight").copy_(weight)
        theirs.in_proj_bias.zero_()
    theirs.out_proj.load_state_dict(ours.to_out.state_dict())
    return theirs


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize(("causal", "window"), [(False, None), (True, None), (False, 1), (True, 2)])
def test_a_context_is_looked_at_as_pytorch_does(masked: bool, causal: bool, window: int | None) -> None:
    ours = CrossAttention(dim=D, C=C, heads=H, causal=causal, window=window)
    random_weights(ours)
    theirs = beside_pytorch(ours)
    x, context = torch.randn(B, N, D, requires_grad=True), torch.randn(B, M, C, requires_grad=True)
    mask = torch.zeros(B, M, dtype=torch.bool)
    mask[0, 2] = masked
    hidden = torch.tensor(
        [
            [(causal and j > i) or (window is not None and abs(i - j) > window) for j in range(M)]
            for i in range(N)
        ]
    )
    want, _ = theirs(x, context, context, key_padding_mask=mask, attn_mask=hidden)
    got = ours(x, context, mask=mask if masked else None)
    torch.testing.assert_close(got, want)
    slope = torch.randn_like(want)
    wanted = torch.autograd.grad(want, (x, context), slope)
    torch.testing.assert_close(torch.autograd.grad(got, (x, context), slope), wanted)


def test_a_token_that_sees_nothing_gets_the_last_layers_bias() -> None:
    ours = CrossAttention(dim=D, C=C, heads=H)
    random_weights(ours)
    x = torch.randn(B, N, D, requires_grad=True)
    y = ours(x, torch.randn(B, M, C), mask=torch.tensor([[True] * M, [False] * M]))
    torch.testing.assert_close(y[0], ours.to_out.bias.expand(N, D))
    y.sum().backward()
    assert x.grad is not None
    assert x.grad.isfinite().all()


def test_leading_axes_and_one_token() -> None:
    ours = CrossAttention(dim=D, C=C, heads=H)
    random_weights(ours)
    x, context = torch.randn(2, 3, 1, D), torch.randn(2, 3, 1, C)
    torch.testing.assert_close(ours(x, context)[1, 2], ours(x[1, 2][None], context[1, 2][None])[0])
    assert ours(torch.randn(0, N, D), torch.randn(0, M, C)).shape == (0, N, D)


# ---- places


def scores_of(body: Any, x: Tensor) -> tuple[Tensor, Tensor]:
    """Queries and keys of each head, [B, N, H, d]."""
    q, k, _ = body.qkv(x).unflatten(-1, (3, H, D // H)).unbind(2)
    return q, k


def map_of(body: Any, x: Tensor) -> Tensor:
    attn: Tensor = body(x, outputs=("attn",))
    return attn


def turned(x: Tensor) -> Tensor:
    """Features as complex numbers, k with k + d / 2, turned by n / 10000^(2 k / d)."""
    half = x.shape[-1] // 2
    pairs = torch.complex(x[..., :half], x[..., half:])
    for n in range(x.shape[1]):
        for k in range(half):
            angle = torch.tensor(n / 10_000 ** (2 * k / x.shape[-1]))
            pairs[:, n, :, k] = pairs[:, n, :, k] * torch.polar(torch.tensor(1.0), angle)
    return torch.cat([pairs.real, pairs.imag], -1)


def test_rotary_positions_turn_queries_and_keys() -> None:
    body = random_weights(Attention(dim=D, num_heads=H, positions="rotary"))
    x = torch.randn(B, N, D)
    with torch.no_grad():
        q, k = (turned(each) for each in scores_of(body, x))
        scores = torch.einsum("bnhd,bmhd->bhnm", q, k) / math.sqrt(D // H)
        torch.testing.assert_close(map_of(body, x), scores.softmax(-1))
        torch.testing.assert_close(body(x), body(x, outputs=("y", "attn"))["y"])


def test_rotary_scores_depend_on_distances_alone() -> None:
    """The same token everywhere: all scores of one distance are equal."""
    body = random_weights(Attention(dim=D, num_heads=H, positions="rotary"))
    with torch.no_grad():
        attn = map_of(body, torch.randn(1, 1, D).expand(1, 9, D)).log()
    for far in range(1, 8):
        along = attn.diagonal(far, -2, -1) - attn.diagonal(0, -2, -1)[..., : 9 - far]
        torch.testing.assert_close(along, along[..., :1].expand_as(along), atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize(
    ("heads", "slopes"),
    [
        (8, [2.0**-k for k in range(1, 9)]),
        (1, [2.0**-8]),
        (6, [2.0**-2, 2.0**-4, 2.0**-6, 2.0**-8, 2.0**-1, 2.0**-3]),
    ],
)
def test_slopes_of_alibi(heads: int, slopes: list[float]) -> None:
    assert alibi_slopes(heads) == pytest.approx(slopes)


def test_alibi_takes_a_slope_times_the_distance_from_the_scores() -> None:
    body = random_weights(Attention(dim=D, num_heads=H, positions="alibi"))
    x, bias = torch.randn(B, N, D), torch.randn(B, H, N, N)
    far = torch.tensor([[abs(i - j) for j in range(N)] for i in range(N)])
    slopes = torch.tensor([2.0**-4, 2.0**-8])
    with torch.no_grad():
        q, k = scores_of(body, x)
        scores = torch.einsum("bnhd,bmhd->bhnm", q, k) / math.sqrt(D // H) - slopes[:, None, None] * far
        torch.testing.assert_close(map_of(body, x), scores.softmax(-1))
        torch.testing.assert_close(body(x, bias=bias, outputs=("attn",)), (scores + bias).softmax(-1))


@pytest.mark.parametrize("outputs", [("y",), ("y", "attn")])
def test_who_is_not_seen_changes_nothing(outputs: tuple[str, ...]) -> None:
    body = random_weights(Attention(dim=D, num_heads=H, causal=True, window=2))
    x = torch.randn(1, 9, D, requires_grad=True)
    found = body(x, outputs=outputs)
    y = found if isinstance(found, Tensor) else found["y"]
    y[0, 5].sum().backward()
    assert x.grad is not None
    assert x.grad[0].abs().sum(-1).nonzero().flatten().tolist() == [3, 4, 5]


def test_a_mask_joins_what_is_not_seen() -> None:
    """The first token, masked, may look at nothing: it attends evenly, as ever, and nobody gets a NaN."""
    body = random_weights(Attention(dim=D, num_heads=H, causal=True))
    mask = torch.tensor([[True, False, False, False, False]])
    attn = body(torch.randn(1, N, D), mask=mask, outputs=("attn",))
    torch.testing.assert_close(attn[0, :, 0], torch.full((H, N), 1 / N))
    assert (attn[0, :, 1:, 0] == 0).all()
    assert (attn[0, :, 2, 3:] == 0).all()


# ---- distances


def test_steps_grow_by_a_constant_factor() -> None:
    """9 ** (1 / 2) - 1 = 2 and 9 - 1 = 8 tokens, of 8."""
    found = step_features(8, 4, torch.zeros(1))
    assert found.shape == (15, 4)
    far = torch.arange(-7.0, 8.0)
    want = torch.stack([(far.abs() < 2).float(), (far.abs() < 8).float()], -1)
    torch.testing.assert_close(found, torch.cat([want, far.sign()[:, None] * want], -1))


def test_relative_attention_with_steps_is_its_scores_one_by_one() -> None:
    body: Any = random_weights(
        RelativeAttention(
            dim=D, heads=H, dim_key=3, dim_value=5, num_rel_pos_features=32, distances="steps"
        ).double()
    )
    x = torch.randn(1, N, D, dtype=torch.float64)
    far = step_features(N, 32, torch.zeros(1, dtype=torch.float64))
    with torch.no_grad():
        q, k = (each(x).unflatten(-1, (H, 3))[0] for each in (body.to_q, body.to_k))
        r = body.to_rel_k(far).unflatten(-1, (H, 3))
        v = body.to_v(x).unflatten(-1, (H, 5))[0]
        rows = torch.zeros(N, H, 5, dtype=torch.float64)
        for h in range(H):
            for i in range(N):
                u, w = body.rel_content_bias[0, h, 0], body.rel_pos_bias[0, h, 0]
                query = q[i, h] / math.sqrt(3)
                scores = torch.stack(
                    [(query + u) @ k[j, h] + (query + w) @ r[j - i + N - 1, h] for j in range(N)]
                )
                rows[i, h] = scores.softmax(0) @ v[:, h]
        torch.testing.assert_close(body(x)[0], body.to_out(rows.flatten(1)))

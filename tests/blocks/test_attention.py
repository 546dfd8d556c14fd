from typing import cast

import pytest
import torch
from torch import Tensor

from getdsl.blocks.attention import Attention

B, N, D, H = 2, 6, 16, 4


def attention(**params: object) -> Attention:
    torch.manual_seed(0)
    body = Attention(dim=D, num_heads=H, qkv_bias=True, **params)  # type: ignore[arg-type]
    with torch.no_grad():
        for parameter in body.parameters():
            parameter.normal_(0, 0.3)
    return body


X = torch.randn(B, N, D, generator=torch.Generator().manual_seed(1))
MASK = torch.tensor([[False, True, False, False, True, False], [True] * N])


def test_starts_with_zero_biases_and_xavier_projections() -> None:
    body = Attention(dim=D, num_heads=H, qkv_bias=True)
    assert body.q_bias is not None
    assert (body.q_bias == 0).all()
    assert (body.proj.bias == 0).all()
    assert body.qkv.weight.abs().max() <= (6 / (4 * D)) ** 0.5


def test_what_is_asked_for_is_returned() -> None:
    body = attention().eval()
    both = body(X, outputs=("y", "attn"))
    assert set(both) == {"y", "attn"}
    torch.testing.assert_close(body(X), both["y"])
    torch.testing.assert_close(body(X, outputs=("y",)), both["y"])
    torch.testing.assert_close(body(X, outputs=("attn",)), both["attn"])
    assert both["attn"].shape == (B, H, N, N)


@pytest.mark.parametrize("outputs", [("y",), ("y", "attn")])
@pytest.mark.parametrize("biased", [False, True])
def test_a_row_masked_throughout_attends_evenly_up_to_the_bias(
    outputs: tuple[str, ...], biased: bool
) -> None:
    body = attention().eval()
    bias = torch.randn(B, H, N, N) if biased else None
    x = X.clone().requires_grad_()
    got = body(x, mask=MASK, bias=bias, outputs=outputs)
    y = got if isinstance(got, Tensor) else got["y"]
    weights = torch.full((H, N, N), 1 / N) if bias is None else bias[1].softmax(-1)
    v = body.qkv(X)[1].unflatten(-1, (3, H, D // H))[:, 2].transpose(0, 1) + cast(Tensor, body.v_bias).view(
        H, 1, -1
    )
    torch.testing.assert_close(y[1], body.proj((weights @ v).transpose(0, 1).flatten(1)))
    y.sum().backward()
    assert x.grad is not None
    assert x.grad.isfinite().all()


def test_nobody_looks_at_masked_tokens() -> None:
    body = attention().eval()
    got = body(X, mask=MASK, outputs=("y", "attn"))
    assert (got["attn"][0][..., MASK[0]] == 0).all()
    changed = X.clone()
    changed[0, MASK[0]] += 10
    others = ~MASK[0]
    torch.testing.assert_close(body(changed, mask=MASK)[0, others], body(X, mask=MASK)[0, others])


@pytest.mark.parametrize("outputs", [("y",), ("attn",)])
def test_masks_and_biases_of_every_rank(outputs: tuple[str, ...]) -> None:
    body = attention().eval()
    row, bias = MASK[0], torch.randn(N)
    want = body(X, mask=row.expand(B, H, N, N), bias=bias.expand(B, H, N, N), outputs=outputs)
    for shape in ((N,), (B, N), (B, N, N), (B, 1, N, N), (1, 1, 1, N)):
        got = body(X, mask=row.expand(shape), bias=bias.expand(shape), outputs=outputs)
        torch.testing.assert_close(got, want)
    with pytest.raises(ValueError, match="1 to 4 axes"):
        body(X, bias=torch.zeros(1, 1, 1, 1, N))


def test_the_layers_are_called_so_that_adapters_take_part() -> None:
    body = attention().eval()
    called = []
    for name in ("qkv", "proj"):
        getattr(body, name).register_forward_hook(lambda *_, name=name: called.append(name))
    body(X)
    assert called == ["qkv", "proj"]


@pytest.mark.parametrize("outputs", [("y",), ("y", "attn")])
def test_dropout_of_the_map_only_in_training(outputs: tuple[str, ...]) -> None:
    body = attention(attn_drop=0.5)
    once, again = body(X, outputs=outputs), body(X, outputs=outputs)
    first, second = (got if isinstance(got, Tensor) else got["y"] for got in (once, again))
    assert not torch.equal(first, second)
    body.eval()
    torch.testing.assert_close(body(X), attention().eval()(X))


def test_dropout_of_the_output_only_in_training() -> None:
    body = attention(proj_drop=0.5)
    assert (body(X) == 0).float().mean() > 0.3
    assert not (body.eval()(X) == 0).any()


@pytest.mark.parametrize("outputs", [("y",), ("y", "attn")])
def test_bfloat16_with_a_float32_bias(outputs: tuple[str, ...]) -> None:
    body = attention().eval()
    want = body(X, mask=MASK)
    got = body.bfloat16()(X.bfloat16(), mask=MASK, bias=torch.zeros(N), outputs=outputs)
    y = got if isinstance(got, Tensor) else got["y"]
    assert y.dtype == torch.bfloat16
    torch.testing.assert_close(y.float(), want, atol=0.1, rtol=0.1)


@pytest.mark.parametrize("short", [N, N - 1])
@pytest.mark.parametrize("mask", [None, MASK])
def test_in_half_precision_the_map_is_made_where_it_is_small(
    short: int, mask: Tensor | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = attention()
    body(X, mask=mask).square().sum().backward()
    want = [parameter.grad for parameter in body.parameters()]
    monkeypatch.setattr("getdsl.blocks.attention.SHORT", short)
    made = []
    monkeypatch.setattr(Tensor, "softmax", lambda x, dim: made.append(x.shape) or torch.softmax(x, dim))
    body.zero_grad(set_to_none=True)
    with torch.autocast("cpu", torch.bfloat16):
        y = body(X, mask=mask)
    assert made == ([(B, H, N, N)] if short >= N else [])
    y.float().square().sum().backward()
    for parameter, grad in zip(body.parameters(), want, strict=True):
        assert grad is not None
        assert parameter.grad is not None
        assert (parameter.grad - grad).norm() <= 0.05 * grad.norm()

import math
from typing import Any, cast

import pytest
import torch
from torch import Tensor, nn

from getdsl.blocks.contact_map_head import ContactMapHead
from getdsl.blocks.conv1d import Conv1d
from getdsl.blocks.drop_path import DropPath
from getdsl.blocks.dropout import Dropout
from getdsl.blocks.expression_head import ExpressionHead
from getdsl.blocks.layer_norm import LayerNorm
from getdsl.blocks.linear import Linear
from getdsl.blocks.split_pool import SplitPool


def xavier_bound(fan_in: int, fan_out: int) -> float:
    return math.sqrt(6 / (fan_in + fan_out))


def test_linear_starts_xavier_uniform() -> None:
    linear = Linear(D=300, out_features=100)
    bound = xavier_bound(300, 100)
    assert 0.98 * bound < linear.weight.abs().max() <= bound
    assert (linear.bias == 0).all()


def test_linear_can_start_as_pytorch_does() -> None:
    linear = Linear(D=300, out_features=100, init="default")
    bound = 300**-0.5
    assert 0.98 * bound < linear.weight.abs().max() <= bound
    assert linear.bias.abs().max() > 0


@pytest.mark.parametrize("init", ["xavier_uniform", "default"])
def test_linear_over_the_last_axis(init: Any) -> None:
    linear = Linear(D=3, out_features=5, bias=False, init=init)
    assert set(linear.state_dict()) == {"weight"}
    for leading in ((), (2,), (2, 0, 4)):
        assert linear(torch.randn(*leading, 3)).shape == (*leading, 5)


def test_linear_is_what_adapters_look_for() -> None:
    assert isinstance(Linear(D=3, out_features=5), nn.Linear)


def test_layer_norm() -> None:
    norm = LayerNorm(dim=4, eps=0.5)
    assert (norm.weight == 1).all()
    assert (norm.bias == 0).all()
    x = torch.randn(2, 3, 4)
    want = (x - x.mean(-1, keepdim=True)) / (x.var(-1, keepdim=True, correction=0) + 0.5).sqrt()
    torch.testing.assert_close(norm(x), want)
    assert LayerNorm(dim=4).eps == 1e-5


def test_dropout_only_in_training() -> None:
    x = torch.ones(10_000)
    dropout = Dropout(p=0.25)
    dropped = dropout(x)
    assert dropped.unique().tolist() == pytest.approx([0.0, 1 / 0.75])
    assert 0.2 < float((dropped == 0).float().mean()) < 0.3
    assert torch.equal(dropout.eval()(x), x)


def test_drop_path_drops_whole_samples() -> None:
    x = torch.randn(4000, 3, 2)
    drop = DropPath(p=0.25)
    y = drop(x)
    dropped = (y == 0).all(dim=(1, 2))
    assert 0.2 < float(dropped.float().mean()) < 0.3
    torch.testing.assert_close(y[~dropped], x[~dropped] / 0.75)


def test_drop_path_passes_through() -> None:
    x = torch.randn(3, 2)
    assert DropPath(p=0.0)(x) is x
    assert DropPath(p=0.5).eval()(x) is x
    assert torch.equal(DropPath(p=1.0)(x), torch.zeros_like(x))
    assert DropPath(p=0.5)(torch.randn(0, 2)).shape == (0, 2)


@pytest.mark.parametrize("kernel_size", [1, 2, 3, 6])
@pytest.mark.parametrize("dilation", [1, 3])
def test_conv1d_is_a_convolution_of_the_length_axis(kernel_size: int, dilation: int) -> None:
    conv = Conv1d(C=3, out_channels=5, kernel_size=kernel_size, dilation=dilation, padding="valid")
    x = torch.randn(2, 20, 3)
    y = conv(x)
    span = dilation * (kernel_size - 1)
    assert y.shape == (2, 20 - span, 5)
    windows = torch.stack([x[:, j * dilation : 20 - span + j * dilation] for j in range(kernel_size)], dim=-1)
    torch.testing.assert_close(
        y, torch.einsum("blck,ock->blo", windows, conv.weight) + cast(Tensor, conv.bias)
    )

    same = Conv1d(C=3, out_channels=5, kernel_size=kernel_size, dilation=dilation)
    same.load_state_dict(conv.state_dict(), strict=True)
    assert same(x).shape == (2, 20, 5)
    torch.testing.assert_close(same(x)[:, span // 2 : span // 2 + 20 - span], y)


def test_conv1d_of_a_sequence_shorter_than_the_kernel() -> None:
    conv = Conv1d(C=3, out_channels=5, kernel_size=9, bias=False)
    assert set(conv.state_dict()) == {"weight"}
    assert conv(torch.randn(2, 4, 3)).shape == (2, 4, 5)


def test_contact_map_head_starts_xavier_uniform() -> None:
    head = ContactMapHead(input_dim=8)
    bound = xavier_bound(64 * 9, 64 * 9)
    assert 0.98 * bound < head.conv2.weight.abs().max() <= bound
    assert all((bias == 0).all() for name, bias in head.named_parameters() if name.endswith("bias"))


@pytest.mark.parametrize(
    ("activation", "function"),
    [("softplus", nn.functional.softplus), ("relu", torch.relu), ("sigmoid", torch.sigmoid)],
)
def test_contact_map_head_activations(activation: Any, function: Any) -> None:
    plain = ContactMapHead(input_dim=2, hidden_dim=3, output_dim=4, activation="none")
    head = ContactMapHead(input_dim=2, hidden_dim=3, output_dim=4, activation=activation)
    head.load_state_dict(plain.state_dict(), strict=True)
    x = torch.randn(2, 2, 5, 6)
    assert head(x).shape == (2, 4, 5, 6)
    torch.testing.assert_close(head(x), function(plain(x)))


def test_expression_head_wants_accessibility_exactly_when_it_uses_it() -> None:
    x, atac = torch.randn(2, 3, 4), torch.randn(2, 3, 1)
    with pytest.raises(ValueError, match="use_atac"):
        ExpressionHead(embed_dim=4, use_atac=True)(x)
    with pytest.raises(ValueError, match="use_atac"):
        ExpressionHead(embed_dim=4)(x, atac=atac)


def test_split_pool_honours_its_method() -> None:
    x, lengths = torch.randn(2, 6, 3), torch.tensor([[2, 4], [3, 0]])
    assert torch.equal(SplitPool(pool_method="max")(x, lengths)[1, 0], x[1, :3].max(0).values)
    torch.testing.assert_close(SplitPool(pool_method="sum")(x, lengths)[0, 1], x[0, 2:].sum(0))
    torch.testing.assert_close(SplitPool()(x, lengths)[0, 1], x[0, 2:].mean(0))

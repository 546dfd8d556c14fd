import math
from typing import Any, cast

import pytest
import torch
from torch import Tensor, nn

from getdsl.blocks.center_fit import CenterFit
from getdsl.blocks.conv1d import Conv1d
from getdsl.blocks.conv2d import Conv2d
from getdsl.blocks.drop_path import DropPath
from getdsl.blocks.dropout import Dropout
from getdsl.blocks.layer_norm import LayerNorm
from getdsl.blocks.linear import Linear
from getdsl.blocks.profile_track import ProfileTrack
from getdsl.blocks.profile_window import ProfileWindow
from getdsl.blocks.split_peaks import SplitPeaks
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


def test_conv2d_starts_xavier_uniform_where_it_is_asked() -> None:
    conv = Conv2d(C=64, out_channels=64, init="xavier_uniform")
    bound = xavier_bound(64 * 9, 64 * 9)
    assert 0.98 * bound < conv.weight.abs().max() <= bound
    assert conv.bias is not None
    assert not conv.bias.any()


def test_conv1d_says_that_its_kernel_is_too_long() -> None:
    with pytest.raises(ValueError, match="the kernel reads 9 positions, and the sequence has 8"):
        Conv1d(C=3, out_channels=5, kernel_size=5, dilation=2, padding="valid")(torch.randn(2, 8, 3))


def test_center_fit_cuts_and_pads_around_the_middle() -> None:
    x = torch.arange(1.0, 6.0)[None]
    assert CenterFit()(x, torch.zeros(1, 3)).tolist() == [[2, 3, 4]]
    assert CenterFit()(x, torch.zeros(1, 7)).tolist() == [[0, 1, 2, 3, 4, 5, 0]]
    assert CenterFit()(x, x) is not None


def test_split_peaks_pads_each_peak_by_itself() -> None:
    x = torch.arange(1.0, 8.0)[None, :, None]  # 1 … 7
    found = SplitPeaks()(x, torch.tensor([[2, 0, 3]]), outputs=("peaks", "inside"))
    assert found["peaks"].squeeze(3).tolist() == [[[1, 2, 0], [0, 0, 0], [3, 4, 5]]]
    assert found["inside"].sum(2).tolist() == [[2, 0, 3]]
    for lengths, message in (([[-1, 2]], "holds -1"), ([[4, 4]], "sum to 8, past L = 7"), ([[0]], "0 bp")):
        with pytest.raises(ValueError, match=message):
            SplitPeaks()(x, torch.tensor(lengths))


def test_a_profile_window_is_the_middle_of_each_peak() -> None:
    profile, lengths = torch.zeros(1, 3, 6), torch.tensor([[8, 5, 0]])  # two positions lost to the kernel
    assert ProfileWindow()(profile, lengths).sum(2).tolist() == [[6, 3, 0]]
    middle = ProfileWindow(width=2)(profile, lengths)
    assert middle.int().tolist() == [[[0, 0, 1, 1, 0, 0], [1, 1, 0, 0, 0, 0], [0] * 6]]
    track = torch.arange(1.0, 14.0)[None]
    assert ProfileTrack()(profile, track, lengths)[0, 1].tolist() == [10, 11, 12, 0, 0, 0]
    with pytest.raises(ValueError, match="the longest peak has 2 bp, and the profile 6 positions"):
        ProfileTrack()(profile, track, lengths.clamp(max=2))


def test_split_pool_honours_its_method() -> None:
    x, lengths = torch.randn(2, 6, 3), torch.tensor([[2, 4], [3, 0]])
    assert torch.equal(SplitPool(pool_method="max")(x, lengths)[1, 0], x[1, :3].max(0).values)
    torch.testing.assert_close(SplitPool(pool_method="sum")(x, lengths)[0, 1], x[0, 2:].sum(0))
    torch.testing.assert_close(SplitPool()(x, lengths)[0, 1], x[0, 2:].mean(0))


# -- a large linear layer in training


def large() -> tuple[Linear, Tensor]:
    torch.manual_seed(3)
    return Linear(D=512, out_features=700), torch.randn(2, 31, 512, requires_grad=True)


def test_linear_is_pytorchs_own() -> None:
    layer, x = large()
    assert torch.equal(layer(x), nn.functional.linear(x, layer.weight, layer.bias))


def test_a_large_linear_in_training_has_second_derivatives() -> None:
    layer, x = large()
    [slope] = torch.autograd.grad(layer(x).square().sum(), x, create_graph=True)
    [second] = torch.autograd.grad(slope.sum(), layer.weight)
    wide = [item.detach().double().requires_grad_() for item in (x, layer.weight, layer.bias)]
    y = nn.functional.linear(*wide)
    [slope] = torch.autograd.grad(y.square().sum(), wide[0], create_graph=True)
    [want] = torch.autograd.grad(slope.sum(), wide[1])
    torch.testing.assert_close(second.double(), want, rtol=1e-3, atol=1e-2)


def test_a_large_linear_in_training_traces() -> None:
    layer, x = large()
    x = x.detach()
    exported = torch.export.export(layer, (x,))
    torch.testing.assert_close(exported.module()(x), layer(x))
    x = torch.randn(2, 62, 512)
    per_sample = torch.func.vmap(layer)(x)
    torch.testing.assert_close(per_sample, layer(x))

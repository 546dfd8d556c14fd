"""Convolutions, pools and resampling are PyTorch's, channels last; what is padded, dropped and refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from getdsl.compiler.check import check_text
from tests.blocks.references import assert_like, model_of


def lengthwise(module: nn.Module, x: Tensor) -> Tensor:
    y: Tensor = module(x.transpose(1, 2)).transpose(1, 2)
    return y


def channels_last(module: nn.Module, x: Tensor) -> Tensor:
    y: Tensor = module(x.movedim(-1, 1)).movedim(1, -1)
    return y


def plain(module: nn.Module, x: Tensor) -> Tensor:
    y: Tensor = module(x)
    return y


def causal(module: nn.Module, x: Tensor) -> Tensor:
    y: Tensor = module(F.pad(x.transpose(1, 2), (4, 0))).transpose(1, 2)
    return y


class Separable(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.depthwise = nn.Conv1d(4, 8, 3, padding=1, groups=4, bias=False)
        self.pointwise = nn.Conv1d(8, 5, 1)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.pointwise(self.depthwise(x))
        return y


LENGTH, MAP, MAP_LAST = "[B, L, 4]", "[B, 4, H, W]", "[B, H, W, 4]"
LIKE_PYTORCH: list[tuple[str, str, Callable[[], nn.Module], Callable[..., Tensor]]] = [
    ("Conv1d(6, 3, padding = 2, stride = 2)", LENGTH, lambda: nn.Conv1d(4, 6, 3, 2, 2), lengthwise),
    (
        'Conv1d(6, 3, 2, "valid", groups = 2, stride = 3)',
        LENGTH,
        lambda: nn.Conv1d(4, 6, 3, 3, dilation=2, groups=2),
        lengthwise,
    ),
    ('Conv1d(6, 5, padding = "causal")', LENGTH, lambda: nn.Conv1d(4, 6, 5), causal),
    (
        'Conv1d(6, 3, 2, padding = "causal", stride = 2)',
        LENGTH,
        lambda: nn.Conv1d(4, 6, 3, 2, dilation=2),
        causal,
    ),
    ("SeparableConv1d(5, depth_multiplier = 2)", LENGTH, Separable, lengthwise),
    (
        "ConvTranspose1d(6, 4, stride = 3, padding = 1, output_padding = 2, dilation = 2, groups = 2)",
        LENGTH,
        lambda: nn.ConvTranspose1d(4, 6, 4, 3, 1, 2, groups=2, dilation=2),
        lengthwise,
    ),
    ("MaxPool1d(3, 2, padding = 1)", LENGTH, lambda: nn.MaxPool1d(3, 2, 1), lengthwise),
    ("AvgPool1d(3, 2, padding = 1)", LENGTH, lambda: nn.AvgPool1d(3, 2, 1), lengthwise),
    (
        "AvgPool1d(4, 3, padding = 2, count_include_pad = false)",
        LENGTH,
        lambda: nn.AvgPool1d(4, 3, 2, count_include_pad=False),
        lengthwise,
    ),
    ('Upsample(3, mode = "linear")', LENGTH, lambda: nn.Upsample(scale_factor=3, mode="linear"), lengthwise),
    ("Upsample(3)", LENGTH, lambda: nn.Upsample(scale_factor=3), lengthwise),
    ("GroupNorm(2, 4)", LENGTH, lambda: nn.GroupNorm(2, 4), lengthwise),
    ("InstanceNorm(4, affine = true)", LENGTH, lambda: nn.InstanceNorm1d(4, affine=True), lengthwise),
    ("RMSNorm(4, eps = 0.1)", LENGTH, lambda: nn.RMSNorm(4, 0.1), plain),
    (
        "Conv2d(6, [3, 2], padding = [2, 0], stride = [2, 1], dilation = [1, 2], groups = 2)",
        MAP,
        lambda: nn.Conv2d(4, 6, (3, 2), (2, 1), (2, 0), (1, 2), 2),
        plain,
    ),
    (
        'Conv2d(6, [1, 4], channels = "last", bias = false)',
        MAP_LAST,
        lambda: nn.Conv2d(4, 6, (1, 4), padding="same", bias=False),
        channels_last,
    ),
    (
        "ConvTranspose2d(6, [3, 2], stride = 2, padding = [1, 0], output_padding = 1)",
        MAP,
        lambda: nn.ConvTranspose2d(4, 6, (3, 2), 2, (1, 0), 1),
        plain,
    ),
    ("MaxPool2d([3, 2], padding = [1, 0])", MAP, lambda: nn.MaxPool2d((3, 2), padding=(1, 0)), plain),
    ('MaxPool2d(3, 2, channels = "last")', MAP_LAST, lambda: nn.MaxPool2d(3, 2), channels_last),
    (
        "AvgPool2d([3, 4], 2, padding = 1, count_include_pad = false)",
        MAP,
        lambda: nn.AvgPool2d((3, 4), 2, 1, count_include_pad=False),
        plain,
    ),
    ("Upsample2d([2, 3])", MAP, lambda: nn.Upsample(scale_factor=(2, 3)), plain),
    (
        'Upsample2d(2, mode = "bilinear", channels = "last")',
        MAP_LAST,
        lambda: nn.Upsample(scale_factor=2, mode="bilinear"),
        channels_last,
    ),
]


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel lengths")
@pytest.mark.parametrize(
    ("call", "type", "module", "forward"), LIKE_PYTORCH, ids=[case[0][:60] for case in LIKE_PYTORCH]
)
def test_a_block_is_pytorchs(
    call: str, type: str, module: Callable[[], nn.Module], forward: Callable[..., Tensor]
) -> None:
    torch.manual_seed(1)
    compiled, other = model_of(call, {"x": type}), module()
    for size in (11, 14):
        shape = {LENGTH: (3, size, 4), MAP: (3, 4, size, 9), MAP_LAST: (3, size, 9, 4)}[type]
        assert_like(compiled, other, forward, torch.randn(shape))
        compiled.module.zero_grad()
        other.zero_grad()


# ---- what "same" and "causal" mean


def ones(call: str, length: int) -> list[float]:
    """What a call makes of 1, 2, … with weights of 1."""
    compiled = model_of(call, {"x": "[B, L, 1]"})
    with torch.no_grad():
        for weight in compiled.module.parameters():
            weight.fill_(1)
        found: Tensor = compiled.module(torch.arange(1.0, length + 1)[None, :, None])["y"]
    return found.flatten().tolist()


@pytest.mark.parametrize(
    ("call", "length", "found"),
    [  # windows as TensorFlow's SAME lays them
        ("Conv1d(1, 3, stride = 2, bias = false)", 5, [3, 9, 9]),
        ("Conv1d(1, 3, stride = 2, bias = false)", 6, [6, 12, 11]),
        ("Conv1d(1, 2, stride = 3, bias = false)", 4, [3, 4]),
        ('MaxPool1d(3, 2, padding = "same")', 5, [2, 4, 5]),
        ('MaxPool1d(3, 2, padding = "same")', 6, [3, 5, 6]),
        ('AvgPool1d(3, 2, padding = "same", count_include_pad = false)', 5, [1.5, 3, 4.5]),
        ('AvgPool1d(3, padding = "same")', 4, [1, 7 / 3]),
        ('Conv1d(1, 3, padding = "causal", stride = 2, bias = false)', 5, [1, 6, 12]),
        ('Conv1d(1, 3, 2, padding = "causal", bias = false)', 6, [1, 2, 4, 6, 9, 12]),
        ('MaxPool1d(3, padding = "same")', 1, [1]),
    ],
)
def test_where_the_windows_lie(call: str, length: int, found: list[float]) -> None:
    assert ones(call, length) == pytest.approx(found)


def test_same_lays_windows_of_maps_as_it_does_along_a_sequence() -> None:
    compiled = model_of('MaxPool2d([3, 1], [2, 1], padding = "same")', {"x": "[B, 1, H, W]"})
    x = torch.arange(1.0, 7).reshape(1, 1, 6, 1)
    assert compiled.module(x)["y"].flatten().tolist() == [3, 5, 6]
    strided = model_of("Conv2d(1, [3, 1], stride = [2, 1], bias = false)", {"x": "[B, 1, H, W]"})
    torch.nn.init.ones_(strided.module.body.weight)
    assert strided.module(x)["y"].flatten().tolist() == [6, 12, 11]


def test_a_causal_convolution_sees_nothing_that_is_later() -> None:
    compiled = model_of('Conv1d(3, 4, dilation = 3, padding = "causal")', {"x": "[B, L, 2]"})
    x = torch.randn(1, 20, 2, requires_grad=True)
    compiled.module(x)["y"][0, 12].sum().backward()
    assert x.grad is not None
    assert x.grad[0, :, 0].nonzero().flatten().tolist() == [3, 6, 9, 12]


# ---- small and large


@pytest.mark.parametrize("batch", [0, 1])
@pytest.mark.parametrize(
    "call",
    ["Conv1d(2, 3, stride = 2)", 'MaxPool1d(3, padding = "same")', "AvgPool1d(1)", "ConvTranspose1d(2, 1)"],
)
def test_one_position_and_no_sample(call: str, batch: int) -> None:
    """A batch of no samples is refused at the door of a model, and taken by the block's body."""
    compiled = model_of(call, {"x": "[B, L, 4]"})
    body: Any = next(iter(compiled.module.children()))
    assert body(torch.randn(batch, 1, 4)).shape[:2] == (batch, 1)


# ---- what is refused, and what is worth a note


def messages(call: str, type: str) -> list[tuple[str, str]]:
    found = check_text(f"model M {{\n input x: {type}\n body = x -> {call}\n output y = body\n}}\n")
    return [(item.severity, item.message) for item in found.diagnostics]


@pytest.mark.parametrize(
    ("call", "type", "dropped"),
    [
        ("MaxPool1d(3)", "[B, 1000, 4]", "positions at the end that fill no window are dropped"),
        ('Conv1d(8, 6, padding = "valid", stride = 5)', "[B, 1000, 4]", "that no kernel reads are dropped"),
        ("AvgPool2d(3)", "[B, 4, 9, 10]", "columns at the end that fill no window are dropped"),
        ("MaxPool1d(3)", "[B, 999, 4]", None),
        ('MaxPool1d(3, padding = "same")', "[B, 1000, 4]", None),
        ("MaxPool1d(3)", "[B, L, 4]", None),
    ],
)
def test_what_is_dropped_is_told(call: str, type: str, dropped: str | None) -> None:
    found = messages(call, type)
    assert [severity for severity, _ in found] == (["note"] if dropped else [])
    assert dropped is None or dropped in found[0][1]

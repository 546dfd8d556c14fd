"""What no body takes is refused by check: element types, sizes that are too small, chances beyond 1."""

from __future__ import annotations

import pytest
import torch

from getdsl.blocks.batch_norm import BatchNorm
from getdsl.blocks.drop_path import DropPath
from getdsl.compiler.check import check_text
from tests.blocks.test_declared_shapes import CALLS

FLOATS = [
    (call, inputs, name) for call, inputs in CALLS for name, type in inputs.items() if type.startswith("[")
]


def errors(call: str, inputs: dict[str, str]) -> list[str]:
    declared = "\n".join(f"    input {name}: {type}" for name, type in inputs.items())
    found = check_text(f"model M {{\n{declared}\n    body = x -> {call}\n    output y = body\n}}\n")
    return [item.message for item in found.diagnostics if item.severity == "error"]


@pytest.mark.parametrize("dtype", ["int", "bool"])
@pytest.mark.parametrize(("call", "inputs", "name"), FLOATS)
def test_an_input_of_floats_takes_nothing_else(
    call: str, inputs: dict[str, str], name: str, dtype: str
) -> None:
    """Each declared input in turn holds integers or truth values. Some are not read by the call."""
    found = errors(call, inputs | {name: f"{dtype}{inputs[name]}"})
    if name == "x" or name in call:
        assert any(f"expects floats, got {dtype} values; `to_float(x)` makes them" in text for text in found)


@pytest.mark.parametrize(
    ("call", "type", "message"),
    [
        ("MaxPool1d(5)", "[B, 4, 3]", "`MaxPool1d`: the sequence must hold a window"),
        ("MaxPool1d(3, stride = 2)", "[B, 0, 3]", "the sequence must hold a window"),
        ("TargetLengthCrop(7)", "[B, 6, 3]", "the sequence must be as long as target_length"),
        (
            'Conv1d(2, kernel_size = 3, dilation = 2, padding = "valid")',
            "[B, 4, 3]",
            "must be longer than a kernel reaches",
        ),
        ("Conv1d(2)", "[B, 0, 3]", "`Conv1d` needs its L to be 1 or more, and it is 0"),
        ("Conv2d(2)", "[B, 3, 0, 4]", "`Conv2d` needs its H to be 1 or more, and it is 0"),
        ("AbsolutePositionalEncoding(8, max_len = 4)", "[B, 5, 8]", "no more regions than max_len"),
        ("BatchNorm(8, eps = 0.0)", "[B, R, 8]", "eps must be positive"),
        ("SoftmaxPool1d(3)", "[B, 5, 3]", "5 cannot be that"),
        ("CrossAttention(x, 8)", "[8]", "expects [..., N, 8], got [8]"),
        ("Attention(8, 2, attn_drop = 2.0)", "[B, N, 8]", "attn_drop must be between 0 and 1"),
        ("RelativeAttention(12, 2, dropout = -0.5)", "[B, N, 12]", "dropout must be between 0 and 1"),
        ("TransformerBlock(8, 2, attn_drop = 1.5)", "[B, N, 8]", "attn_drop must be between 0 and 1"),
    ],
)
def test_what_cannot_run_is_refused(call: str, type: str, message: str) -> None:
    [found] = errors(call, {"x": type})
    assert message in found


@pytest.mark.parametrize(
    ("call", "type"),
    [
        ("MaxPool1d(5)", "[B, 5, 3]"),
        ("TargetLengthCrop(7)", "[B, 7, 3]"),
        ('Conv1d(2, kernel_size = 3, dilation = 2, padding = "valid")', "[B, 5, 3]"),
        ("AbsolutePositionalEncoding(8, max_len = 4)", "[B, 4, 8]"),
        ("MaxPool1d(5)", "[B, L, 3]"),
        ('Conv1d(2, kernel_size = 3, padding = "valid")', "[B, L, 3]"),
    ],
)
def test_the_smallest_size_is_taken(call: str, type: str) -> None:
    assert errors(call, {"x": type}) == []


def test_a_single_row_has_no_variance_to_train_with() -> None:
    norm = BatchNorm(dim=3)
    with pytest.raises(ValueError, match="trains on two rows or more, and this batch has 1"):
        norm(torch.rand(1, 3))
    assert norm.eval()(torch.rand(1, 3)).shape == (1, 3)


def test_a_path_that_is_always_dropped_has_a_gradient_of_zero() -> None:
    x = torch.full((2, 3), torch.inf, requires_grad=True)
    y = DropPath(p=1)(x)
    y.sum().backward()
    assert y.eq(0).all()
    assert x.grad is not None
    assert x.grad.eq(0).all()

"""Patterns of named axes beside PyTorch's own words for them, and beside einops where it is installed."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from getdsl.compiler.check import check_text
from getdsl.compiler.lower import build
from getdsl.compiler.operations import OPERATIONS, ShapeError
from tests.compiler.test_operation_types import ANYTHING

INPUTS = {"x": "[B, 6, 8]", "y": "[B, 6, 8]", "w": "[8, 5]", "v": "[8]"}
SIDES = {"x": (3, 6, 8), "y": (3, 6, 8), "w": (8, 5), "v": (8,)}
Reference = Callable[[Tensor, Tensor, Tensor, Tensor], Tensor]


def tensors() -> dict[str, Tensor]:
    random = torch.Generator().manual_seed(1)
    return {name: torch.randn(sides, generator=random) for name, sides in SIDES.items()}


def compute(*calls: str) -> list[Tensor]:
    """What calls give, all in one model."""
    declared = "\n".join(f"    input {name}: {type}" for name, type in INPUTS.items())
    outputs = "\n".join(f"    output z{number} = {call}" for number, call in enumerate(calls))
    checked = check_text(f"model M {{\n{declared}\n{outputs}\n}}\n")
    assert checked.spec is not None, checked.diagnostics
    return list(build(checked.spec).module(**tensors()).values())


ODD = [
    *(
        "",
        "->",
        "a->",
        "a b",
        "a -> a -> a",
        "(a b -> a",
        "a) -> a",
        "((a)) -> a",
        "ß -> ß",
        "... -> ... ...",
    ),
    *(
        "a b -> a (b ...)",
        "0 b -> b",
        "99999999999999999999 -> 1",
        "a , b -> a",
        ",,->",
        ", -> ",
        "(...) -> 1",
    ),
]
BY_TORCH: dict[str, Reference] = {
    'rearrange(x, "b l d -> b d l")': lambda x, y, w, v: x.transpose(1, 2),
    'rearrange(x, "b l (h d) -> b h l d", h = 2)': lambda x, y, w, v: x.view(3, 6, 2, 4).permute(0, 2, 1, 3),
    'rearrange(x, "b l (h d) -> b (l h) d", d = 2)': lambda x, y, w, v: x.reshape(3, 24, 2),
    'rearrange(x, "b (l k) (h d) -> (k h) l b d", k = 3, h = 2)': lambda x, y, w, v: (
        x.view(3, 2, 3, 2, 4).permute(2, 3, 1, 0, 4).reshape(6, 2, 3, 4)
    ),
    'rearrange(x, "b ... -> ... b")': lambda x, y, w, v: x.permute(1, 2, 0),
    'rearrange(x, "b ... -> b (...)")': lambda x, y, w, v: x.flatten(1),
    'rearrange(x, "b l d -> b 1 l () d")': lambda x, y, w, v: x[:, None, :, None],
    'rearrange(x[:, :1], "b 1 d -> d b")': lambda x, y, w, v: x[:, 0].T,
    'rearrange(x, "b l d -> b l d")': lambda x, y, w, v: x,
    'x -> rearrange("b x d -> b d x", x = 6)': lambda x, y, w, v: x.transpose(1, 2),
    'reduce(x, "b (l 2) d -> b l d", "mean")': lambda x, y, w, v: x.view(3, 3, 2, 8).mean(2),
    'reduce(x, "b (l k) (d e) -> d b", "max", k = 2, e = 4)': lambda x, y, w, v: (
        x.view(3, 3, 2, 2, 4).amax((1, 2, 4)).T
    ),
    'reduce(x, "b ... -> b", "sum")': lambda x, y, w, v: x.sum((1, 2)),
    'reduce(x, "b l d -> 1 1 d", "min")': lambda x, y, w, v: x.amin((0, 1)).view(1, 1, 8),
    'to_float(reduce(x > 0, "b l d -> d", "any"))': lambda x, y, w, v: (x > 0).any(0).any(0).float(),
    'repeat(v, "d -> l d", l = 4)': lambda x, y, w, v: v.expand(4, 8),
    'repeat(x, "b l d -> b (l k) d", k = 2)': lambda x, y, w, v: x.repeat_interleave(2, 1),
    'repeat(x, "b l d -> b (k l) d", k = 2)': lambda x, y, w, v: x.repeat(1, 2, 1),
    'repeat(x, "b (l k) d -> k 3 l b d", k = 2)': lambda x, y, w, v: (
        x.view(3, 3, 2, 8).permute(2, 1, 0, 3)[:, None].expand(2, 3, 3, 3, 8)
    ),
    'einsum("b i d, b j d -> b i j", x, y)': lambda x, y, w, v: x @ y.transpose(1, 2),
    'x -> einsum("batch place width, width out -> batch place out", w)': lambda x, y, w, v: x @ w,
    'einsum("bld,do->bol", x, w)': lambda x, y, w, v: (x @ w).transpose(1, 2),
    'einsum(x, y, "... d, ... d -> ...")': lambda x, y, w, v: (x * y).sum(-1),
    'einsum("b i d, b j d, d -> b i j", x, y, v)': lambda x, y, w, v: (x * v) @ y.transpose(1, 2),
    'einsum("b i d -> d", x)': lambda x, y, w, v: x.sum((0, 1)),
    'einsum("i, i -> ", v, v)': lambda x, y, w, v: v @ v,
}  # fmt: skip


def test_patterns_are_what_pytorch_says() -> None:
    given = tensors()
    for (call, reference), got in zip(BY_TORCH.items(), compute(*BY_TORCH), strict=True):
        want = reference(*given.values())
        assert got.shape == want.shape, call
        torch.testing.assert_close(got, want, msg=call)


def test_patterns_are_those_of_einops() -> None:
    einops = pytest.importorskip("einops")
    known = {"rearrange": einops.rearrange, "reduce": einops.reduce, "repeat": einops.repeat}
    calls = [call for call in BY_TORCH if call.split("(")[0] in known and call.split("(")[1][0] in "xv["]
    calls = [call for call in calls if "x[" not in call]
    for call, got in zip(calls, compute(*calls), strict=True):
        want = eval(call.replace(" = ", "="), known | tensors())
        torch.testing.assert_close(got, want, msg=call)


def test_a_size_that_is_a_symbol_is_divided_at_run_time() -> None:
    text = 'model M { input x: [B, L, 4]  output y = reduce(x, "b (l k) d -> b l d", "mean", k = 5) }\n'
    spec = check_text(text).spec
    assert spec is not None
    assert str(spec.graph.output_types()["y"]) == "[B, L // 5, 4]"
    model = build(spec)
    x = torch.randn(2, 10, 4)
    want = np.mean(x.numpy().reshape(2, 2, 5, 4), axis=2)
    np.testing.assert_allclose(model.module(x=x)["y"].numpy(), want, rtol=1e-5)
    with pytest.raises(ValueError, match="multiple of 5"):
        model.prepare({"x": torch.randn(2, 11, 4)})


@pytest.mark.parametrize("name", ["rearrange", "reduce", "repeat", "einsum", "where", "hardtanh"])
def test_no_argument_crashes_a_rule(name: str) -> None:
    """Anything in the place of each argument: a type comes out, or a reason."""
    from getdsl.compiler.graph.dimensions import Dim
    from getdsl.compiler.graph.types import TensorType

    x = TensorType((Dim.symbol("B"), Dim.of(8)))
    given: list[Any] = {
        "rearrange": [x, "b (h d) -> h b d"],
        "reduce": [x, "b (h d) -> b d", "mean"],
        "repeat": [x, "b (h d) -> b d h k"],
        "einsum": ["a b, a c -> b c", x, x],
        "where": [TensorType((Dim.of(8),), "bool"), x, x],
        "hardtanh": [x, 0, 1],
    }[name]
    sizes = {"h": 2, "k": 3} if name == "repeat" else {"h": 2} if name in ("rearrange", "reduce") else {}
    assert OPERATIONS[name].result(given, sizes)
    for place in range(len(given)):
        for value in [*ANYTHING, *ODD, x, TensorType(()), TensorType(None)]:
            args = [*given[:place], value, *given[place + 1 :]]
            with suppress(ShapeError, TypeError):
                OPERATIONS[name].result(args, sizes)

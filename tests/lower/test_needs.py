"""What sizes must be is held when a batch comes, by the name of the input that tells them."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

import getdsl
from getdsl.compiler.lower.inputs import InputError

SPEC = """
block Last {
    input x: [B, T, C]
    require T >= 3 "three are needed"
    output y = x[:, 2:T]
}
model M {
    input a: [B, R + 1, 8]
    input b: [B, L]
    require R < L "a base for each region"
    output v = a[:, -2:]
    output w = a -> Last()
    output x = b[:, 0:R]
}
"""


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> getdsl.Compiled:
    path: Path = tmp_path_factory.mktemp("needs") / "spec.get"
    path.write_text(SPEC)
    return getdsl.compile(path, seed=0)


def batch(regions: int, bases: int) -> dict[str, torch.Tensor]:
    return {"a": torch.rand(2, regions + 1, 8), "b": torch.rand(2, bases)}


@pytest.mark.parametrize(
    ("regions", "bases", "why"),
    [
        (1, 9, r"axis 1 of the input `a: \[B, R \+ 1, 8\]` is 2, and \"three are needed\" needs R >= 2"),
        (4, 4, r"axis 1 of the input `b: \[B, L\]` is 4 and axis 1 of the input `a: .*` is 5, and \"a base"),
    ],
)
def test_a_batch_whose_sizes_do_not_fit_is_refused(
    compiled: getdsl.Compiled, regions: int, bases: int, why: str
) -> None:
    with pytest.raises(InputError, match=why):
        compiled.prepare(batch(regions, bases))


@pytest.mark.parametrize(("regions", "bases"), [(2, 3), (7, 8), (7, 100)])
def test_one_whose_sizes_fit_has_the_declared_shapes(
    compiled: getdsl.Compiled, regions: int, bases: int
) -> None:
    found = compiled.module(**compiled.prepare(batch(regions, bases)))
    assert {name: tuple(value.shape) for name, value in found.items()} == {
        "v": (2, 2, 8),
        "w": (2, regions - 1, 8),
        "x": (2, regions),
    }


def test_dummy_batches_fit() -> None:
    from getdsl.compiler.check import check_text
    from getdsl.compiler.lower.dummy import sizes_of

    for slots, sizes in (("a[3, 40]", {"B": 4, "R": 41}), ("full([5], 1.0)[:R]", {"B": 2, "R": 5})):
        text = f"model M {{\n    input a: [B, R, 8]\n    output v = {slots}\n}}\n"
        spec = check_text(text).spec
        assert spec is not None
        assert sizes_of(spec, {}) == sizes

"""Sizes of a batch: what dummy data is like, and inputs too short for the formula of an axis."""

from pathlib import Path

import pytest
import torch

import getdsl
from getdsl.compiler.lower.inputs import InputError

SPEC = """
model M {
    input x: [B, P + 20, 4]
    head = x -> Linear(3)
    output profile = head[:, 10:P + 10]
}
loss { total_of = MSE(sum(profile, dim = [1, 2]), sum(batch.profile, dim = [1, 2])) }
"""


def compiled(folder: Path) -> getdsl.Compiled:
    path = folder / "one.get"
    path.write_text(SPEC)
    return getdsl.compile(path, seed=0)


def test_a_key_named_as_an_output_is_like_it(tmp_path: Path) -> None:
    """And not like the sum that it is compared with."""
    model = compiled(tmp_path)
    batch = model.dummy_batch(B=2, P=5)
    assert batch["profile"].shape == (2, 5, 3)
    assert model.loss(model.module(**model.prepare(batch)), batch)["total"].isfinite()


def test_an_input_too_short_for_its_formula(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"axis 1 of the input `x: \[B, P \+ 20, 4\]` is 13, too short"):
        compiled(tmp_path).prepare({"x": torch.zeros(2, 13, 4)})

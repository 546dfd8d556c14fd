"""DNA from the other strand, against what biologists write."""

from pathlib import Path

import pytest
import torch
from torch import Tensor

import getdsl

PAIRS = str.maketrans("ACGTN", "TGCAN")


def one_hot(bases: str) -> Tensor:
    """[1, L, 4] in the order A C G T; N is all zeros."""
    return torch.tensor([[[float(base == each) for each in "ACGT"] for base in bases]])


@pytest.mark.parametrize("bases", ["GATTACA", "A", "ACGTN", "NNGC"])
def test_the_other_strand(bases: str, tmp_path: Path) -> None:
    path = tmp_path / "one.get"
    path.write_text("model M { input x: onehot[B, L, 4]  output y = x -> ReverseComplement() }")
    got = getdsl.compile(path).module(x=one_hot(bases))["y"]
    assert torch.equal(got, one_hot(bases.translate(PAIRS)[::-1]))


def test_the_average_of_both_strands_is_the_same_for_both() -> None:
    """As the block's page shows it."""
    path = Path(__file__).parents[2] / "docs/blocks/examples/reverse_complement.get"
    module = getdsl.compile(path, seed=0).module
    x = one_hot("GATTACAGGGCATTTAACGTACGATCCCAGT")
    other = x.flip(1, 2)
    torch.testing.assert_close(module(sequence=other)["y"], module(sequence=x)["y"].flip(1))

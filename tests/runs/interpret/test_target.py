"""What `--of` says."""

from __future__ import annotations

import pytest
import torch

from getdsl.compiler.check import check_text
from getdsl.compiler.spec import Spec
from getdsl.diagnostics import UserError
from getdsl.runs.interpret.request import Request
from getdsl.runs.interpret.target import Target, target_of

TWO = """
model M {
    input x: [B, R, 8]
    proj = x -> Linear(3)
    output exp = proj
    output count = R
    output total = sum(proj, dim = [1, 2])
}
"""


@pytest.fixture(scope="module")
def spec() -> Spec:
    found = check_text(TWO.replace("    output count = R\n", ""))
    assert found.spec is not None, found.diagnostics
    return found.spec


@pytest.mark.parametrize(
    ("of", "shown", "shape"),
    [
        ("exp", "exp", (2, 5, 3)),
        ("exp[:, 0]", "exp[:, 0]", (2, 3)),
        (" exp [ ... , 1 ] ", "exp[:, :, 1]", (2, 5)),
        ("exp[:, 1:3, -1]", "exp[:, 1:3, -1]", (2, 2)),
        ("total", "total", (2,)),
    ],
)
def test_a_part_of_an_output(spec: Spec, of: str, shown: str, shape: tuple[int, ...]) -> None:
    target = target_of(spec, Request("gradient", of=of))
    value = torch.randn(2, 5, 3) if target.output == "exp" else torch.randn(2)
    assert (str(target), tuple(target.chosen(value).shape)) == (shown, shape)
    assert target.numbers(value).shape == (2,)


@pytest.mark.parametrize(
    ("of", "message", "help"),
    [
        (None, "the model has 2 outputs: `exp`, `total`", "--of exp"),
        ("exq", "the model has no output `exq`", "did you mean `exp`?"),
        ("exp[0]", "takes some samples only", "begin the index with `:`"),
        ("exp[:, x]", "`x` in `--of exp[:, x]` is no index", "write a number"),
        ("exp[:, 0, 0, 0]", "has 4 indices, and the output 3 axes", "take some away"),
        ("exp[:, 0", "is no output", "write an output"),
    ],
)
def test_what_is_no_part(spec: Spec, of: str | None, message: str, help: str) -> None:
    with pytest.raises(UserError) as caught:
        target_of(spec, Request("gradient", of=of))
    assert message in str(caught.value)
    assert help in (caught.value.help or "")


def test_an_index_beyond_the_output() -> None:
    with pytest.raises(
        UserError, match=r"the index of `exp\[:, 7\]` goes beyond the output, which is \[2, 5\]"
    ):
        Target("exp", (slice(None), 7)).numbers(torch.zeros(2, 5))


def test_reductions() -> None:
    value = torch.tensor([[1.0, 2.0, 4.0]], dtype=torch.float64)
    assert float(Target("y").numbers(value)) == 7
    assert float(Target("y", reduce="mean").numbers(value)) == pytest.approx(7 / 3)
    shares = torch.tensor([1.0, 2.0, 4.0], dtype=torch.float64).exp()
    shares /= shares.sum()
    expected = float(((value[0] - 7 / 3) * shares).sum())
    assert float(Target("y", reduce="profile").numbers(value)) == pytest.approx(expected)


def test_the_shares_of_a_profile_take_no_gradient() -> None:
    value = torch.randn(1, 4, dtype=torch.float64, requires_grad=True)
    Target("y", reduce="profile").numbers(value).sum().backward()
    expected = value.detach().softmax(1) - 1 / 4
    torch.testing.assert_close(value.grad, expected)

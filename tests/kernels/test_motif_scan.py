from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor

from getdsl.kernels.motif_scan import motif_scan, reference
from tests.kernels.scans import Case, draw, error, one_hot, scanned
from tests.kernels.test_motif_scan_pool import MODES

OP = torch.ops.getdsl.motif_scan.default
BACKWARD = torch.ops.getdsl.motif_scan_backward.default
SCANS = [mode for mode in MODES if mode["reduce"] == "mean"]


def run(case: Case, x: Tensor) -> Tensor:
    return motif_scan(x, case.weight, case.bias, **case.options())


def gradients(case: Case, x: Tensor, function: Any = run) -> tuple[Tensor, ...]:
    """The output and the gradients of weight, bias and, where it is float, x."""
    weight = case.weight.clone().requires_grad_()
    bias = None if case.bias is None else case.bias.clone().requires_grad_()
    x = x.clone().requires_grad_() if x.is_floating_point() else x
    out = function(replace(case, weight=weight, bias=bias), x)
    grad = torch.randn(out.shape, generator=torch.Generator().manual_seed(9)).to(out.dtype)
    inputs = [item for item in (weight, bias, x) if item is not None and item.requires_grad]
    return out.detach(), *torch.autograd.grad(out, inputs, grad)


@pytest.mark.parametrize("mode", SCANS, ids=str)
@pytest.mark.parametrize("width", [1, 8, 29])
def test_every_mode_against_float64(mode: dict[str, Any], width: int) -> None:
    case = draw(batch=3, length=130, motifs=35, width=width, **mode)
    want = gradients(case.to(torch.float64), one_hot(case.x, torch.float64), scanned)
    got = gradients(case, one_hot(case.x))
    for ours, theirs in zip(got, want, strict=True):
        assert error(ours, theirs) < 1e-5
    assert all(torch.equal(one, other) for one, other in zip(gradients(case, case.x), got, strict=False))


@pytest.mark.parametrize("mode", SCANS, ids=str)
def test_soft_sequences(mode: dict[str, Any]) -> None:
    case = draw(length=40, motifs=3, **mode)
    x = torch.rand(2, 40, 4)
    for ours, theirs in zip(
        gradients(case, x), gradients(case.to(torch.float64), x.double(), scanned), strict=True
    ):
        assert error(ours, theirs) < 1e-5


def test_the_reference_gives_the_gradients_of_autograd() -> None:
    case = draw(strands="both", normalise=True).to(torch.float64)
    x = one_hot(case.x, torch.float64)
    out, *want = gradients(case, x, scanned)
    grad = torch.randn(out.shape, generator=torch.Generator().manual_seed(9)).double()
    found = reference.backward(grad, x, case.weight, case.bias, case.mean_std, True, [True] * 3)
    for ours, theirs in zip(found, (want[2], want[0], want[1]), strict=True):
        torch.testing.assert_close(ours, theirs)


@pytest.mark.parametrize(
    "sizes", [{"batch": 0}, {"length": 0}, {"length": 2, "width": 29}, {"motifs": 1}], ids=str
)
def test_empty_and_odd_shapes(sizes: dict[str, int]) -> None:
    case = draw(strands="both", **sizes)
    out, *rest = gradients(case, one_hot(case.x))
    assert out.shape == (*case.x.shape, len(case.weight) // 2)
    assert [item.shape for item in rest] == [case.weight.shape, case.bias.shape, (*case.x.shape, 4)]  # type: ignore[union-attr]


def test_opcheck() -> None:
    case = draw(motifs=3, strands="both")
    torch.library.opcheck(
        OP, (one_hot(case.x).requires_grad_(), case.weight.requires_grad_(), case.bias, None, True)
    )
    weight = case.weight.detach()
    grad = torch.randn(2, 120, 3)
    torch.library.opcheck(BACKWARD, (grad, case.x, weight, case.bias, None, True, [False, True, False]))


def test_wrong_arguments_are_named() -> None:
    case = draw()
    with pytest.raises(ValueError, match="x holds the code 7"):
        motif_scan(case.x + 3, case.weight)
    with pytest.raises(ValueError, match=r"bias must be \[5\]"):
        motif_scan(case.x, case.weight, torch.zeros(4))


class Scan(torch.nn.Module):
    def forward(self, x: Tensor, weight: Tensor) -> Tensor:
        return motif_scan(x, weight, strands="tied")


def test_export_and_compile() -> None:
    case = draw()
    exported = torch.export.export(
        Scan(), (case.x, case.weight), dynamic_shapes=({1: torch.export.Dim("L")}, None)
    )
    assert any(node.target is OP for node in exported.graph.nodes)
    longer = draw(length=200).x
    torch.testing.assert_close(exported.module()(longer, case.weight), Scan()(longer, case.weight))
    compiled = torch.compile(Scan(), backend="aot_eager", fullgraph=True)
    torch.testing.assert_close(compiled(case.x, case.weight), Scan()(case.x, case.weight))

from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor

from getdsl.kernels.motif_scan import motif_scan, reference
from getdsl.kernels.motif_scan.arguments import ScanArguments
from tests.kernels.scans import Case, draw, error, guarded, one_hot, poisoned, scanned
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
    x = torch.rand(2, 40, 4, generator=torch.Generator().manual_seed(2))
    for ours, theirs in zip(
        gradients(case, x), gradients(case.to(torch.float64), x.double(), scanned), strict=True
    ):
        assert error(ours, theirs) < 1e-5


def test_the_reference_gives_the_gradients_of_autograd() -> None:
    case = draw(strands="both", normalise=True).to(torch.float64)
    x = one_hot(case.x, torch.float64)
    out, *want = gradients(case, x, scanned)
    grad = torch.randn(out.shape, generator=torch.Generator().manual_seed(9)).double()
    scan = ScanArguments(x, case.weight, case.bias, case.mean_std, True)
    found = reference.backward(grad, scan, [True] * 3)
    for ours, theirs in zip(found, (want[2], want[0], want[1]), strict=True):
        torch.testing.assert_close(ours, theirs)


@pytest.mark.parametrize(
    "sizes",
    [
        {"batch": 0},
        {"length": 0},
        {"length": 2, "width": 29},
        {"length": 1, "width": 64},
        {"motifs": 1},
        {"motifs": 1, "width": 1, "length": 1},
    ],
    ids=str,
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


@pytest.mark.parametrize("width", range(1, 65))
def test_every_width(width: int) -> None:
    case = draw(length=50, motifs=2, width=width, strands="both", seed=width)
    want = gradients(case.to(torch.float64), one_hot(case.x, torch.float64), scanned)
    for ours, theirs in zip(gradients(case, one_hot(case.x)), want, strict=True):
        assert error(ours, theirs) < 1e-5


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
@pytest.mark.parametrize("soft", [False, True])
def test_half_precision(soft: bool, dtype: torch.dtype) -> None:
    case = draw(motifs=6, strands="both", normalise=True).to(dtype)
    random = torch.Generator().manual_seed(2)
    x = torch.rand(2, 120, 4, generator=random).to(dtype) if soft else one_hot(case.x, dtype)
    want = gradients(case.to(torch.float64), x.double(), scanned)
    for ours, theirs in zip(gradients(case, x), want, strict=True):
        assert ours.dtype == dtype
        assert error(ours, theirs) < 0.02


def test_views_that_are_not_contiguous() -> None:
    case = draw(motifs=6, strands="both", normalise=True)
    x = one_hot(case.x)
    want = gradients(case, x)
    assert case.mean_std is not None
    views = replace(
        case,
        weight=case.weight.permute(2, 0, 1).contiguous().permute(1, 2, 0),
        bias=torch.stack([case.bias, case.bias], dim=1)[:, 0],  # type: ignore[list-item]
        mean_std=case.mean_std.transpose(1, 2).contiguous().transpose(1, 2),
    )
    got = gradients(views, x.transpose(1, 2).contiguous().transpose(1, 2))
    assert all(torch.equal(one, other) for one, other in zip(got, want, strict=True))
    codes = torch.stack([case.x, case.x + 100], dim=2)[..., 0]
    assert not codes.is_contiguous()
    assert torch.equal(run(case, codes), want[0])


def test_nothing_beyond_an_edge_is_read_or_written(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each argument stands between poisoned margins; what the kernels allocate is poisoned too."""
    case = draw(batch=3, length=70, motifs=19, width=13, strands="both", normalise=True, own_strands=0)
    want = gradients(case, one_hot(case.x))
    monkeypatch.setattr("getdsl.kernels.kmer_tables.blocks.np.empty", poisoned)
    assert case.bias is not None
    assert case.mean_std is not None
    guards = replace(
        case,
        weight=guarded(case.weight, torch.nan),
        bias=guarded(case.bias, torch.nan),
        mean_std=guarded(case.mean_std, torch.nan),
    )
    for x in (guarded(case.x, 200), guarded(one_hot(case.x), torch.nan)):
        got = gradients(guards, x)
        assert all(torch.equal(one, other) for one, other in zip(got, want, strict=False))


CASE = draw(batch=2, length=10, motifs=2, width=3)
X = one_hot(CASE.x)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"x": CASE.x + 3}, "x holds the code 7; codes are 0 to 3 for A C G T and 4 for N"),
        ({"x": X.double()}, r"or be of the dtype of weight \(torch.float32\), got torch.float64"),
        ({"x": X.half()}, r"or be of the dtype of weight \(torch.float32\), got torch.float16"),
        ({"x": CASE.x.int()}, "x must hold uint8 codes"),
        ({"x": X[0]}, r"x must be \[B, L, 4\], got a tensor of shape \[10, 4\]"),
        ({"x": X.transpose(1, 2)}, r"x must be \[B, L, 4\], got a tensor of shape \[2, 4, 10\]"),
        ({"weight": torch.zeros(2, 4, 65)}, r"weight must be \[K, 4, D\] with D = 1 to 64"),
        ({"weight": torch.zeros(2, 4, 0)}, r"weight must be \[K, 4, D\] with D = 1 to 64"),
        ({"weight": CASE.weight.long(), "x": X.long()}, "weight must be floating point, got torch.int64"),
        ({"weight": CASE.weight.to("meta")}, r"weight must be on the device of x \(cpu\), got meta"),
        ({"bias": torch.zeros(3)}, r"bias must be \[2\], got a tensor of shape \[3\]"),
        ({"bias": torch.zeros(2).bfloat16()}, "bias must be of the dtype of weight"),
        ({"bias": torch.zeros(2, device="meta")}, r"bias must be on the device of x \(cpu\), got meta"),
        ({"mean_std": torch.ones(1, 2, 2)}, r"mean_std must be \[2, 2, 2\], got a tensor"),
        ({"mean_std": torch.ones(2, 2, 2).double()}, "mean_std must be of the dtype of weight"),
        ({"mean_std": torch.ones(2, 2, 2, requires_grad=True)}, "mean_std is data and takes no gradient"),
        ({"strands": "two"}, "strands must be one of forward, both, tied, got 'two'"),
        ({"strands": "both", "weight": torch.zeros(3, 4, 3), "bias": None}, "an even number, got 3"),
        ({"own_strands": -1, "strands": "both"}, "own_strands must be a motif, 0 to 0, got -1"),
    ],
)
def test_wrong_arguments_are_named(change: dict[str, Any], message: str) -> None:
    arguments = {"x": X, "weight": CASE.weight, "bias": CASE.bias, **change}
    with pytest.raises(ValueError, match=message):
        motif_scan(**arguments)


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

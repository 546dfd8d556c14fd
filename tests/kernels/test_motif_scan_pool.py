import itertools
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from getdsl.kernels.kmer_tables import drive
from getdsl.kernels.motif_scan_pool import motif_scan_pool, reference
from getdsl.kernels.motif_scan_pool.arguments import ScanPoolArguments
from tests.kernels.scans import Case, draw, error, guarded, one_hot, poisoned, pooled

OP = torch.ops.getdsl.motif_scan_pool.default
BACKWARD = torch.ops.getdsl.motif_scan_pool_backward.default
MODES = [
    {"strands": strands, "own_strands": own, "normalise": normalise, "reduce": reduce}
    for strands, own, normalise, reduce in itertools.product(
        ("forward", "both", "tied"), (None, 1), (False, True), ("mean", "sum", "max")
    )
    if own is None or strands != "forward"
]


def run(case: Case, x: Tensor | None = None) -> Tensor:
    x = case.x if x is None else x
    return motif_scan_pool(x, case.weight, case.bias, case.lengths, case.reduce, **case.options())


def gradients(case: Case, x: Tensor, function: Any = None) -> tuple[Tensor, ...]:
    """The output and the gradients of weight, bias and, where it is float, x."""
    weight = case.weight.clone().requires_grad_()
    bias = None if case.bias is None else case.bias.clone().requires_grad_()
    x = x.clone().requires_grad_() if x.is_floating_point() else x
    taken = replace(case, weight=weight, bias=bias)
    out = run(taken, x) if function is None else function(taken, x)
    grad = torch.randn(out.shape, generator=torch.Generator().manual_seed(9)).to(out.dtype)
    inputs = [item for item in (weight, bias, x) if item is not None and item.requires_grad]
    return out.detach(), *torch.autograd.grad(out, inputs, grad)


@pytest.fixture
def fixed(monkeypatch: pytest.MonkeyPatch) -> None:
    """As for large scans: each layout compiled by itself."""
    monkeypatch.setattr(drive, "FIXED_FROM", 0)


@pytest.mark.parametrize("mode", MODES, ids=str)
def test_every_mode_against_float64(mode: dict[str, Any]) -> None:
    case = draw(batch=3, length=300, motifs=37, width=19, seed=3, **mode)
    want = gradients(case.to(torch.float64), one_hot(case.x, torch.float64), pooled)
    got = gradients(case, one_hot(case.x))
    assert error(got[0], want[0]) < 1e-5
    for ours, theirs in zip(got[1:], want[1:], strict=True):
        assert error(ours, theirs) < 1e-4
    codes = gradients(case, case.x)
    assert all(torch.equal(one, other) for one, other in zip(codes, got, strict=False))


@pytest.mark.parametrize("mode", MODES, ids=str)
def test_soft_sequences_and_float64(mode: dict[str, Any]) -> None:
    case = draw(batch=2, length=50, motifs=3, seed=4, **mode).to(torch.float64)
    x = torch.rand(2, 50, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(2))
    for ours, theirs in zip(gradients(case, x), gradients(case, x, pooled), strict=True):
        torch.testing.assert_close(ours, theirs)
    single = gradients(case.to(torch.float32), x.float())
    assert error(single[0], pooled(case, x)) < 1e-5


@pytest.mark.usefixtures("fixed")
@pytest.mark.parametrize("reduce", ["mean", "max"])
@pytest.mark.parametrize("strands", ["forward", "both"])
def test_layouts_compiled_by_themselves_change_nothing(
    strands: str, reduce: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = draw(motifs=20, width=8, strands=strands, reduce=reduce)
    got = gradients(case, one_hot(case.x))
    monkeypatch.setattr(drive, "FIXED_FROM", 1 << 60)
    assert all(
        torch.equal(one, other) for one, other in zip(got, gradients(case, one_hot(case.x)), strict=True)
    )


@pytest.mark.parametrize("width", range(1, 65))
def test_every_width(width: int) -> None:
    case = draw(length=90, motifs=3, width=width, strands="both", seed=width)
    want = gradients(case.to(torch.float64), one_hot(case.x, torch.float64), pooled)
    for ours, theirs in zip(gradients(case, one_hot(case.x)), want, strict=True):
        assert error(ours, theirs) < 1e-5


SIZES = st.fixed_dictionaries(
    {
        "batch": st.integers(1, 4),
        "length": st.integers(1, 400),
        "regions": st.integers(1, 12),
        "motifs": st.integers(1, 70),
        "width": st.integers(1, 64),
        "bias": st.booleans(),
        "seed": st.integers(0, 1000),
        "mode": st.sampled_from([mode for mode in MODES if mode["own_strands"] is None]),
    }
)


@settings(max_examples=60, deadline=None)
@given(SIZES)
def test_random_ragged_batches(sizes: dict[str, Any]) -> None:
    case = draw(**{name: value for name, value in sizes.items() if name != "mode"}, **sizes["mode"])
    want = gradients(case.to(torch.float64), one_hot(case.x, torch.float64), pooled)
    got = gradients(case, one_hot(case.x))
    assert error(got[0], want[0]) < 1e-5
    if case.reduce == "max":
        return  # two positions may be the largest but for rounding
    for ours, theirs in zip(got[1:], want[1:], strict=True):
        assert error(ours, theirs) < 1e-4


@pytest.mark.parametrize("mode", MODES[:3], ids=str)
def test_the_reference_is_what_the_page_says(mode: dict[str, Any]) -> None:
    case = draw(seed=5, **mode).to(torch.float64)
    scan = ScanPoolArguments(case.x, case.weight, case.bias, case.mean_std, False, case.lengths, case.reduce)
    got = reference.forward(scan)
    torch.testing.assert_close(got, pooled(case, one_hot(case.x, torch.float64)))
    x = one_hot(case.x, torch.float64)
    out, *want = gradients(case, x, pooled)
    grad = torch.randn(out.shape, generator=torch.Generator().manual_seed(9)).double()
    found = reference.backward(grad, replace(scan, x=x), [True] * 3)
    for ours, theirs in zip(found, (want[2], want[0], want[1]), strict=True):
        torch.testing.assert_close(ours, theirs)


@pytest.mark.parametrize("reduce", ["mean", "sum", "max"])
def test_regions_longer_than_a_block(reduce: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("getdsl.kernels.kmer_tables.blocks.POSITIONS", 37)
    monkeypatch.setattr("getdsl.kernels.kmer_tables.blocks.RUNS", 2)
    case = draw(batch=5, length=500, regions=3, motifs=18, strands="both", reduce=reduce, normalise=True)
    case = replace(
        case, lengths=torch.tensor([[300, 0, 100], [0, 0, 0], [1, 498, 1], [0, 3, 2], [500, 0, 0]])
    )
    want = gradients(case.to(torch.float64), one_hot(case.x, torch.float64), pooled)
    for ours, theirs in zip(gradients(case, one_hot(case.x)), want, strict=True):
        assert error(ours, theirs) < 1e-5


def test_sums_of_long_regions_stay_exact() -> None:
    case = draw(batch=1, length=400_000, regions=1, motifs=2, seed=1)
    case = replace(case, lengths=torch.tensor([[400_000]]), reduce="sum")
    want = gradients(case.to(torch.float64), one_hot(case.x, torch.float64), pooled)
    got = gradients(case, case.x)
    assert error(got[0], want[0]) < 1e-6
    for ours, theirs in zip(got[1:], want[1:-1], strict=True):
        assert error(ours, theirs) < 2e-5


@pytest.mark.parametrize("reduce", ["mean", "sum", "max"])
def test_threads_do_not_change_a_bit(reduce: str) -> None:
    case = draw(batch=4, length=800, regions=30, motifs=33, strands="both", reduce=reduce)
    threads = torch.get_num_threads()
    results = []
    try:
        for count in (1, 2, 3):
            torch.set_num_threads(count)
            results.append(gradients(case, one_hot(case.x)))
    finally:
        torch.set_num_threads(threads)
    for result in results[1:]:
        assert all(torch.equal(one, other) for one, other in zip(results[0], result, strict=True))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
@pytest.mark.parametrize("soft", [False, True])
@pytest.mark.parametrize("reduce", ["mean", "max"])
def test_half_precision(reduce: str, soft: bool, dtype: torch.dtype) -> None:
    case = draw(motifs=6, strands="both", reduce=reduce, normalise=True).to(dtype)
    random = torch.Generator().manual_seed(2)
    x = torch.rand(2, 120, 4, generator=random).to(dtype) if soft else one_hot(case.x, dtype)
    got = gradients(case, x)
    want = gradients(case.to(torch.float64), x.double(), pooled)
    assert got[0].dtype == dtype
    assert error(got[0], want[0]) < 0.01
    if reduce == "mean":
        for ours, theirs in zip(got[1:], want[1:], strict=True):
            assert ours.dtype == dtype
            assert error(ours, theirs) < 0.02


def test_views_that_are_not_contiguous() -> None:
    case = draw(motifs=6, strands="both")
    x = one_hot(case.x)
    want = gradients(case, x)
    views = replace(
        case,
        weight=case.weight.permute(2, 0, 1).contiguous().permute(1, 2, 0),
        lengths=case.lengths.T.contiguous().T,
    )
    assert not views.weight.is_contiguous()
    strided = x.transpose(1, 2).contiguous().transpose(1, 2)
    got = gradients(views, strided)
    assert all(torch.equal(one, other) for one, other in zip(got, want, strict=True))
    wide = torch.stack([case.x, case.x + 100], dim=2)[..., 0]
    assert torch.equal(run(case, wide), run(case))
    assert torch.equal(run(case, x[:1].expand(2, -1, -1)), run(case, x[:1].repeat(2, 1, 1)))


@pytest.mark.parametrize(
    "sizes",
    [
        {"batch": 0},
        {"length": 0, "regions": 3},
        {"regions": 0},
        {"length": 3, "width": 29},
        {"motifs": 1},
        {"motifs": 1, "width": 1, "length": 1, "regions": 1},
    ],
    ids=str,
)
@pytest.mark.parametrize("reduce", ["mean", "sum", "max"])
def test_empty_and_odd_shapes(sizes: dict[str, int], reduce: str) -> None:
    case = draw(strands="both", reduce=reduce, **sizes)
    got = gradients(case, one_hot(case.x))
    assert got[0].shape == (*case.lengths.shape, len(case.weight) // 2)
    if case.lengths.numel() and case.x.numel():
        expected = gradients(case.to(torch.float64), one_hot(case.x, torch.float64), pooled)
        for ours, theirs in zip(got, expected, strict=True):
            assert error(ours, theirs) < 1e-5
    else:
        assert all(not item.any() for item in got)


def test_what_is_outside_of_the_regions_is_read_as_context_only() -> None:
    case = draw(width=9, strands="both", seed=2)
    used = case.lengths.sum(1)
    changed = case.x.clone()
    for sample, end in enumerate(used.tolist()):
        changed[sample, end + 4 :] = 4
    assert torch.equal(run(case, changed), run(case))


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


def test_a_weight_that_is_not_finite_shows() -> None:
    case = draw(motifs=3)
    weight = case.weight.clone()
    weight[1, 2, 3] = torch.nan
    got = run(replace(case, weight=weight))
    present = case.lengths > 0
    assert got[..., 1][present].isnan().all()
    assert torch.equal(got[..., [0, 2]], run(case)[..., [0, 2]])


def test_gradcheck() -> None:
    case = draw(batch=1, length=12, regions=2, motifs=2, width=3, strands="both").to(torch.float64)
    x = torch.rand(1, 12, 4, dtype=torch.float64)
    inputs = (x.requires_grad_(), case.weight.requires_grad_(), case.bias.requires_grad_())  # type: ignore[union-attr]
    assert torch.autograd.gradcheck(
        lambda x, weight, bias: motif_scan_pool(x, weight, bias, case.lengths, strands="both"), inputs
    )


@pytest.mark.parametrize("reduce", ["mean", "max"])
def test_opcheck(reduce: str) -> None:
    case = draw(motifs=4, strands="both", reduce=reduce)
    weight, bias = case.weight.requires_grad_(), case.bias
    torch.library.opcheck(
        OP, (one_hot(case.x).requires_grad_(), weight, bias, None, True, case.lengths, reduce)
    )
    torch.library.opcheck(OP, (case.x, weight, bias, None, True, case.lengths, reduce))
    out, best = OP(case.x, weight.detach(), bias, None, True, case.lengths, reduce)
    arguments = (torch.randn_like(out), best, case.x, weight.detach(), bias, None, True, case.lengths, reduce)
    torch.library.opcheck(BACKWARD, (*arguments, [False, True, True]))


@pytest.mark.parametrize("needs", list(itertools.product([False, True], repeat=3)), ids=str)
def test_only_the_gradients_that_are_needed(needs: tuple[bool, bool, bool]) -> None:
    case = draw(motifs=20, strands="both")
    whole = gradients(case, one_hot(case.x))
    x, weight, bias = one_hot(case.x), case.weight.clone(), case.bias
    assert bias is not None
    inputs = {"weight": weight, "bias": bias.clone(), "x": x}
    for (name, value), need in zip(inputs.items(), needs, strict=True):
        inputs[name] = value.requires_grad_(need)
    out = motif_scan_pool(inputs["x"], inputs["weight"], inputs["bias"], case.lengths, **case.options())
    if not any(needs):
        assert not out.requires_grad
        return
    out.backward(torch.randn(out.shape, generator=torch.Generator().manual_seed(9)))
    for value, need, want in zip(inputs.values(), needs, whole[1:], strict=True):
        assert (value.grad is not None) == need
        if value.grad is not None:
            torch.testing.assert_close(value.grad, want, rtol=1e-5, atol=1e-5)


CASE = draw(batch=2, length=10, regions=2, motifs=2, width=3)
X, LENGTHS = one_hot(CASE.x), torch.tensor([[4, 6], [0, 3]])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"lengths": -LENGTHS}, "lengths must not be negative: sample 0 has -6"),
        ({"lengths": LENGTHS * 3}, "lengths of sample 0 sum to 30, past L = 10 of x"),
        ({"lengths": LENGTHS[:1]}, r"lengths must be \[B, R\] with B = 2"),
        ({"lengths": LENGTHS.float()}, "lengths must be int64 or int32, got torch.float32"),
        ({"lengths": LENGTHS.to("meta")}, r"lengths must be on the device of x \(cpu\), got meta"),
        ({"x": X.double()}, r"or be of the dtype of weight \(torch.float32\), got torch.float64"),
        ({"x": CASE.x.long()}, "x must hold uint8 codes"),
        ({"x": CASE.x + 1}, "x holds the code 5; codes are 0 to 3 for A C G T and 4 for N"),
        ({"x": X[0]}, r"x must be \[B, L, 4\], got a tensor of shape \[10, 4\]"),
        ({"x": X[..., :3]}, r"x must be \[B, L, 4\], got a tensor of shape \[2, 10, 3\]"),
        ({"x": CASE.x[0]}, r"x must be \[B, L\] where it holds codes"),
        ({"weight": CASE.weight[:, :3]}, r"weight must be \[K, 4, D\] with D = 1 to 64"),
        ({"weight": torch.zeros(2, 4, 65)}, r"weight must be \[K, 4, D\] with D = 1 to 64"),
        ({"weight": torch.zeros(0, 4, 3)}, r"weight must be \[K, 4, D\]"),
        ({"weight": CASE.weight.to("meta")}, r"weight must be on the device of x \(cpu\), got meta"),
        ({"bias": torch.zeros(3)}, r"bias must be \[2\], got a tensor of shape \[3\]"),
        ({"bias": torch.zeros(2).double()}, "bias must be of the dtype of weight"),
        ({"mean_std": torch.ones(2, 2, 3)}, r"mean_std must be \[2, 2, 2\], got a tensor"),
        ({"mean_std": torch.ones(2, 2, 2, requires_grad=True)}, "mean_std is data and takes no gradient"),
        ({"reduce": "median"}, "reduce must be one of mean, sum, max, got 'median'"),
        ({"strands": "two"}, "strands must be one of forward, both, tied, got 'two'"),
        ({"strands": "both", "weight": torch.zeros(3, 4, 3), "bias": None}, "an even number, got 3"),
        ({"own_strands": 0}, "own_strands needs the kernels of both strands"),
        ({"own_strands": 2, "strands": "tied"}, "own_strands must be a motif, 0 to 1, got 2"),
    ],
)
def test_wrong_arguments_are_named(change: dict[str, Any], message: str) -> None:
    arguments = {"x": X, "weight": CASE.weight, "bias": CASE.bias, "lengths": LENGTHS, **change}
    with pytest.raises(ValueError, match=message):
        motif_scan_pool(**arguments)


class ScanPool(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.weight, self.bias = torch.nn.Parameter(CASE.weight.clone()), torch.nn.Parameter(torch.zeros(2))

    def forward(self, x: Tensor, lengths: Tensor) -> Tensor:
        return motif_scan_pool(x, self.weight, self.bias, lengths, "sum", strands="tied")


def test_export_keeps_the_op_with_free_dimensions() -> None:
    batch, length, regions = torch.export.Dim("B"), torch.export.Dim("L"), torch.export.Dim("R")
    model = ScanPool()
    exported = torch.export.export(
        model, (X, LENGTHS), dynamic_shapes=({0: batch, 1: length}, {0: batch, 1: regions})
    )
    assert any(node.target is OP for node in exported.graph.nodes)
    x, lengths = one_hot(torch.randint(0, 5, (3, 20))), torch.tensor([[5, 5, 2], [0, 0, 1], [20, 0, 0]])
    torch.testing.assert_close(exported.module()(x, lengths), model(x, lengths))


def test_compile_in_one_graph() -> None:
    model = ScanPool()
    compiled = torch.compile(model, backend="aot_eager", fullgraph=True)
    compiled(X, LENGTHS).sum().backward()
    assert model.weight.grad is not None
    got = model.weight.grad.clone()
    model.weight.grad = None
    model(X, LENGTHS).sum().backward()
    torch.testing.assert_close(model.weight.grad, got)


MEMORY = """
import torch
from getdsl.kernels.motif_scan_pool import motif_scan_pool

def peak():
    return next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM")) / 1024

def extra(length, train):
    x = torch.randint(0, 4, (1, length), dtype=torch.uint8)
    weight, bias = torch.randn(2 * 64, 4, 29) / 10, torch.zeros(2 * 64)
    lengths = torch.tensor([[length // 2, length // 4]])
    if train:
        weight.requires_grad_(); bias.requires_grad_()
    open("/proc/self/clear_refs", "w").write("5")
    before = peak()
    out = motif_scan_pool(x, weight, bias, lengths, strands="both")
    if train:
        out.sum().backward()
    return peak() - before

torch.set_num_threads(2)
extra(1_000_000, True)
for train in (False, True):
    print(extra(200_000, train), extra(1_000_000, train))
"""


@pytest.mark.skipif(
    not Path("/proc/self/clear_refs").exists(), reason="needs Linux to measure a peak of memory"
)
def test_memory_does_not_grow_with_the_sequence() -> None:
    done = subprocess.run([sys.executable, "-c", MEMORY], capture_output=True, text=True, check=True)
    for line in done.stdout.splitlines():
        short, long = map(float, line.split())
        assert long < 40
        assert long < short + 8

"""The Triton kernels: in the interpreter where there is no GPU, and compiled ahead of time for two."""

import subprocess
import sys
from dataclasses import replace
from typing import Any

import pytest
import torch

from getdsl.kernels.motif_scan_pool.arguments import ScanPoolArguments
from tests.kernels.scans import Case, draw, error, guarded, one_hot, pooled
from tests.kernels.test_motif_scan_pool import MODES

cuda = pytest.importorskip("getdsl.kernels.motif_scan_pool.cuda", reason="Triton is for Linux")
scan_cuda = pytest.importorskip("getdsl.kernels.motif_scan.cuda")
arguments = pytest.importorskip("getdsl.kernels.motif_scan.arguments")
tiles = pytest.importorskip("getdsl.kernels.motif_scan.one_hot_tiles")
streamed = pytest.importorskip("getdsl.kernels.motif_scan_pool.streamed")
segment_cuda = pytest.importorskip("getdsl.kernels.segment_pool.cuda")
scan_reference = pytest.importorskip("getdsl.kernels.motif_scan.reference")
segment_reference = pytest.importorskip("getdsl.kernels.segment_pool.reference")

DEVICE = "cuda" if torch.cuda.is_available() else "cpu"


def moved(case: Case) -> Case:
    def to(item: Any) -> Any:
        return item.to(DEVICE) if isinstance(item, torch.Tensor) else item

    return replace(case, **{name: to(value) for name, value in vars(case).items()})


def scan_of(case: Case) -> Any:
    weight, bias = arguments.kernels_of(case.weight, case.bias, case.strands, case.own_strands)
    pairs = case.strands != "forward"
    return ScanPoolArguments(case.x, weight, bias, case.mean_std, pairs, case.lengths, case.reduce)


def tensors_of(case: Case) -> Any:
    return cuda.tensors_of(scan_of(case), case.x)


def wanted(case: Case, grad: torch.Tensor) -> tuple[torch.Tensor, ...]:
    """In float64: the output, and the gradients of the kernels that are scanned with."""
    wide = case.to(torch.float64)
    weight, bias = arguments.kernels_of(wide.weight, wide.bias, case.strands, case.own_strands)
    channels = len(weight) // 2 if case.strands != "forward" else len(weight)
    leaves = [weight.clone().requires_grad_()] + ([] if bias is None else [bias.clone().requires_grad_()])
    plain = replace(
        wide, weight=leaves[0], bias=leaves[1] if bias is not None else None, own_strands=None,
        strands="both" if case.strands != "forward" else "forward",
    )  # fmt: skip
    out = pooled(plain, one_hot(case.x, torch.float64))
    assert out.shape[2] == channels
    return out.detach(), *torch.autograd.grad(out, leaves, grad.double())


@pytest.mark.parametrize("mode", MODES, ids=str)
def test_every_mode_against_float64(mode: dict[str, Any]) -> None:
    case = moved(draw(batch=2, length=90, regions=3, motifs=5, width=7, seed=3, **mode))
    scan = tensors_of(case)
    out, argument = cuda.forward(scan)
    grad = torch.randn(out.shape, generator=torch.Generator().manual_seed(9)).to(DEVICE)
    want, *gradients = wanted(case, grad)
    assert error(out, want) < 1e-6
    for ours, theirs in zip(cuda.backward(scan, grad, argument), gradients, strict=True):
        assert error(ours, theirs) < 1e-5


def unpooled(case: Case) -> Any:
    weight, bias = arguments.kernels_of(case.weight, case.bias, case.strands, case.own_strands)
    return arguments.ScanArguments(case.x, weight, bias, case.mean_std, case.strands != "forward")


@pytest.mark.parametrize("soft", [False, True])
@pytest.mark.parametrize("mode", [mode for mode in MODES if mode["reduce"] == "mean"], ids=str)
def test_motif_scan(mode: dict[str, Any], soft: bool) -> None:
    case = moved(draw(batch=2, length=90, motifs=5, width=7, seed=3, **mode))
    x = (
        torch.rand(2, 90, 4, generator=torch.Generator().manual_seed(2)).to(DEVICE)
        if soft
        else one_hot(case.x)
    )
    scan, wide = (
        replace(unpooled(case), x=x),
        replace(unpooled(case.to(torch.float64)), x=x.double()),
    )
    out = scan_cuda.forward_any(scan)
    assert error(out, scan_reference.forward(wide)) < 1e-6
    # gradients of very different sizes, from motif to motif and from place to place
    random = torch.Generator().manual_seed(9)
    grad = torch.randn(out.shape, generator=random) * torch.logspace(-12, 6, out.shape[2])
    grad = (grad * torch.logspace(-6, 0, 90)[:, None]).to(DEVICE)
    wanted_gradients = scan_reference.backward(grad.double(), wide, [True] * 3)
    found = scan_cuda.backward_any(grad, scan, [True] * 3)
    for ours, theirs in zip(found, wanted_gradients, strict=True):
        assert error(ours, theirs) < 1e-5
    for ours, theirs in zip(found[1], wanted_gradients[1], strict=True):  # each motif by its own size
        assert (ours - theirs).abs().max() <= 1e-5 * theirs.abs().max()


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_motif_scan_in_half_precision(dtype: torch.dtype) -> None:
    case = moved(draw(batch=1, length=70, motifs=3, width=33, strands="both")).to(dtype)
    want = scan_reference.forward(unpooled(case.to(torch.float64)))
    out = scan_cuda.forward_any(unpooled(case))
    assert out.dtype == dtype
    assert error(out, want) < 0.01
    grad = torch.ones_like(out)
    found = scan_cuda.backward_any(grad, unpooled(case), [False, True, True])
    wide = scan_reference.backward(grad.double(), unpooled(case.to(torch.float64)), [False, True, True])
    for ours, theirs in zip(found, wide, strict=True):
        assert ours.dtype == dtype
        assert error(ours, theirs) < 0.01


@pytest.mark.parametrize("width", [1, 2, 4, 29, 33, 64])
def test_widths(width: int) -> None:
    case = moved(draw(batch=2, length=70, regions=2, motifs=3, width=width, strands="both"))
    want = pooled(case.to(torch.float64), one_hot(case.x, torch.float64))
    assert error(cuda.forward(tensors_of(case))[0], want) < 1e-6


@pytest.mark.parametrize("scale", [1e-30, 1e-6, 1.0, 1e6])
def test_split_weights_have_the_accuracy_of_float32(scale: float) -> None:
    weight = torch.randn(6, 4, 29) * scale * torch.logspace(-3, 3, 6)[:, None, None]
    high, low, factor = tiles.split(weight)
    back = (high.double() + low.double()) * factor.double()
    flat = weight.double().transpose(1, 2).reshape(6, -1).T
    assert ((back[: len(flat)] - flat).abs().amax(0) <= 2e-7 * flat.abs().amax(0)).all()
    assert not back[len(flat) :].any()


def test_poisoned_outputs(monkeypatch: pytest.MonkeyPatch) -> None:
    def poisoned(self: torch.Tensor, *shape: int, **options: Any) -> torch.Tensor:
        dtype = options.get("dtype", self.dtype)
        return torch.full(shape, torch.nan if dtype.is_floating_point else 7, dtype=dtype, device=self.device)

    monkeypatch.setattr(torch.Tensor, "new_empty", poisoned)
    case = moved(draw(batch=2, length=60, regions=5, motifs=70, width=5))
    assert cuda.forward(tensors_of(case))[0].isfinite().all()


@pytest.mark.parametrize("reduce", ["mean", "max"])
def test_nothing_beyond_an_edge_is_read(reduce: str) -> None:
    sizes = {"batch": 2, "length": 45, "regions": 3, "motifs": 5, "width": 11}
    case = moved(draw(**sizes, strands="both", normalise=True, reduce=reduce))
    scan = tensors_of(case)
    names = {"lengths": 1000, "start": 2**20, "codes": 1}
    guards = {
        name: guarded(value, names.get(name, torch.nan))
        for name, value in scan._asdict().items()
        if isinstance(value, torch.Tensor)
    }
    out, argument = cuda.forward(scan)
    got, found = cuda.forward(scan._replace(**guards))
    assert torch.equal(got, out)
    assert torch.equal(found, argument)
    grad = torch.randn(out.shape, generator=torch.Generator().manual_seed(9)).to(DEVICE)
    gradients = cuda.backward(scan._replace(**guards), guarded(grad, torch.nan), guarded(argument, 0))
    for ours, theirs in zip(gradients, cuda.backward(scan, grad, argument), strict=True):
        assert torch.equal(ours, theirs)


def test_codes_of_one_hot_and_soft_sequences() -> None:
    scan = scan_of(draw(batch=3, length=20))
    codes = scan.x
    assert torch.equal(tiles.codes_of(replace(scan, x=one_hot(codes))), codes)
    assert torch.equal(tiles.codes_of(scan), codes)
    soft = one_hot(codes)
    soft[1, 2] = 0.25
    for x in (soft, torch.ones(3, 20, 4), codes[:0]):
        assert tiles.codes_of(replace(scan, x=x)) is None


@pytest.mark.parametrize("mode", MODES[::4], ids=str)
@pytest.mark.parametrize("soft", [False, True])
def test_the_op_with_all_gradients(mode: dict[str, Any], soft: bool) -> None:
    case = moved(draw(batch=2, length=50, regions=3, motifs=4, width=5, seed=1, **mode))
    x = (
        torch.rand(2, 50, 4, generator=torch.Generator().manual_seed(2)).to(DEVICE)
        if soft
        else one_hot(case.x)
    )
    scan, wide = replace(scan_of(case), x=x), replace(scan_of(case.to(torch.float64)), x=x.double())
    got, want = cuda.forward_any(scan), streamed.forward_any(wide)
    assert error(got[0], want[0]) < 1e-5
    grad = torch.randn(got[0].shape, generator=torch.Generator().manual_seed(9)).to(DEVICE)
    found = cuda.backward_any(grad, got[1], scan, [True] * 3)
    wanted_gradients = streamed.backward_any(grad.double(), want[1], wide, [True] * 3)
    for ours, theirs in zip(found, wanted_gradients, strict=True):
        assert error(ours, theirs) < 1e-5


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.float16, torch.bfloat16])
@pytest.mark.parametrize("reduce", ["mean", "sum", "max"])
def test_segment_pool(reduce: str, dtype: torch.dtype) -> None:
    lengths = torch.tensor([[3, 0, 4, 2], [5, 5, 0, 0], [0, 0, 0, 0]], device=DEVICE)
    x = torch.randint(-3, 3, (3, 11, 70), generator=torch.Generator().manual_seed(0)).to(dtype).to(DEVICE)
    want = segment_reference.forward(x, lengths, reduce)
    torch.testing.assert_close(segment_cuda.forward(x, lengths, reduce), want)
    grad = torch.randn(want.shape, generator=torch.Generator().manual_seed(1)).to(dtype).to(DEVICE)
    wanted_grad = segment_reference.backward(grad, x, lengths, reduce)
    torch.testing.assert_close(segment_cuda.backward(grad, x, lengths, reduce), wanted_grad)


def test_a_maximum_over_nan_or_infinity() -> None:
    nan, inf = torch.nan, torch.inf
    x = torch.tensor([[1.0, nan, nan, -inf, -inf, 2.0, inf, 3.0]], device=DEVICE)[..., None]
    lengths = torch.tensor([[3, 2, 3]], device=DEVICE)
    pooled = segment_cuda.forward(x, lengths, "max").flatten()
    torch.testing.assert_close(pooled.cpu(), torch.tensor([nan, -inf, inf]), equal_nan=True)
    grad = torch.tensor([[[1.0], [2.0], [3.0]]], device=DEVICE)
    assert segment_cuda.backward(grad, x, lengths, "max").flatten().tolist() == [0, 1, 0, 2, 0, 0, 3, 0]


AHEAD = """
import itertools, sys, triton
from triton.backends.compiler import GPUTarget
from triton.compiler import ASTSource
from getdsl.kernels.motif_scan import cuda as scan
from getdsl.kernels.motif_scan_pool import cuda
from getdsl.kernels.segment_pool import cuda as pool

POINTERS = {
    "codes": "*u8", "high": "*fp16", "low": "*fp16", "start": "*i32", "lengths": "*i32", "argument": "*i32",
}
SIZES = {"length", "blocks", "regions", "width", "columns", "kernels", "total", "share"}

def compile(kernel, constants, capability, pointers):
    signature = {}
    for name in kernel.arg_names:
        if name in constants:
            signature[name] = "constexpr"
        else:
            signature[name] = "i32" if name in SIZES else pointers.get(name, "*fp32")
    source = ASTSource(kernel, signature, constants)
    assert triton.compile(source, target=GPUTarget("cuda", capability, 32)).asm["cubin"]

capability = int(sys.argv[1])
done = 0
for tiles, kernel in itertools.product(cuda.CHOICES[:1] + cuda.CHOICES[-1:], ("fwd", "bwd")):
    for pairs, normalise, reduce in ((True, False, "mean"), (False, True, "max"), (True, True, "sum")):
        backward = kernel == "bwd"
        constants = {
            "rows": 128, "positions": min(tiles.positions, 64) if backward else tiles.positions,
            "motifs": 32 if backward else tiles.motifs,
            "pairs": pairs, "normalise": normalise, "largest": reduce == "max", "mean": reduce == "mean",
        }
        compile(getattr(cuda, f"motif_scan_pool_{kernel}_kernel"), constants, capability, POINTERS)
        done += 1
for dtype, (tiles, kernel) in itertools.product(
    ("fp32", "fp16", "bf16"), ((scan.FORWARD, "fwd"), (scan.BACKWARD, "bwd"))
):
    constants = {
        "rows": 128, "positions": tiles.positions, "motifs": tiles.motifs,
        "pairs": True, "normalise": True,
    }
    pointers = POINTERS | {"out": f"*{dtype}", "grad": f"*{dtype}"}
    compile(getattr(scan, f"motif_scan_{kernel}_kernel"), constants, capability, pointers)
    done += 1
for dtype, reduce in itertools.product(("fp32", "fp64", "fp16", "bf16"), ("mean", "sum", "max")):
    constants = {"block": 64, "largest": reduce == "max", "mean": reduce == "mean", "wide": dtype == "fp64"}
    for kernel in (pool.segment_pool_fwd_kernel, pool.segment_pool_bwd_kernel):
        pointers = {name: f"*{dtype}" for name in ("x", "out", "grad")}
        compile(kernel, constants, capability, pointers | POINTERS)
        done += 1
print(done)
"""


@pytest.mark.parametrize("capability", [80, 90])
def test_every_kernel_compiles_ahead_of_time(capability: int) -> None:
    import os

    kept = {name: value for name, value in os.environ.items() if name != "TRITON_INTERPRET"}
    done = subprocess.run(
        [sys.executable, "-c", AHEAD, str(capability)], capture_output=True, text=True, check=False, env=kept
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) == 42

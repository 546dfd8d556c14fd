import pytest
import torch
from torch import Tensor

from getdsl.kernels.segment_pool import REDUCTIONS, cpu, reference, segment_pool
from tests.kernels.scans import guarded

OP = torch.ops.getdsl.segment_pool.default
BACKWARD = torch.ops.getdsl.segment_pool_backward.default

RAGGED = torch.tensor([[3, 0, 4, 2], [5, 5, 0, 0], [0, 0, 0, 0]])


def by_hand(x: Tensor, lengths: Tensor, reduce: str) -> Tensor:
    """What the README says, one value at a time."""
    out = torch.zeros(*lengths.shape, x.shape[2], dtype=x.dtype)
    for b in range(lengths.shape[0]):
        for r in range(lengths.shape[1]):
            start = int(lengths[b, :r].sum())
            for d in range(x.shape[2]):
                values = x[b, start : start + int(lengths[b, r]), d].tolist()
                if values:
                    out[b, r, d] = {
                        "max": max(values),
                        "sum": sum(values),
                        "mean": sum(values) / len(values),
                    }[reduce]
    return out


@pytest.mark.parametrize("reduce", REDUCTIONS)
def test_ragged_segments(reduce: str) -> None:
    x = torch.randn(3, 11, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    want = by_hand(x, RAGGED, reduce)
    torch.testing.assert_close(segment_pool(x, RAGGED, reduce), want)
    torch.testing.assert_close(reference.forward(x, RAGGED, reduce), want)
    torch.testing.assert_close(segment_pool(x, RAGGED.int(), reduce), want)


def test_the_mean_is_the_default() -> None:
    x = torch.randn(3, 11, 2)
    assert torch.equal(segment_pool(x, RAGGED), segment_pool(x, RAGGED, "mean"))


SHAPES = [(3, 4, 20, 5), (1, 1, 1, 1), (2, 0, 5, 3), (0, 3, 5, 3), (2, 3, 0, 3), (2, 3, 7, 0), (2, 5, 64, 33)]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.float16, torch.bfloat16])
@pytest.mark.parametrize("reduce", REDUCTIONS)
@pytest.mark.parametrize("shape", SHAPES)
def test_the_cpu_kernel_is_the_reference(shape: tuple[int, ...], reduce: str, dtype: torch.dtype) -> None:
    batch, regions, length, width = shape
    generator = torch.Generator().manual_seed(1)
    lengths = torch.randint(0, length // max(regions, 1) + 1, (batch, regions), generator=generator)
    # small integers: every sum is exact, and maxima are often shared
    x = torch.randint(-3, 3, (batch, length, width), generator=generator).to(dtype)
    want = reference.forward(x, lengths, reduce)
    got = cpu.forward(x, lengths, reduce)
    assert got.dtype == dtype
    torch.testing.assert_close(got, want, rtol=0, atol=0)
    grad = torch.randn(want.shape, generator=generator).to(dtype)
    torch.testing.assert_close(
        cpu.backward(grad, x, lengths, reduce), reference.backward(grad, x, lengths, reduce)
    )


@pytest.mark.parametrize("reduce", REDUCTIONS)
def test_views_that_are_not_contiguous(reduce: str) -> None:
    x = torch.randn(3, 2, 22)[:, :, ::2].transpose(1, 2)  # [B, L, D]
    lengths = RAGGED.T.contiguous().T
    assert not x.is_contiguous()
    assert not lengths.is_contiguous()
    torch.testing.assert_close(
        segment_pool(x, lengths, reduce), reference.forward(x.contiguous(), RAGGED, reduce)
    )
    grad = torch.randn(2, 3, 4).permute(1, 2, 0)
    torch.testing.assert_close(
        BACKWARD(grad, x, lengths, reduce),
        reference.backward(grad.contiguous(), x.contiguous(), RAGGED, reduce),
    )


@pytest.mark.parametrize("reduce", REDUCTIONS)
def test_padding_and_absent_segments_count_nowhere(reduce: str) -> None:
    x = torch.randn(3, 11, 2)
    poisoned = x.clone()
    for sample, used in zip(poisoned, RAGGED.sum(1).tolist(), strict=True):
        sample[used:] = torch.nan
    poisoned.requires_grad_()
    pooled = segment_pool(poisoned, RAGGED, reduce)
    torch.testing.assert_close(pooled, segment_pool(x, RAGGED, reduce))
    assert (pooled[RAGGED == 0] == 0).all()
    pooled.sum().backward()
    assert poisoned.grad is not None
    for gradient, used in zip(poisoned.grad, RAGGED.sum(1).tolist(), strict=True):
        assert (gradient[used:] == 0).all()


@pytest.mark.parametrize("reduce", REDUCTIONS)
def test_nothing_beyond_an_edge_is_read(reduce: str) -> None:
    x, lengths = torch.randn(3, 11, 2), RAGGED
    edges = guarded(x, torch.nan).requires_grad_()
    pooled = segment_pool(edges, guarded(lengths, 2**40), reduce)
    assert torch.equal(pooled, segment_pool(x, lengths, reduce))
    grad = torch.randn(pooled.shape)
    pooled.backward(guarded(grad, torch.nan))
    assert torch.equal(edges.grad, reference.backward(grad, x, lengths, reduce))  # type: ignore[arg-type]


def test_the_gradient_of_a_maximum_goes_to_the_first_that_holds_it() -> None:
    x = torch.tensor([[1.0, 7.0, 7.0, 2.0, 2.0, 9.0]])[..., None].requires_grad_()
    segment_pool(x, torch.tensor([[3, 2]]), "max").backward(torch.tensor([[[10.0], [20.0]]]))
    assert x.grad is not None
    assert x.grad.flatten().tolist() == [0, 10, 0, 20, 0, 0]


@pytest.mark.parametrize("backward", [cpu.backward, reference.backward])
def test_a_maximum_over_nan_or_infinity(backward) -> None:
    nan, inf = torch.nan, torch.inf
    x = torch.tensor([[1.0, nan, nan, -inf, -inf, 2.0, inf, 3.0]])[..., None]
    lengths = torch.tensor([[3, 2, 3]])
    pooled = segment_pool(x, lengths, "max").flatten()
    torch.testing.assert_close(pooled, torch.tensor([nan, -inf, inf]), equal_nan=True)
    gradient = backward(torch.tensor([[[1.0], [2.0], [3.0]]]), x, lengths, "max")
    assert gradient.flatten().tolist() == [0, 1, 0, 2, 0, 0, 3, 0]


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
@pytest.mark.parametrize("forward", [segment_pool, reference.forward])
def test_half_precision_sums_in_float32(forward, dtype: torch.dtype) -> None:
    lengths = torch.tensor([[5000]])
    halves = torch.full((1, 5000, 1), 0.5, dtype=dtype)  # a float16 sum would stop growing at 1024
    assert float(forward(halves, lengths, "sum")) == pytest.approx(2500, rel=0.003)
    large = torch.full((1, 5000, 1), 20.0, dtype=dtype)  # float16 cannot hold their sum
    assert float(forward(large, lengths, "mean")) == 20
    assert forward(large, lengths, "mean").dtype == dtype


@pytest.mark.parametrize("reduce", REDUCTIONS)
def test_gradcheck(reduce: str) -> None:
    x = torch.randn(3, 11, 2, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda x: segment_pool(x, RAGGED, reduce), x)


@pytest.mark.parametrize("reduce", REDUCTIONS)
def test_opcheck(reduce: str) -> None:
    x = torch.randn(3, 11, 2, requires_grad=True)
    torch.library.opcheck(OP, (x, RAGGED, reduce))
    torch.library.opcheck(BACKWARD, (torch.randn(3, 4, 2), x.detach(), RAGGED, reduce))


@pytest.mark.parametrize("reduce", REDUCTIONS)
def test_threads_do_not_change_a_bit(reduce: str) -> None:
    x, lengths = torch.randn(4, 400, 16), torch.full((4, 40), 9)
    threads = torch.get_num_threads()
    try:
        torch.set_num_threads(1)
        one = segment_pool(x, lengths, reduce)
        torch.set_num_threads(2)
        assert torch.equal(segment_pool(x, lengths, reduce), one)
    finally:
        torch.set_num_threads(threads)


X = torch.randn(2, 10, 3)
LENGTHS = torch.tensor([[4, 6], [0, 3]])


@pytest.mark.parametrize(
    ("x", "lengths", "reduce", "message"),
    [
        (X, -LENGTHS, "mean", "lengths must not be negative: sample 0 has -6"),
        # a negative length must not make room for a long one
        (X, torch.tensor([[4, 6], [-3, 12]]), "mean", "lengths must not be negative: sample 1 has -3"),
        (X, torch.tensor([[4, 6], [9, 2]]), "sum", "lengths of sample 1 sum to 11, past L = 10 of x"),
        (X, LENGTHS.float(), "sum", "lengths must be int64 or int32, got torch.float32"),
        (X, LENGTHS.bool(), "sum", "lengths must be int64 or int32, got torch.bool"),
        (X, LENGTHS[0], "sum", r"lengths must be \[B, R\] with B = 2, got a tensor of shape \[2\]"),
        (X, LENGTHS[:1], "sum", r"lengths must be \[B, R\] with B = 2, got a tensor of shape \[1, 2\]"),
        (X[0], LENGTHS, "sum", r"x must be \[B, L, D\], got a tensor of shape \[10, 3\]"),
        (X.long(), LENGTHS, "sum", "x must be floating point, got torch.int64"),
        (X, LENGTHS, "median", "reduce must be one of mean, sum, max, got 'median'"),
        (X.to("meta"), LENGTHS, "sum", r"lengths must be on the device of x \(meta\), got cpu"),
    ],
)
def test_wrong_arguments_are_named(x: Tensor, lengths: Tensor, reduce: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        segment_pool(x, lengths, reduce)


class Pool(torch.nn.Module):
    def __init__(self, reduce: str = "mean") -> None:
        super().__init__()
        self.reduce = reduce

    def forward(self, x: Tensor, lengths: Tensor) -> Tensor:
        return segment_pool(x, lengths, self.reduce)


@pytest.mark.parametrize("reduce", ["mean", "sum", "max"])
def test_export_pools_in_operations_of_pytorch(reduce: str) -> None:
    """With free dimensions, empty segments and padding, the same as the op, of which nothing is left."""
    free = torch.export.Dim.AUTO
    exported = torch.export.export(
        Pool(reduce), (X, LENGTHS), dynamic_shapes=({0: free, 1: free}, {0: free, 1: free})
    )
    assert not any("getdsl" in str(node.target) for node in exported.graph.nodes)
    x = torch.randn(3, 11, 3)
    torch.testing.assert_close(exported.module()(x, RAGGED), segment_pool(x, RAGGED, reduce))


def test_compile_in_one_graph() -> None:
    compiled = torch.compile(Pool(), backend="aot_eager", fullgraph=True)
    x = X.clone().requires_grad_()
    compiled(x, LENGTHS).sum().backward()
    want = X.clone().requires_grad_()
    segment_pool(want, LENGTHS).sum().backward()
    torch.testing.assert_close(x.grad, want.grad)

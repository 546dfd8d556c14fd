"""The kernels' speed and memory, against the plain pipeline, its torch.compile and the machine's own limit.

    python benchmarks/kernels.py [--quick] [--device cuda] [--threads 1 2]

Prints a table and adds a row a case to `benchmarks/results/kernels.csv`. A case whose result is not that of
float64 prints no speed, and the command ends with 1. It takes about ten minutes on two cores, and stays
below 8 GB: the plain pipeline is left out where it alone would need more.

Without a GPU, `TRITON_INTERPRET=1 python benchmarks/kernels.py --device cuda` tries the Triton kernels on
small cuts of the same cases, in Triton's interpreter: results only, no speed.
"""

from __future__ import annotations

import argparse
import ctypes
import os
import shutil
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from recording import add_row, circumstances, processor
from torch import Tensor

import getdsl.kernels.motif_scan as motif_scan_op
import getdsl.kernels.motif_scan_pool as motif_scan_pool_op
import getdsl.kernels.segment_pool as segment_pool_op
from getdsl.kernels.motif_scan import motif_scan
from getdsl.kernels.motif_scan_pool import motif_scan_pool, streamed
from getdsl.kernels.motif_scan_pool.arguments import ScanPoolArguments
from getdsl.kernels.segment_pool import segment_pool

RESULTS = Path(__file__).parent / "results" / "kernels.csv"
WIDTH = 29
GATE_POSITIONS = 20_000
REPEATS = 5
ENOUGH = 30.0  # seconds for a case, after which three repeats do
LARGEST = 6.0  # GB: the plain pipeline is left out where it needs more
LIMITS = {"forward": 1e-5, "train": 1e-4}  # of the relative error


@dataclass(frozen=True)
class Case:
    """Scanning both strands of B sequences of L bp for M motifs, pooled over regions of `region` bp."""

    op: str
    kind: str  # forward | train: with the gradients of kernels and bias
    batch: int
    length: int
    region: int
    motifs: int
    sparse: bool = False  # scores are rarely positive, as with log-odds kernels; else half of them are

    @property
    def plain_gb(self) -> float:
        """About what the plain pipeline holds at its peak."""
        scores = self.batch * self.length * self.motifs * 4 / 2**30
        if self.op == "segment_pool":
            return scores * (1 if self.kind == "forward" else 3)
        return scores * (4 if self.kind == "forward" else 8)

    @property
    def name(self) -> str:
        return f"{self.op} {self.kind} B {self.batch} L {self.length:,} / {self.region} M {self.motifs}"


def cases(op: str, kind: str, *sizes: tuple[int, int, int]) -> tuple[Case, ...]:
    """One a (batch, length, motifs), pooled over 500 bp."""
    region = 1 if op == "motif_scan" else 500
    return tuple(Case(op, kind, batch, length, region, motifs) for batch, length, motifs in sizes)


SPARSE = Case("motif_scan_pool", "train", 64, 1000, 10, 193, sparse=True)  # the quickstart's
QUICK = (
    *cases("motif_scan_pool", "forward", (1, 100_000, 637)),
    *cases("motif_scan_pool", "train", (1, 100_000, 637)),
    SPARSE,
)
LENGTHS = ((1, 10_000, 637), (1, 30_000, 637), (1, 1_000_000, 637))
MOTIFS = ((1, 100_000, 32), (1, 100_000, 128))
BATCHES = ((4, 10_000, 637), (16, 10_000, 637))
ALL = (
    *QUICK,
    *cases("motif_scan_pool", "forward", *LENGTHS, *MOTIFS, *BATCHES, (1, 1_000_000, 32)),
    *cases("motif_scan_pool", "train", *LENGTHS, *MOTIFS, (16, 10_000, 637)),
    replace(SPARSE, kind="forward"),
    *cases("motif_scan", "forward", (1, 10_000, 637), (1, 100_000, 637), *MOTIFS, (16, 10_000, 128)),
    *cases("motif_scan", "train", (1, 10_000, 637), *MOTIFS),
    *cases("segment_pool", "forward", *LENGTHS, (1, 100_000, 637), *MOTIFS, (16, 10_000, 637)),
    *cases("segment_pool", "train", (1, 10_000, 637), (1, 100_000, 637), (1, 100_000, 32), (16, 10_000, 637)),
)


class Work:
    """A case's tensors, and what is timed on them."""

    def __init__(self, case: Case, device: str, positions: int | None = None) -> None:
        """`positions` cuts the sequences short, for the gate."""
        self.case = case
        random = torch.Generator().manual_seed(0)
        length = case.length
        if positions is not None:
            length = min(length, max(case.region, positions // case.batch // case.region * case.region))
        regions = length // case.region
        codes = torch.randint(0, 5 if positions else 4, (case.batch, length), generator=random)
        weight = torch.rand(2 * case.motifs, 4, WIDTH, generator=random) * 0.1 - 0.05
        bias = torch.rand(2 * case.motifs, generator=random) * 0.1 - (0.55 if case.sparse else 0.05)
        self.lengths = torch.full((case.batch, regions), case.region).to(device)
        self.x = F.one_hot(codes, 5)[..., :4].float().to(device)
        self.weight, self.bias = weight.to(device), bias.to(device)
        if case.op == "segment_pool":
            self.x = torch.rand(case.batch, length, case.motifs, generator=random).to(device)

    def leaves(self) -> tuple[Tensor, ...]:
        """What takes a gradient."""
        return (self.x,) if self.case.op == "segment_pool" else (self.weight, self.bias)

    def require(self, on: bool) -> None:
        for leaf in self.leaves():
            leaf.requires_grad_(on)
            leaf.grad = None

    def plain(self) -> Tensor:
        """As GET does it: convolution, ReLU, the strands' sum, and a mean for each region in turn."""
        return pipeline_of(self.x, self.weight, self.bias, self.case.region, self.case.op)

    def kernel(self) -> Tensor:
        if self.case.op == "segment_pool":
            return segment_pool(self.x, self.lengths, "mean")
        if self.case.op == "motif_scan":
            return motif_scan(self.x, self.weight, self.bias, strands="both")
        return motif_scan_pool(self.x, self.weight, self.bias, self.lengths, "mean", strands="both")

    def run(self, function: Callable[[], Tensor]) -> None:
        if self.case.kind == "forward":
            with torch.no_grad():
                function()
            return
        self.require(True)
        out = function()
        torch.autograd.backward(out, torch.ones_like(out))
        self.require(False)


def pipeline_of(x: Tensor, weight: Tensor, bias: Tensor, region: int, op: str) -> Tensor:
    if op == "segment_pool":
        return torch.stack([part.mean(1) for part in torch.split(x, region, dim=1)], dim=1)
    hits = F.relu(F.conv1d(x.transpose(1, 2), weight, bias, padding="same"))
    motifs = len(weight) // 2
    hits = (hits[:, :motifs] + hits[:, motifs:]).transpose(1, 2)
    return (
        hits
        if op == "motif_scan"
        else torch.stack([part.mean(1) for part in torch.split(hits, region, dim=1)], dim=1)
    )


# ---- the gate


def relative_error(case: Case, device: str) -> float:
    """The largest difference from float64 on a cut of the case, against the largest value."""
    work = Work(case, device, GATE_POSITIONS)
    out = work.kernel()
    grad = torch.randn(out.shape, generator=torch.Generator().manual_seed(1)).to(device)
    want, *gradients = wanted(work, grad.double())
    errors = [_difference(out, want)]
    if case.kind == "train":
        work.require(True)
        torch.autograd.backward(work.kernel(), grad)
        pairs = zip(work.leaves(), gradients, strict=True)
        errors += [_difference(leaf.grad, other) for leaf, other in pairs if leaf.grad is not None]
    return max(errors)


def wanted(work: Work, grad: Tensor) -> tuple[Tensor, ...]:
    """The output and the gradients of the leaves, in float64."""
    if work.case.op == "segment_pool":
        x = work.x.double().requires_grad_()
        out = pipeline_of(x, work.weight, work.bias, work.case.region, work.case.op)
        return out.detach(), *torch.autograd.grad(out, x, grad)
    scan = ScanPoolArguments(
        work.x.double(), work.weight.double(), work.bias.double(), None, True, work.lengths, "mean"
    )
    out = streamed.forward(scan)
    if work.case.kind == "forward":
        return (out,)
    return out, *streamed.backward(grad, out.new_empty(0), scan, [False, True, True])[1:]


def _difference(got: Tensor, want: Tensor) -> float:
    return float((got.detach().double() - want).abs().max() / want.abs().max())


# ---- measuring


def seconds(functions: list[Callable[[], None]], device: str, repeats: int) -> list[float]:
    """The median time of each, in turns, so that what else the machine does falls on all of them."""
    found: list[list[float]] = [[] for _ in functions]
    begun = time.perf_counter()
    for turn in range(repeats + 1):  # the first turn is not counted
        if turn > 3 and time.perf_counter() - begun > ENOUGH:
            break
        for times, function in zip(found, functions, strict=True):
            started = time.perf_counter()
            function()
            if device == "cuda":
                torch.cuda.synchronize()
            if turn:
                times.append(time.perf_counter() - started)
    return [statistics.median(times) for times in found]


def extra_memory(function: Callable[[], None], device: str) -> float:
    """The peak of memory in MB above what is held before."""
    if device == "cuda":
        torch.cuda.reset_peak_memory_stats()
        before = torch.cuda.memory_allocated()
        function()
        return (torch.cuda.max_memory_allocated() - before) / 2**20
    clear = Path("/proc/self/clear_refs")
    if not clear.exists():
        return float("nan")
    _give_back()
    clear.write_text("5")
    start = _peak()
    function()
    return _peak() - start


def _give_back() -> None:
    """Freed memory goes back to the system, so that what is taken again shows."""
    if sys.platform == "linux" and hasattr(ctypes.CDLL(None), "malloc_trim"):
        ctypes.CDLL(None).malloc_trim(0)


def _peak() -> float:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024


@dataclass(frozen=True)
class Machine:
    """What the machine does at most, measured now: flops a second, and bytes a second from its memories."""

    flops: float
    memory: float
    l2: float | None  # of a CPU
    l1: float | None

    def seconds(self, case: Case) -> float:
        """The least time for a case.

        That of its convolution as a product of matrices on a GPU, of its tables' rows from L1 on a CPU (but
        most are in L2), or of one pass over a tensor that is read or written whole.
        """
        positions = case.batch * case.length
        factor = 1 if case.kind == "forward" else 3
        whole = positions * case.motifs * 4 / self.memory
        if case.op == "segment_pool":
            return whole * factor
        written = whole * (1 if case.kind == "forward" else 2) if case.op == "motif_scan" else 0.0
        if self.l1 is None:
            return max(written, factor * 2 * 2 * positions * 2 * case.motifs * 4 * WIDTH / self.flops)
        return max(written, factor * table_bytes(case) / self.l1)


def table_bytes(case: Case) -> int:
    """What a forward scan reads of its tables: a float32 for each piece of four bases of each kernel."""
    return case.batch * case.length * 2 * case.motifs * 4 * -(-WIDTH // 4)


def measure_machine(device: str) -> Machine:
    kind = torch.float16 if device == "cuda" else torch.float32
    side = 8192 if device == "cuda" else 1536
    a = torch.randn(side, side, device=device).to(kind)
    block = torch.empty(2**28 if device == "cuda" else 2**24, device=device)
    other = torch.empty_like(block)
    (product, copy) = seconds([lambda: _do(a @ a), lambda: _do(other.copy_(block))], device, 5)
    l2, l1 = (None, None) if device == "cuda" else (cache_bandwidth(2**16, 400), cache_bandwidth(2**12, 6400))
    return Machine(2 * side**3 / product, 2 * block.nbytes / copy, l2, l1)


def _do(value: Tensor) -> None:
    pass


def cache_bandwidth(size: int, turns: int) -> float:
    """Bytes a second that all threads read from `size` float32 each: 256 KB are in L2, 16 KB in L1."""
    import numba
    import numpy as np

    from getdsl.kernels.kmer_tables.vectors import address, aligned, load, store, zeros
    from getdsl.kernels.kmer_tables.workers import run_all

    @numba.njit(nogil=True)  # type: ignore[untyped-decorator, unused-ignore]
    def read(values: Any, turns: int, out: Any) -> None:
        a, b, c, d = zeros(), zeros(), zeros(), zeros()
        start = address(values)
        for _ in range(turns):
            for i in range(0, values.size, 64):
                at = np.uint64(i)
                a = a + load(start, at)
                b = b + load(start, at + np.uint64(16))
                c = c + load(start, at + np.uint64(32))
                d = d + load(start, at + np.uint64(48))
        store(address(out), np.uint64(0), a + b + (c + d))

    threads = torch.get_num_threads()
    arrays, outs = [aligned(size) for _ in range(threads)], [aligned(16) for _ in range(threads)]
    (taken,) = seconds(
        [lambda: run_all(lambda item, worker: read(arrays[item], turns, outs[item]), threads)], "cpu", 5
    )
    return threads * turns * arrays[0].nbytes / taken


# ---- the table


def measure(
    case: Case, device: str, machine: Machine, *, plain: bool, compiled: bool, repeats: int
) -> dict[str, Any]:
    row: dict[str, Any] = {"error": relative_error(case, device)}
    if row["error"] > LIMITS[case.kind]:
        return row
    work = Work(case, device)

    def kernel() -> None:
        work.run(work.kernel)

    def pipeline() -> None:
        work.run(work.plain)

    kernel()  # compiles
    functions: list[Callable[[], None]] = [kernel]
    row["kernel_mb"] = extra_memory(kernel, device)
    if plain:
        row["plain_mb"] = extra_memory(pipeline, device)
        functions.append(pipeline)
    if plain and compiled:
        fast = torch.compile(pipeline_of, dynamic=False)
        functions.append(lambda: work.run(lambda: fast(work.x, work.weight, work.bias, case.region, case.op)))
    row["kernel_ms"], *rest = (1000 * value for value in seconds(functions, device, repeats))
    row |= dict(zip(("plain_ms", "compile_ms"), rest, strict=False))
    row["ratio"] = row["plain_ms"] / row["kernel_ms"] if rest else None
    row["limit_ms"] = 1000 * machine.seconds(case)
    row["of_limit"] = row["limit_ms"] / row["kernel_ms"]
    if machine.l2 is not None and case.op != "segment_pool" and case.kind == "forward":
        row["of_l2"] = 1000 * table_bytes(case) / machine.l2 / row["kernel_ms"]
    return row


COLUMNS = {
    "plain_ms": "{:.1f}", "compile_ms": "{:.1f}", "kernel_ms": "{:.2f}", "ratio": "{:.1f}x",
    "limit_ms": "{:.2f}",
    "of_limit": "{:.0%}", "of_l2": "{:.0%}", "plain_mb": "{:.0f}", "kernel_mb": "{:.1f}", "error": "{:.1e}",
}  # fmt: skip


def show(case: Case, threads: int, row: dict[str, Any]) -> str:
    values = [form.format(row[name]) if row.get(name) is not None else "-" for name, form in COLUMNS.items()]
    return f"{case.name:52}{threads:3d}  " + " ".join(f"{value:>10}" for value in values)


def keep(case: Case, threads: int, device: str, row: dict[str, Any], machine: Machine) -> None:
    values = {
        **circumstances(graphics_card() if device == "cuda" else processor()),
        "device": device,
        "threads": threads,
        **asdict(case),
        **{name: row.get(name) for name in COLUMNS},
        "gflops": machine.flops / 1e9,
        **{
            f"{name}_gbs": speed / 1e9
            for name in ("memory", "l2", "l1") if (speed := getattr(machine, name)) is not None
        },
    }  # fmt: skip
    add_row(RESULTS, values)


def graphics_card() -> str:
    return str(torch.cuda.get_device_name())


# ---- the interpreter


def interpret() -> bool:
    """Tries every case's cut with the Triton kernels in the place of the CPU's. Whether all are right."""
    for op in (motif_scan_op, motif_scan_pool_op, segment_pool_op):
        op._forward.register_kernel("cpu")(op._forward_cuda)
        op._backward.register_kernel("cpu")(op._backward_cuda)
    right = True
    for case in dict.fromkeys(cut(case) for case in ALL):
        error = relative_error(case, "cpu")
        right &= error <= LIMITS[case.kind]
        print(
            f"{case.name:52}  error {error:.1e}{'' if error <= LIMITS[case.kind] else '  WRONG'}", flush=True
        )
    return right


def cut(case: Case) -> Case:
    """A few hundred positions and a few motifs of it; among so few, rare scores would be none."""
    region = min(case.region, 60)
    length = region * max(3, 90 // region)
    batch, motifs = min(case.batch, 2), min(case.motifs, 40)
    return replace(case, batch=batch, length=length, region=region, motifs=motifs, sparse=False)


# ---- the command


def main() -> int:
    arguments = parse()
    if arguments.device == "cuda" and not torch.cuda.is_available():
        if os.environ.get("TRITON_INTERPRET") == "1":
            return int(not interpret())
        print("there is no GPU; `TRITON_INTERPRET=1` tries the kernels without one", file=sys.stderr)
        return 2
    compiled = not arguments.quick
    if compiled and shutil.which("c++") is None and shutil.which("g++") is None and arguments.device == "cpu":
        print("torch.compile is left out: it needs a C++ compiler, and there is none.")
        compiled = False
    chosen = [case for case in (QUICK if arguments.quick else ALL) if arguments.only in case.name]
    if any(case.plain_gb >= arguments.largest for case in chosen):
        print(f"The plain pipeline is left out (-) where it needs more than {arguments.largest:g} GB.")
    red = False
    for threads in arguments.threads:
        torch.set_num_threads(threads)
        machine = measure_machine(arguments.device)
        print_head(machine, arguments.device, threads)
        for case in chosen:
            # compilation takes longer than all else: once, for the cases that matter most
            with_compiled = compiled and threads == max(arguments.threads) and case in (*QUICK, *ALL[3:4])
            row = measure(
                case,
                arguments.device,
                machine,
                plain=case.plain_gb < arguments.largest,
                compiled=with_compiled,
                repeats=arguments.repeats,
            )
            if "kernel_ms" not in row:
                red = True
                print(f"{case.name:52}     WRONG: error {row['error']:.1e}, limit {LIMITS[case.kind]:.0e}")
                continue
            print(show(case, threads, row), flush=True)
            keep(case, threads, arguments.device, row, machine)
    return int(red)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--quick", action="store_true", help="the three cases that matter most, 2 threads, no torch.compile"
    )
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    parser.add_argument("--threads", type=int, nargs="+", help="CPU threads (1 and 2)")
    parser.add_argument("--only", default="", metavar="TEXT", help="the cases whose name has TEXT in it")
    parser.add_argument("--repeats", type=int, default=REPEATS, metavar="N")
    parser.add_argument(
        "--largest", type=float, default=LARGEST, metavar="GB", help="of the plain pipeline's memory (6)"
    )
    arguments = parser.parse_args()
    if arguments.threads is None:
        arguments.threads = [2] if arguments.quick or arguments.device == "cuda" else [1, 2]
    return arguments


def print_head(machine: Machine, device: str, threads: int) -> None:
    speeds = [f"{machine.flops / 1e9:.0f} Gflop/s", f"{machine.memory / 1e9:.0f} GB/s from memory"]
    speeds += [
        f"{speed / 1e9:.0f} GB/s from {name}"
        for name, speed in (("L2", machine.l2), ("L1", machine.l1))
        if speed is not None
    ]
    print(f"\n{graphics_card() if device == 'cuda' else processor()}, {threads} threads: {', '.join(speeds)}")
    print(f"{'':52}thr  " + " ".join(f"{name:>10}" for name in COLUMNS))


if __name__ == "__main__":
    sys.exit(main())

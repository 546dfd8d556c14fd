"""The kernels' speed and memory, against the plain pipeline, its torch.compile and the machine's own limit.

    python benchmarks/kernels.py [--quick] [--device cuda] [--threads 1 2]

Prints a table and adds a row a case to `benchmarks/results/kernels.csv`. A case whose result is not that of
float64 prints no speed, and the command ends with 1.
"""

from __future__ import annotations

import argparse
import csv
import ctypes
import platform
import shutil
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from getdsl.kernels.motif_scan import motif_scan
from getdsl.kernels.motif_scan_pool import motif_scan_pool, streamed
from getdsl.kernels.segment_pool import segment_pool

RESULTS = Path(__file__).parent / "results" / "kernels.csv"
WIDTH = 29
GATE_POSITIONS = 20_000
REPEATS = 5
LARGEST = 12 * 2**30  # bytes: the plain pipeline is left out where it needs more
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
    def plain_bytes(self) -> int:
        """About what the plain pipeline holds at its peak."""
        return self.batch * self.length * 2 * self.motifs * 4 * (2 if self.kind == "forward" else 4)

    @property
    def name(self) -> str:
        return f"{self.op} {self.kind} B {self.batch} L {self.length:,} / {self.region} M {self.motifs}"


QUICK = (
    Case("motif_scan_pool", "forward", 1, 100_000, 500, 637),
    Case("motif_scan_pool", "train", 1, 100_000, 500, 637),
    Case("motif_scan_pool", "train", 64, 1000, 10, 193, sparse=True),
)
ALL = (
    *QUICK,
    Case("motif_scan_pool", "forward", 1, 10_000, 500, 637),
    Case("motif_scan_pool", "forward", 1, 1_000_000, 500, 637),
    Case("motif_scan_pool", "train", 1, 1_000_000, 500, 637),
    Case("motif_scan_pool", "forward", 1, 100_000, 500, 32),
    Case("motif_scan_pool", "forward", 1, 100_000, 500, 128),
    Case("motif_scan_pool", "forward", 16, 10_000, 500, 637),
    Case("motif_scan_pool", "forward", 64, 1000, 10, 193, sparse=True),
    Case("motif_scan", "forward", 1, 20_000, 1, 637),
    Case("motif_scan", "train", 1, 20_000, 1, 637),
    Case("segment_pool", "forward", 1, 100_000, 500, 637),
    Case("segment_pool", "train", 1, 100_000, 500, 637),
)


class Work:
    """A case's tensors, and what is timed on them."""

    def __init__(self, case: Case, device: str, positions: int | None = None) -> None:
        """`positions` cuts the sequences short, for the gate."""
        self.case = case
        random = torch.Generator().manual_seed(0)
        length = (
            case.length if positions is None else min(case.length, max(case.region, positions // case.batch))
        )
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
        return plain(self.x, self.weight, self.bias, self.case.region, self.case.op)

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


def plain(x: Tensor, weight: Tensor, bias: Tensor, region: int, op: str) -> Tensor:
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
    if case.op == "segment_pool":
        return _difference(
            work.kernel(), plain(work.x.double(), work.weight, work.bias, case.region, case.op)
        )
    arguments = (work.x.double(), work.weight.double(), work.bias.double(), None, work.lengths, True, "mean")
    want = streamed.forward(*arguments)
    got = work.kernel()
    error = _difference(got, want)
    if case.kind == "train":
        grad = torch.randn(want.shape, dtype=torch.float64, generator=torch.Generator().manual_seed(1)).to(
            device
        )
        wanted = streamed.backward(grad, want.new_empty(0), *arguments, [False, True, True])
        work.require(True)
        torch.autograd.backward(work.kernel(), grad.float())
        found = [leaf.grad for leaf in work.leaves()]
        error = max(
            error,
            *(
                _difference(one, other)
                for one, other in zip(found, wanted[1:], strict=True)
                if one is not None
            ),
        )
    return error


def _difference(got: Tensor, want: Tensor) -> float:
    return float((got.detach().double() - want).abs().max() / want.abs().max())


# ---- measuring


def seconds(functions: list[Callable[[], None]], device: str, repeats: int) -> list[float]:
    """The median time of each, in turns, so that what else the machine does falls on all of them."""
    found: list[list[float]] = [[] for _ in functions]
    for turn in range(repeats + 1):
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
    """What the machine does at most, measured now: flops a second, bytes a second from memory and from L2."""

    flops: float
    memory: float
    cache: float | None

    def seconds(self, case: Case) -> float:
        """The least time for a case.

        That of its convolution as a product of matrices on a GPU, of its tables' rows from L2 on a CPU (some
        of them are in L1, so that more than all of it can be had), or of one pass over a tensor that is read
        or written whole.
        """
        positions = case.batch * case.length
        if case.op == "segment_pool":
            return positions * case.motifs * 4 * (1 if case.kind == "forward" else 3) / self.memory
        written = positions * case.motifs * 4 / self.memory if case.op == "motif_scan" else 0
        factor = 1 if case.kind == "forward" else 3
        if self.cache is None:
            return max(written, factor * 2 * 2 * positions * 2 * case.motifs * 4 * WIDTH / self.flops)
        return max(written, factor * positions * 2 * case.motifs * 4 * -(-WIDTH // 4) / self.cache)


def measure_machine(device: str) -> Machine:
    kind = torch.float16 if device == "cuda" else torch.float32
    side = 8192 if device == "cuda" else 1536
    a = torch.randn(side, side, device=device).to(kind)
    block = torch.empty(2**28 if device == "cuda" else 2**24, device=device)
    other = torch.empty_like(block)
    (product, copy) = seconds([lambda: _do(a @ a), lambda: _do(other.copy_(block))], device, 5)
    cache = None if device == "cuda" else cache_bandwidth()
    return Machine(2 * side**3 / product, 2 * block.nbytes / copy, cache)


def _do(value: Tensor) -> None:
    pass


def cache_bandwidth() -> float:
    """Bytes a second that all threads read from 256 KB each."""
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

    threads, turns = torch.get_num_threads(), 400
    arrays, outs = [aligned(2**16) for _ in range(threads)], [aligned(16) for _ in range(threads)]
    (taken,) = seconds(
        [lambda: run_all(lambda item, worker: read(arrays[item], turns, outs[item]), threads)], "cpu", 5
    )
    return threads * turns * arrays[0].nbytes / taken


# ---- the table


def measure(case: Case, device: str, machine: Machine, compiled: bool, repeats: int) -> dict[str, Any]:
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
    if case.plain_bytes < LARGEST:
        row["plain_mb"] = extra_memory(pipeline, device)
        functions.append(pipeline)
    if compiled and case.plain_bytes < LARGEST:
        fast = torch.compile(plain, dynamic=False)
        functions.append(lambda: work.run(lambda: fast(work.x, work.weight, work.bias, case.region, case.op)))
    row["kernel_ms"], *rest = (1000 * value for value in seconds(functions, device, repeats))
    row |= dict(zip(("plain_ms", "compile_ms"), rest, strict=False))
    row["ratio"] = row["plain_ms"] / row["kernel_ms"] if rest else None
    row["limit_ms"] = 1000 * machine.seconds(case)
    row["of_limit"] = row["limit_ms"] / row["kernel_ms"]
    return row


COLUMNS = {
    "plain_ms": "{:.1f}", "compile_ms": "{:.1f}", "kernel_ms": "{:.2f}", "ratio": "{:.1f}x",
    "limit_ms": "{:.2f}",
    "of_limit": "{:.0%}", "plain_mb": "{:.0f}", "kernel_mb": "{:.1f}", "error": "{:.1e}",
}  # fmt: skip


def show(case: Case, threads: int, row: dict[str, Any]) -> str:
    values = [form.format(row[name]) if row.get(name) is not None else "-" for name, form in COLUMNS.items()]
    return f"{case.name:52}{threads:3d}  " + " ".join(f"{value:>10}" for value in values)


def keep(case: Case, threads: int, device: str, row: dict[str, Any], machine: Machine) -> None:
    RESULTS.parent.mkdir(exist_ok=True)
    new = not RESULTS.exists()
    values = {
        "date": datetime.now(UTC).isoformat(timespec="seconds"), "machine": processor(device),
        "device": device,
        "threads": threads, "python": platform.python_version(),
        **{name: version(name) for name in ("torch", "numba", "triton") if _installed(name)},
        **asdict(case),
        **{name: row.get(name) for name in COLUMNS},
        "gflops": round(machine.flops / 1e9), "memory_gbs": round(machine.memory / 1e9),
        "cache_gbs": None if machine.cache is None else round(machine.cache / 1e9),
    }  # fmt: skip
    with RESULTS.open("a", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(values))
        if new:
            writer.writeheader()
        writer.writerow(
            {name: f"{value:.4g}" if isinstance(value, float) else value for name, value in values.items()}
        )


def _installed(name: str) -> bool:
    from importlib.util import find_spec

    return find_spec(name) is not None


def processor(device: str) -> str:
    if device == "cuda":
        return torch.cuda.get_device_name()
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return f"{names[0] if names else platform.machine()} x {len(names) or 1}"


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--quick", action="store_true", help="the three cases that matter most, without torch.compile"
    )
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    parser.add_argument("--threads", type=int, nargs="+", default=[2], help="CPU threads (2)")
    parser.add_argument("--repeats", type=int, default=REPEATS)
    arguments = parser.parse_args()
    compiled = not arguments.quick
    if compiled and shutil.which("c++") is None and shutil.which("g++") is None and arguments.device == "cpu":
        print("torch.compile is left out: it needs a C++ compiler, and there is none.")
        compiled = False
    red = False
    for threads in arguments.threads:
        torch.set_num_threads(threads)
        machine = measure_machine(arguments.device)
        cache = "" if machine.cache is None else f", {machine.cache / 1e9:.0f} GB/s from L2"
        speeds = f"{machine.flops / 1e9:.0f} Gflop/s, {machine.memory / 1e9:.0f} GB/s from memory{cache}"
        print(f"\n{processor(arguments.device)}, {threads} threads: {speeds}")
        print(f"{'':52}thr  " + " ".join(f"{name:>10}" for name in COLUMNS))
        for case in QUICK if arguments.quick else ALL:
            row = measure(
                case, arguments.device, machine, compiled and case.length <= 100_000, arguments.repeats
            )
            if "kernel_ms" not in row:
                red = True
                print(f"{case.name:52}     WRONG: error {row['error']:.1e}, limit {LIMITS[case.kind]:.0e}")
                continue
            print(show(case, threads, row), flush=True)
            keep(case, threads, arguments.device, row, machine)
    return int(red)


if __name__ == "__main__":
    sys.exit(main())

"""region_finetune at its published size: a training step of getdsl's module beside plain PyTorch.

    python benchmarks/region_finetune.py [--quick] [--threads 2]

200 regions of 283 features, 12 layers 768 wide, a batch of 2, forward and backward. The plain module is the
same mathematics as GET writes it, with the attention map in memory, and holds the same weights. Outputs and
gradients of each variant are held against the plain module in float32 first; one that fails prints no speed,
and the command ends with 1. The variants take turns; a ratio is the plain median in float32 by the variant's.
A row a variant is added to `benchmarks/results/region_finetune.csv`. It takes about five minutes on two
cores, --quick (three layers, nothing kept) one minute; both need 4 GB.

The variant `torch.compile` is `torch.compile(getdsl.compile("getdsl:get/region_finetune.get").module)`.
"""

from __future__ import annotations

import argparse
import csv
import math
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

import getdsl
from getdsl.compiler.cost import step_cost
from getdsl.runs.process.memory import keep_freed_memory

SPEC = Path(__file__).parents[1] / "specs" / "get" / "region_finetune.get"
RESULTS = Path(__file__).parent / "results" / "region_finetune.csv"
SIZES = {"B": 2, "R": 200}
GOALS = {"float32": 1.05, "bf16-mixed": 1.8}
LIMITS = {"float32": 1e-4, "bf16-mixed": 5e-2}  # of the relative error, in the Euclidean norm
HEADS = 12


class PlainAttention(nn.Module):
    def __init__(self, dim: int) -> None:
        super().__init__()
        self.qkv = nn.Linear(dim, 3 * dim, bias=False)
        self.q_bias = nn.Parameter(torch.zeros(dim))
        self.v_bias = nn.Parameter(torch.zeros(dim))
        self.proj = nn.Linear(dim, dim)

    def forward(self, x: Tensor) -> Tensor:
        b, n, d = x.shape
        bias = torch.cat([self.q_bias, torch.zeros_like(self.v_bias, requires_grad=False), self.v_bias])
        qkv = nn.functional.linear(x, self.qkv.weight, bias).reshape(b, n, 3, HEADS, -1)
        q, k, v = qkv.permute(2, 0, 3, 1, 4)
        scores = (q * (d // HEADS) ** -0.5) @ k.transpose(-2, -1)
        y = scores.softmax(dim=-1) @ v
        projected: Tensor = self.proj(y.transpose(1, 2).reshape(b, n, d))
        return projected


class PlainMlp(nn.Module):
    def __init__(self, dim: int) -> None:
        super().__init__()
        self.fc1 = nn.Linear(dim, 4 * dim)
        self.fc2 = nn.Linear(4 * dim, dim)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.fc2(nn.functional.gelu(self.fc1(x)))
        return y


class PlainBlock(nn.Module):
    def __init__(self, dim: int, drop_path: float) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(dim, eps=1e-6)
        self.attn = PlainAttention(dim)
        self.norm2 = nn.LayerNorm(dim, eps=1e-6)
        self.mlp = PlainMlp(dim)
        self.drop_path = drop_path

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.dropped(self.attn(self.norm1(x)))
        return x + self.dropped(self.mlp(self.norm2(x)))

    def dropped(self, x: Tensor) -> Tensor:
        if self.drop_path == 0 or not self.training:
            return x
        kept = x.new_empty(len(x), 1, 1).bernoulli_(1 - self.drop_path).div_(1 - self.drop_path)
        return x * kept


class PlainEncoder(nn.Module):
    def __init__(self, dim: int, layers: int, drop_path: float) -> None:
        super().__init__()
        rates = [drop_path * i / max(layers - 1, 1) for i in range(layers)]
        self.blocks = nn.ModuleList(PlainBlock(dim, rate) for rate in rates)
        self.norm = nn.LayerNorm(dim, eps=1e-6)

    def forward(self, x: Tensor) -> Tensor:
        for block in self.blocks:
            x = block(x)
        y: Tensor = self.norm(x)
        return y


class Plain(nn.Module):
    """GET's region model in plain PyTorch, its weights under the names that the spec gives them."""

    def __init__(self, features: int, dim: int, layers: int, drop_path: float) -> None:
        super().__init__()
        self.region_embed = nn.ModuleDict({"embed": nn.Linear(features, dim)})
        self.cls_token = nn.Parameter(torch.zeros(1, 1, dim))
        self.encoder = PlainEncoder(dim, layers, drop_path)
        self.head_exp = nn.ModuleDict({"head": nn.Linear(dim, 2)})

    def forward(self, region_motif: Tensor) -> dict[str, Tensor]:
        x = self.region_embed["embed"](region_motif)
        x = torch.cat([self.cls_token.expand(len(x), -1, -1), x], dim=1)
        x = self.head_exp["head"](self.encoder(x)[:, 1:])
        return {"exp": nn.functional.softplus(x)}


@dataclass(frozen=True)
class Variant:
    name: str
    precision: str
    module: Callable[..., dict[str, Tensor]]
    weights: nn.Module

    def step(self, batch: Mapping[str, Tensor]) -> tuple[Tensor, float]:
        """The outputs, and the seconds of forward and backward."""
        self.weights.zero_grad(set_to_none=True)
        torch.manual_seed(1)  # the same samples pass by the same blocks
        started = time.perf_counter()
        with torch.autocast("cpu", torch.bfloat16, enabled=self.precision == "bf16-mixed"):
            exp = self.module(region_motif=batch["region_motif"])["exp"]
        loss = nn.functional.poisson_nll_loss(exp.float(), batch["exp_label"], log_input=False)
        torch.autograd.backward(loss)
        return exp.detach().float(), time.perf_counter() - started

    def gradients(self) -> dict[str, Tensor]:
        """Copies of the gradients of the last step."""
        return {
            name: value.grad.clone()
            for name, value in self.weights.named_parameters()
            if value.grad is not None
        }


def variants(layers: int) -> tuple[list[Variant], getdsl.Compiled]:
    compiled = getdsl.compile(SPEC, params={"num_layers": layers}, seed=0)
    ours = compiled.module.train()
    params = compiled.spec.params
    plain = Plain(params["num_motif"], params["embed_dim"], layers, params["dropout"]).train()
    with torch.no_grad():
        for name, value in ours.named_parameters():  # zeros and ones would hide a slip
            if value.dim() == 1 or name == "cls_token":
                value.add_(torch.randn_like(value), alpha=0.02)
    plain.load_state_dict(ours.state_dict())
    optimised = torch.compile(ours)
    modules: dict[str, tuple[Callable[..., Any], nn.Module]] = {
        "plain": (plain, plain),
        "getdsl": (ours, ours),
        "getdsl, torch.compile": (optimised, ours),
    }
    return [
        Variant(name, precision, module, weights)
        for precision in GOALS
        for name, (module, weights) in modules.items()
    ], compiled


def error(found: Mapping[str, Tensor], wanted: Mapping[str, Tensor]) -> float:
    """The largest relative error of a tensor, in the Euclidean norm.

    A thousandth of the norm of all together is added to each: the gradient of a query's bias nearly cancels.
    """
    least = 1e-3 * math.hypot(*(float(tensor.norm()) for tensor in wanted.values()))
    return max(float((found[name] - b).norm()) / (float(b.norm()) + least) for name, b in wanted.items())


def gate(items: list[Variant], batch: Mapping[str, Tensor]) -> dict[tuple[str, str], float]:
    """Each variant's error in outputs and gradients, against the first."""
    exp, _ = items[0].step(batch)
    wanted = items[0].gradients()
    errors = {}
    for item in items:
        found, _ = item.step(batch)
        gradients = item.gradients()
        assert gradients.keys() == wanted.keys()
        outputs = error({"exp": found}, {"exp": exp})
        errors[item.name, item.precision] = max(outputs, error(gradients, wanted))
    return errors


def measure(
    items: list[Variant], batch: Mapping[str, Tensor], turns: int
) -> dict[tuple[str, str], list[float]]:
    times: dict[tuple[str, str], list[float]] = {(item.name, item.precision): [] for item in items}
    for _ in range(turns):
        for item in items:
            times[item.name, item.precision].append(item.step(batch)[1])
    return times


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="three layers, three turns, nothing kept")
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1, metavar="N")
    parser.add_argument("--turns", type=int, metavar="N", help="how often each variant runs (9)")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    keep_freed_memory()
    items, compiled = variants(3 if args.quick else 12)
    random = torch.Generator().manual_seed(0)
    batch = {
        "region_motif": torch.rand(SIZES["B"], SIZES["R"], 283, generator=random),
        "exp_label": torch.rand(SIZES["B"], SIZES["R"], 2, generator=random) * 3,
    }
    errors = gate(items, batch)
    right = [item for item in items if errors[item.name, item.precision] <= LIMITS[item.precision]]
    times = measure(right, batch, args.turns or (3 if args.quick else 9))
    flops = step_cost(compiled.spec, SIZES).flops.value or 0
    rows = [row(item, errors, times, flops, args.threads) for item in items]
    show(rows, flops)
    if not args.quick:
        keep(rows)
    return 0 if len(right) == len(items) and reached(rows) else 1


def row(
    item: Variant,
    errors: Mapping[tuple[str, str], float],
    times: Mapping[tuple[str, str], list[float]],
    flops: int,
    threads: int,
) -> dict[str, Any]:
    key = (item.name, item.precision)
    found: dict[str, Any] = {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": f"{processor()} x {os.cpu_count()}",
        "threads": threads,
        "python": platform.python_version(),
        "torch": torch.__version__,
        "variant": item.name,
        "precision": item.precision,
        "error": f"{errors[key]:.2g}",
    }
    if key not in times:
        return found | {"seconds": "", "ratio": "", "gflops": ""}
    base = times["plain", "float32"]
    seconds = statistics.median(times[key])
    ratio = statistics.median(base) / seconds
    return found | {
        "seconds": f"{seconds:.3f}",
        "ratio": f"{ratio:.3f}",
        "gflops": f"{flops / seconds / 1e9:.0f}",
    }


def processor() -> str:
    """The processor's name, as the machine gives it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.machine()
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.machine())


def show(rows: list[dict[str, Any]], flops: int) -> None:
    first = rows[0]
    print(f"{first['machine']}, {first['threads']} threads, torch {first['torch']}, {first['date']}")
    print(f"a step of region_finetune: {flops / 1e9:.0f} GFLOP")
    print(f"{'variant':24}{'precision':12}{'error':>10}{'seconds':>10}{'x plain':>10}{'GFLOP/s':>10}")
    for item in rows:
        cells = (item["error"], item["seconds"] or "WRONG", item["ratio"], item["gflops"])
        print(f"{item['variant']:24}{item['precision']:12}{''.join(str(cell).rjust(10) for cell in cells)}")


def reached(rows: list[dict[str, Any]]) -> bool:
    """Whether getdsl's module is as much faster as it should be; says so."""
    good = True
    for precision, goal in GOALS.items():
        own = [item for item in rows if item["precision"] == precision and item["variant"] != "plain"]
        best = max(own, key=lambda item: float(item["ratio"] or 0))
        good &= float(best["ratio"] or 0) >= goal
        verdict = "reached" if float(best["ratio"] or 0) >= goal else "MISSED"
        print(f"goal in {precision}: {goal}x: {verdict} ({best['ratio']}x, {best['variant']})")
    return good


def keep(rows: list[dict[str, Any]]) -> None:
    new = not RESULTS.exists()
    with RESULTS.open("a", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]), lineterminator="\n")
        if new:
            writer.writeheader()
        writer.writerows(rows)


if __name__ == "__main__":
    sys.exit(main())

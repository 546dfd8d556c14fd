"""A training step of models of the zoo, beside plain PyTorch that is written by hand for each.

    python benchmarks/zoo_step.py [--quick] [--threads 2] [--no-results]

Forward, loss, backward and Adam, in float32; the named baseline is `plain_models.py`. The gate: with the same
weights, in float64 and with dropout off, the losses and all gradients agree to 1e-9. The two take turns;
`time_ratio` is the median, over pairs, of the spec's step by the plain one's. `saved_ratio` compares what
autograd keeps for the backward pass, in bytes, beside parameters: above 1.02 the command ends with 1.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from plain_models import FLATTENED, SMALL_BASENJI2, Basenji2, Basset, DeepSTARR
from recording import add_row, circumstances, processor
from torch import Tensor, nn

import getdsl

FOLDER = Path(__file__).parents[1] / "specs" / "zoo"
RESULTS = Path(__file__).parent / "results" / "zoo_step.csv"
MODELS: dict[str, tuple[type[nn.Module], dict[str, Any], int]] = {
    "basset": (Basset, {}, 64),
    "deepstarr": (DeepSTARR, {}, 128),
    "basenji2": (Basenji2, SMALL_BASENJI2, 4),
}
KEPT = 1.02  # what a spec may keep of the plain model's bytes, which flattens without a copy

Loss = Callable[[], Tensor]


def turned(name: str, value: Tensor) -> Tensor:
    """A weight of the spec as the plain model has it."""
    positions = FLATTENED.get(name)
    if positions is None:
        return value
    return value.reshape(len(value), positions, -1).transpose(1, 2).flatten(1)


def both(
    name: str, dtype: torch.dtype = torch.float32, batch: int | None = None
) -> tuple[nn.Module, Loss, nn.Module, Loss]:
    """The spec's module and its loss of a batch, and the plain ones, with the same weights."""
    plain_class, params, size = MODELS[name]
    compiled = getdsl.compile(FOLDER / f"{name}.get", seed=0, params=params)
    values = compiled.dummy_batch(B=batch or size, seed=0)
    values |= compiled.prepare(values)
    values = {key: value.to(dtype) if value.is_floating_point() else value for key, value in values.items()}
    compiled.module.to(dtype)
    plain = plain_class().to(dtype)
    plain.load_state_dict({key: turned(key, value) for key, value in compiled.module.state_dict().items()})
    return (
        compiled.module,
        lambda: compiled.loss(compiled.outputs(values), values)["total"],
        plain,
        lambda: plain(values),
    )


def gradients(module: nn.Module, loss: Loss) -> tuple[Tensor, dict[str, Tensor]]:
    """Of a training pass without dropout."""
    module.train()
    for part in module.modules():
        if type(part).__name__ == "Dropout":
            part.eval()
    module.zero_grad()
    value = loss()
    value.backward()  # type: ignore[no-untyped-call]
    module.train()
    return value.detach(), {name: p.grad for name, p in module.named_parameters() if p.grad is not None}


def agree(name: str, batch: int | None = None) -> bool:
    ours, loss, plain, plain_loss = both(name, torch.float64, batch)
    (one, found), (other, expected) = gradients(ours, loss), gradients(plain, plain_loss)
    return bool(torch.isclose(one, other, rtol=1e-9)) and all(
        close(turned(key, found[key]), expected[key]) for key in expected
    )


def close(found: Tensor, expected: Tensor) -> bool:
    """To 1e-9 of the largest; a bias before a batch norm has no gradient but rounding."""
    return float((found - expected).abs().max()) <= 1e-9 * float(expected.abs().max()) + 1e-12


def saved_bytes(module: nn.Module, loss: Loss) -> int:
    """What autograd keeps between forward and backward, each storage once, beside the parameters."""
    kept: dict[int, int] = {}
    own = {p.untyped_storage().data_ptr() for p in module.parameters()}

    def keep(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in own:
            kept[storage.data_ptr()] = storage.nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        value = loss()
    del value
    return sum(kept.values())


def seconds(optimizer: torch.optim.Optimizer, loss: Loss) -> float:
    begin = time.perf_counter()
    optimizer.zero_grad()
    loss().backward()  # type: ignore[no-untyped-call]
    optimizer.step()
    return time.perf_counter() - begin


def measure(name: str, repeats: int, batch: int | None) -> dict[str, Any]:
    ours, loss, plain, plain_loss = both(name, batch=batch)
    kept = saved_bytes(ours, loss), saved_bytes(plain, plain_loss)
    optimizers = [torch.optim.Adam(module.parameters()) for module in (ours, plain)]
    for optimizer, each in zip(optimizers, (loss, plain_loss), strict=True):
        seconds(optimizer, each)  # makes the state
    pairs = [(seconds(optimizers[0], loss), seconds(optimizers[1], plain_loss)) for _ in range(repeats)]
    mine, theirs = (statistics.median(times) for times in zip(*pairs, strict=True))
    return {
        "spec": name,
        "batch": batch or MODELS[name][2],
        "spec_s": mine,
        "plain_s": theirs,
        "time_ratio": statistics.median(one / other for one, other in pairs),
        "saved_mb": kept[0] / 1e6,
        "plain_saved_mb": kept[1] / 1e6,
        "saved_ratio": kept[0] / kept[1],
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument(
        "--quick", action="store_true", help="three samples, once, nothing kept: the gates alone"
    )
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--no-results", action="store_true", help="print only")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    repeats, batch = (1, 3) if args.quick else (15, None)
    failed = False
    for name in MODELS:
        if not agree(name, batch):
            print(f"{name}: losses or gradients differ")
            failed = True
            continue
        row = measure(name, repeats, batch)
        failed = failed or row["saved_ratio"] > KEPT
        print(
            f"{name}: {row['spec_s']:.3f} s a step, {row['time_ratio']:.2f} times plain PyTorch's; "
            f"keeps {row['saved_mb']:.1f} MB, {row['saved_ratio']:.2f} times as much"
        )
        if not (args.quick or args.no_results):
            add_row(RESULTS, {**circumstances(processor()), "threads": args.threads, **row})
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())

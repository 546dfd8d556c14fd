"""Every spec of the zoo under torch.compile: `python -m tests.exports.with_compiler` fills its table.

Of a model in training mode: its outputs, and the gradients of its weights by the loss, beside those without
the compiler. Dropout is left out: two programs draw it in another order. Where gradients in float32 are
further apart than a few roundings, those in float64 tell whether it is rounding: then they are closer by as
much as float64 is finer.
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

import getdsl
from tests.exports.shipped import shipped
from tests.zoo.sizes import DIMS

PAGE = Path(__file__).parents[2] / "docs/export.md"
ROW = re.compile(r"^\| `(?P<name>zoo/[^`]+)` \|.*\|.*\|.*\|.*\|.*\|$", re.M)
WITHIN = 1e-4  # in float32
FAR = 1e-5  # where float64 is asked too
DRAWS = {"zoo/peakvi"}  # at random, in another order


@dataclass(frozen=True)
class Compared:
    """How a compiled model differs: in how many graphs it runs, and by what share of the largest number."""

    graphs: int
    breaks: int
    outputs: float
    gradients: float

    def row(self, name: str, finer: Compared | None = None) -> str:
        shares = f"{self.outputs:.0e} | {self.gradients:.0e} | {f'{finer.gradients:.0e}' if finer else ''}"
        return f"| `{name}` | {self.graphs} | {self.breaks} | {shares} |"


def compared(name: str, dtype: torch.dtype = torch.float32) -> Compared:
    """Of a shipped spec at its reduced size, on a batch of 3."""
    model = getdsl.compile(f"specs/{name}.get", params=shipped()[name], seed=1)
    batch = model.dummy_batch(**{"B": 3, **DIMS.get(name.removeprefix("zoo/"), {})})
    model.module.to(dtype).train()
    batch = {key: value.to(dtype) if value.is_floating_point() else value for key, value in batch.items()}
    for part in model.module.modules():
        if type(part).__name__ in ("Dropout", "DropPath") or "dropout" in vars(part):
            part.training = False
    kept = {key: value.clone() for key, value in model.module.state_dict().items()}
    wanted = step(model, model.module, batch)
    model.module.load_state_dict(kept)  # running statistics moved
    torch._dynamo.reset()
    torch._dynamo.utils.counters.clear()
    found = step(model, torch.compile(model.module), batch)
    counters = torch._dynamo.utils.counters
    return Compared(
        counters["stats"]["unique_graphs"],
        sum(counters["graph_break"].values()),
        *(max(map(apart, one, other)) for one, other in zip(wanted, found, strict=True)),
    )


def step(model: getdsl.Compiled, module: nn.Module, batch: dict[str, Tensor]) -> tuple[list[Tensor], ...]:
    """The outputs, and all gradients of the loss."""
    torch.manual_seed(0)
    model.module.zero_grad()
    outputs = model.outputs(batch, module)
    model.loss(outputs, batch)["total"].backward()
    gradients = [p.grad.clone() for p in model.module.parameters() if p.grad is not None]
    return [value.detach() for value in outputs.values()], [torch.cat([g.flatten() for g in gradients])]


def apart(one: Tensor, other: Tensor) -> float:
    """The largest difference, as a share of the largest number."""
    return float((one - other).abs().max() / one.abs().max().clamp(min=1e-30))


def fill(name: str, row: str) -> None:
    """Puts a row into the page in the place of the one of this name."""
    text = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(ROW.sub(lambda found: row if found["name"] == name else found[0], text))


def main(names: list[str]) -> int:
    failed = []
    for name in names or [name for name in sorted(shipped()) if name.startswith("zoo/")]:
        found = compared(name)
        far = found.gradients > FAR and name not in DRAWS
        row = found.row(name, compared(name, torch.float64) if far else None)
        print(row, flush=True)
        if max(found.outputs, found.gradients) > WITHIN and name not in DRAWS:
            failed.append(name)
        fill(name, row)
    if failed:
        print(f"further than {WITHIN} from the model itself: {', '.join(failed)}")
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

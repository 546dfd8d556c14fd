"""Parameters and the cost of a step, before and after, by part."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from getdsl.compiler.cost import Cost
from getdsl.compiler.graph.dimensions import Dim
from getdsl.compiler.plan.page.tensor_table import adapter_size, trained
from getdsl.compiler.plan.planned import Planned
from getdsl.compiler.plan.readiness import plan_cost
from getdsl.compiler.work.units import bytes_text, flops_text
from getdsl.diff.nodes import NodeChange
from getdsl.diff.side import Side
from getdsl.diff.steps import Step

Amount = int | Dim | None
What = Literal["parameters", "trainable", "FLOPs of a step", "memory at most"]


@dataclass(frozen=True)
class Figure:
    """A figure of a part of the model, or of all of it; None where the part is not there."""

    part: str  # "" for the whole
    what: What
    before: Amount
    after: Amount

    @property
    def symbols(self) -> set[str]:
        """The sizes that are still free."""
        known = [amount.symbols for amount in (self.before, self.after) if isinstance(amount, Dim)]
        return set(map(str, set().union(*known)))

    @property
    def texts(self) -> tuple[str, str]:
        return self.text(self.before), self.text(self.after)

    def text(self, amount: Amount) -> str:
        if amount is None:
            return ""
        if self.what == "memory at most":
            return bytes_text(amount) or "0"
        return (flops_text(amount) or "0") if isinstance(amount, Dim) else f"{amount:,}"


def figures(
    before: Side, after: Side, changes: Sequence[NodeChange], sizes: Mapping[str, int]
) -> list[Figure]:
    """Those that differ: of the parts first, then of the whole. A size that a side has not is passed over."""
    costs = _cost(before, sizes), _cost(after, sizes)
    parts = (change for change in changes if "." not in change.name)
    found = [*(each for part in parts for each in _of_part(part, *costs)), *_of_whole(before, after, *costs)]
    return [item for item in found if (item.before or 0) != (item.after or 0)]


def _cost(side: Side, sizes: Mapping[str, int]) -> Cost:
    known = {name: size for name, size in sizes.items() if name in map(str, side.spec.graph.symbols)}
    return plan_cost(Planned(side.spec, side.plan), known)


def _of_part(change: NodeChange, before: Cost, after: Cost) -> Iterator[Figure]:
    old, new = change.before, change.after
    yield Figure(change.name, "parameters", _count(old), _count(new))
    yield Figure(change.name, "FLOPs of a step", _flops(before, old), _flops(after, new))


def _count(step: Step | None) -> int | None:
    return step.parameters if step is not None else None


def _flops(cost: Cost, step: Step | None) -> Dim | None:
    line = cost.line(step.name) if step is not None else None
    flops = line.forward + line.backward if line is not None else None
    return flops if flops and flops.terms else None


def _of_whole(before: Side, after: Side, cost_before: Cost, cost_after: Cost) -> Iterator[Figure]:
    yield Figure("", "parameters", _parameters(before), _parameters(after))
    yield Figure(
        "", "trainable", *(sum(map(trained, side.plan.tensors.values())) for side in (before, after))
    )
    yield Figure("", "FLOPs of a step", cost_before.flops, cost_after.flops)
    if cost_before.peak.value is not None and cost_after.peak.value is not None:
        yield Figure("", "memory at most", cost_before.peak, cost_after.peak)


def _parameters(side: Side) -> int:
    """All of the model, and of its adapters."""
    own = sum(tensor.size for tensor in side.spec.graph.tensors() if tensor.kind != "buffer")
    return own + sum(adapter_size(item) for item in side.plan.tensors.values() if item.adapter is not None)

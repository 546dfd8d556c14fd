"""Which optimizer trains a weight."""

from __future__ import annotations

from collections.abc import Sequence

from getdsl.compiler.directives.covering import any_covers
from getdsl.compiler.sections.optimizer import Optimizer
from getdsl.compiler.sections.part_optimizer import PartOptimizer
from getdsl.compiler.spec import Spec


def all_optimizers(spec: Spec, main: Optimizer | None = None) -> tuple[PartOptimizer, ...]:
    """The main optimizer, or `main` in its place, then those of parts; it minimises what they leave."""
    parts = spec.training.parts
    claimed = {term for part in parts for term in part.minimises}
    left = tuple(term for term in spec.stages.terms if term not in claimed)
    return (PartOptimizer("", main or spec.optimizer, (), left), *parts)


def owner(optimizers: Sequence[PartOptimizer], weight: str) -> PartOptimizer:
    """The optimizer that trains a weight, or an adapter of it; the first of them is the main one."""
    return next((item for item in optimizers[1:] if any_covers(item.on, weight)), optimizers[0])

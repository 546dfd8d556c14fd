"""What a spec has beside its model: the terms of its loss, and what is measured."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from getdsl.compiler.elaborate.special_calls import GRADIENTS
from getdsl.compiler.graph.graph import Graph
from getdsl.compiler.graph.node import INPUT
from getdsl.compiler.graph.types import TensorType
from getdsl.compiler.sections.measured import METRICS, Compares
from getdsl.compiler.stages.variants import Absent
from getdsl.grammar import syntax
from getdsl.text.source import squeezed

Likeness = tuple[str, TensorType]  # the term whose prediction a batch key is compared with, and its type


class Term(NamedTuple):
    """A term of the loss: its expression, and the mask and weight behind it.

    `weight` is None where it is computed of parameters, in each step anew.
    """

    name: str
    setting: syntax.Setting
    weight: float | None

    @property
    def shown_weight(self) -> str:
        """The weight as a spec has it."""
        if self.weight is not None or self.setting.weight is None:
            return f"{self.weight or 0:g}"
        return squeezed(self.setting.weight.span.text)


class MetricTerm(NamedTuple):
    """What is measured: a prediction and a target, those of a term of the loss or others.

    `loss` is the block of the library that compares them in the loss, which says what the prediction is.
    """

    name: str
    metrics: tuple[str, ...]
    setting: syntax.Setting
    pair: tuple[syntax.Expr, syntax.Expr]
    where: syntax.Expr | None
    loss: str = ""

    def of(self, compares: Compares) -> tuple[str, ...]:
        """Those of the metrics that compare values, classes or profiles."""
        return tuple(name for name in self.metrics if METRICS[name].compares == compares)


@dataclass(frozen=True)
class Stages:
    """What is built from `loss` and `metrics`.

    `losses` and `metrics` give a graph for each set of optional batch keys (`batch.k ?? e`) that is absent.
    `optional` has these keys with the rank that each must have, `like` has batch keys with the term whose
    prediction they are compared with, and its type. `wanted` has the types of keys whose use settles them.
    """

    terms: Mapping[str, Term] = field(default_factory=dict)
    metric_terms: Mapping[str, MetricTerm] = field(default_factory=dict)
    losses: Mapping[Absent, Graph] = field(default_factory=dict)
    metrics: Mapping[Absent, Graph] = field(default_factory=dict)
    optional: Mapping[str, int | None] = field(default_factory=dict)
    like: Mapping[str, tuple[str, TensorType]] = field(default_factory=dict)
    wanted: Mapping[str, TensorType] = field(default_factory=dict)

    @cached_property
    def read_inputs(self) -> tuple[str, ...]:
        """The model's inputs that a stage reads, as it does to take gradients."""
        graphs = (*self.losses.values(), *self.metrics.values())
        found = (name for graph in graphs for name in graph.inputs if name.startswith(INPUT))
        return tuple(dict.fromkeys(name.removeprefix(INPUT) for name in found))


def compared(expr: syntax.Expr) -> tuple[syntax.Expr, syntax.Expr] | None:
    """The prediction and target of `Loss(prediction, target, …)` or `prediction -> Loss(target, …)`."""
    if isinstance(expr, syntax.Call) and isinstance(expr.callee, syntax.Name) and expr.callee.id in GRADIENTS:
        return None
    if isinstance(expr, syntax.Call) and len(expr.args) >= 2:
        return expr.args[0], expr.args[1]
    if isinstance(expr, syntax.Arrow) and isinstance(expr.target, syntax.Call) and expr.target.args:
        return expr.source, expr.target.args[0]
    return None

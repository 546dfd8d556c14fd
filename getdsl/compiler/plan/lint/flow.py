"""The gradients of a plan."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from getdsl.compiler import library
from getdsl.compiler.cost.gradients import Gradients, gradients
from getdsl.compiler.cost.trace import Trace, trace
from getdsl.compiler.directives.owners import all_optimizers, owner
from getdsl.compiler.graph.graph import Module
from getdsl.compiler.graph.idle import idle_parts
from getdsl.compiler.plan.plan import Plan
from getdsl.compiler.spec import Spec
from getdsl.text.source import Span


@dataclass(frozen=True)
class Flow:
    """The gradients of a plan, for each term of the loss and each set of optional keys that may be absent."""

    spec: Spec
    plan: Plan

    @cached_property
    def learning(self) -> frozenset[str]:
        """Weights to which gradients are asked for: those that train, and those under an adapter."""
        return frozenset(
            name
            for name, item in self.plan.tensors.items()
            if item.trainable or (item.adapter is not None and item.kind != "buffer")
        )

    @cached_property
    def traces(self) -> list[Trace]:
        return [trace(self.spec, absent=absent) for absent in self.spec.stages.losses]

    @cached_property
    def terms(self) -> dict[str, list[Gradients]]:
        return {
            name: [gradients(item, self._learning_by(name), [item.terms[name]]) for item in self.traces]
            for name in self.spec.stages.terms
        }

    def _learning_by(self, term: str) -> frozenset[str]:
        """The weights that the optimizer of a term trains: while it does, the others stand still."""
        if not self.spec.training.parts:
            return self.learning
        known = all_optimizers(self.spec)
        return frozenset(name for name in self.learning if term in owner(known, name).minimises)

    @cached_property
    def everywhere(self) -> list[Gradients]:
        """As if everything learnt: what the loss reaches whatever is frozen."""
        return [gradients(item, item.weights.keys()) for item in self.traces]

    @cached_property
    def reached(self) -> frozenset[str]:
        return self._reached_by(self.terms)

    @cached_property
    def taught(self) -> frozenset[str]:
        """Weights that a term with a weight above 0 reaches."""
        return self._reached_by(name for name, term in self.spec.stages.terms.items() if term.weight != 0)

    def _reached_by(self, terms: Iterable[str]) -> frozenset[str]:
        return frozenset().union(*(each.reached for name in terms for each in self.terms[name]))

    @cached_property
    def idle(self) -> frozenset[str]:
        """Weights that no output is made of, which `check` tells of."""
        stages = (*self.spec.stages.losses.values(), *self.spec.stages.metrics.values())
        found = idle_parts(self.spec.graph, stages, set(library.index().values()))
        return frozenset(name for part in found for name in part.weights)

    @cached_property
    def modules(self) -> dict[str, Module]:
        return dict(self.spec.graph.walk_modules())

    def span(self, path: str) -> Span | None:
        """Where the outermost part of a name is bound."""
        graph = self.spec.graph
        bound = {name: item.span for name, item in graph.modules.items()}
        bound |= {name: item.span for name, item in graph.parameters.items()}
        return next(
            (span for name, span in bound.items() if path == name or path.startswith(f"{name}.")), None
        )

"""Which tensors of a step of training require a gradient, and which of them the loss reaches.

The rules are autograd's: a weight counts as reached where `backward` would leave it a gradient, be it zero.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from getdsl.compiler.cost.stated import rule_of
from getdsl.compiler.cost.trace import Trace
from getdsl.compiler.work import Step, Value

GRADIENT = "Gradient"  # the body of `grad(y, x)`


@dataclass(frozen=True)
class Gradients:
    """`required` are the tensors that autograd follows, `wanted` those that get a gradient."""

    required: frozenset[Value]
    wanted: frozenset[Value]

    @property
    def reached(self) -> frozenset[str]:
        """Names of the weights that get a gradient."""
        return frozenset(value.weight for value in self.wanted if value.weight is not None)


def gradients(trace: Trace, trainable: Collection[str], ends: Iterable[Value] | None = None) -> Gradients:
    """Follows gradients through a trace from `ends`: the loss's total, without a loss every output."""
    if ends is None:
        ends = [trace.terms["total"]] if "total" in trace.terms else trace.outputs.values()
    required = _required(trace, trainable)
    return Gradients(required, _wanted(trace, required, ends))


def unrelated(trace: Trace) -> Iterator[str]:
    """The nodes of the loss that ask for a gradient of a number which none flows from."""
    for step in trace.steps:
        if step.what == GRADIENT and step.operands["y"] not in _followed(trace, {step.operands["x"]}):
            yield step.nodes[-1]


def _required(trace: Trace, trainable: Collection[str]) -> frozenset[Value]:
    """What is made of the weights that train, and those weights."""
    return _followed(trace, {value for name, value in trace.weights.items() if name in trainable})


def _followed(trace: Trace, required: set[Value]) -> frozenset[Value]:
    """What is made of these, and these themselves."""
    for step in trace.steps:
        for name, output in step.outputs.items():
            if not required.isdisjoint(_sources(step, name)):
                required.add(output)
    return frozenset(required)


def _wanted(trace: Trace, required: frozenset[Value], ends: Iterable[Value]) -> frozenset[Value]:
    """Those of `required` that the ends are made of."""
    wanted = set(required.intersection(ends))
    for step in reversed(trace.steps):
        for name, output in step.outputs.items():
            if output in wanted:
                wanted |= required.intersection(_sources(step, name))
    return frozenset(wanted)


def _sources(step: Step, output: str) -> list[Value]:
    """The operands that an output can send a gradient to."""
    if step.outputs[output].dtype != "float":
        return []
    rule = rule_of(step)
    unreached = rule.unreached(step, output) if rule is not None else ()
    operands = (value for name, value in step.operands.items() if name not in unreached)
    return [value for value in operands if value.dtype == "float"]

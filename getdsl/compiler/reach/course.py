"""The course of a change through a model: which steps it touches, and along which axes.

The change is of some positions, axis 1, of one input. A step's own rule says how far it goes on, and a step
without a rule mixes everything.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.util import find_spec

from getdsl.compiler.cost.stated import is_ours, path_of
from getdsl.compiler.cost.trace import Trace
from getdsl.compiler.graph.dimensions import Dim
from getdsl.compiler.graph.graph import Graph
from getdsl.compiler.operations import OPERATIONS
from getdsl.compiler.work import Step, UnknownSizeError, Value
from getdsl.compiler.work.reach import Along, Mixed, Reach, Reaching, mixed

POSITIONS = 1
"""The axis of an input along which it changes."""


@dataclass(frozen=True, eq=False)
class Way:
    """A step, and how a change reaches its outputs: None where it does not."""

    step: Step
    reach: Reach | None


@dataclass(frozen=True, eq=False)
class Course:
    """The steps of a model with their reaches, in order.

    `inputs` and `outputs` are the model's, by name. `axes` holds the values that change: the axis along which
    only some positions do, or None where all may. `batch` is the size of the samples' axis.
    """

    ways: tuple[Way, ...]
    inputs: Mapping[str, Value]
    outputs: Mapping[str, Value]
    batch: Dim
    axes: dict[Value, int | None] = field(default_factory=dict)

    @property
    def mixing(self) -> Way | None:
        """The first step from which on all is computed anew, where there is one."""
        return next((way for way in self.ways if isinstance(way.reach, Mixed)), None)

    def by_sample(self) -> dict[str, Value]:
        """The outputs that have a row for each sample."""
        return {
            name: value for name, value in self.outputs.items() if (value.dims or ())[:1] == (self.batch,)
        }

    def axis(self, output: str) -> int | None:
        """The axis of an output along which a change touches a part only; None where it touches all."""
        return self.axes.get(self.outputs[output])


def course_of(graph: Graph, changed: str) -> Course:
    """The course of a change of the input `changed`, whose axis 1 is its positions and axis 0 the samples."""
    found = Trace()
    inputs = {name: Value(type.dims, type.dtype) for name, type in graph.inputs.items()}
    found.batch.extend(inputs.values())
    outputs = found.opened(graph, inputs, "", ())
    batch = inputs[changed].shape[0]
    axes: dict[Value, int | None] = {inputs[changed]: POSITIONS}
    ways = tuple(_ways(found.steps, axes, batch))
    return Course(ways, inputs, outputs, batch, axes)


def _ways(steps: list[Step], axes: dict[Value, int | None], batch: Dim) -> Iterator[Way]:
    for step in steps:
        reach = _reach(step, axes, batch)
        if reach is not None:
            axis = reach.axis if isinstance(reach, Along) else None
            axes.update(dict.fromkeys(step.outputs.values(), axis))
        yield Way(step, reach)


def _reach(step: Step, axes: Mapping[Value, int | None], batch: Dim) -> Reach | None:
    changed = {name: axes[value] for name, value in step.operands.items() if value in axes}
    if not changed:
        return None if all(_by_sample(value, batch) for value in step.outputs.values()) else Mixed()
    if None in changed.values():
        return Mixed("reads what is mixed")
    try:
        reach = _rule(step)(step, {name: axis for name, axis in changed.items() if axis is not None})
    except UnknownSizeError:
        return Mixed("has sizes that are not known")
    return reach if isinstance(reach, Mixed) or _keeps_samples(step, reach, batch) else Mixed()


def _by_sample(value: Value, batch: Dim) -> bool:
    """Whether a value that does not change has a row for each sample, or one for all of them."""
    if value.dims is None:
        return False
    rest = value.dims[1:] if value.dims[:1] == (batch,) else value.dims
    return not any(dim.symbols & batch.symbols for dim in rest)


def _keeps_samples(step: Step, reach: Along, batch: Dim) -> bool:
    """Whether samples stay on the first axis of what changes."""
    return reach.axis > 0 and all(value.shape[:1] == (batch,) for value in step.outputs.values())


# ---- who says how far


def _rule(step: Step) -> Reaching:
    if step.module is None:
        return OPERATIONS[step.what].reach
    return _block_rules(path_of(step.module)).get(step.what, mixed) if is_ours(step.module) else mixed


@cache
def _block_rules(path: str) -> Mapping[str, Reaching]:
    """The rules of the classes of `getdsl.blocks.name`: REACHES of `getdsl.blocks.name_reach`."""
    if find_spec(f"{path}_reach") is None:
        return {}
    rules: Mapping[str, Reaching] = importlib.import_module(f"{path}_reach").REACHES
    return rules

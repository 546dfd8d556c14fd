"""The values of samples as they are, of which alternates are made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from torch import Tensor

from getdsl.compiler.lower.input_names import input_names
from getdsl.compiler.lower.rerun.batch_sizes import Sizes
from getdsl.compiler.lower.rerun.needs import Stretch, needed
from getdsl.compiler.lower.rerun.step_calls import Calls
from getdsl.compiler.reach import Course, Way
from getdsl.compiler.work import Value
from getdsl.compiler.work.reach import Along


@dataclass(frozen=True)
class Reference:
    """The outputs of B samples, what alternates read of them, their sizes, and what the outputs need."""

    outputs: dict[str, Tensor]
    values: dict[Value, Tensor]
    sizes: Sizes
    needs: dict[Value, Stretch]


def run_reference(course: Course, calls: Calls, inputs: Mapping[str, Tensor]) -> Reference:
    """Runs all steps on the inputs, which are named as `Compiled.prepare` names them."""
    sizes, values = Sizes(), dict[Value, Tensor]()
    for name, argument in input_names(course.inputs).items():
        values[course.inputs[name]] = inputs[argument]
        sizes.learn(course.inputs[name], inputs[argument])
    last = _last_readers(course)
    kept = read_by_alternates(course)
    for number, way in enumerate(course.ways):
        found = calls.call(way.step, values.__getitem__, sizes)
        for value, tensor in found.items():
            sizes.learn(value, tensor)
        values |= found
        for value in way.step.operands.values():
            if value not in kept and last.get(value) == number:
                values.pop(value, None)
    outputs = {name: values[value] for name, value in course.outputs.items()}
    # in memory as their axes are, or else each stretch that is read would copy all of a value first
    held = {value: values[value].contiguous() for value in kept if value in values}
    return Reference(outputs, held, sizes, needed(course, sizes))


def _last_readers(course: Course) -> dict[Value, int]:
    """The last step that reads each value; those that are outputs are read beyond all."""
    last = {value: number for number, way in enumerate(course.ways) for value in way.step.operands.values()}
    return last | dict.fromkeys(course.outputs.values(), len(course.ways))


def read_by_alternates(course: Course) -> set[Value]:
    """The values of the reference that alternates may read."""
    kept = {*course.inputs.values(), *course.outputs.values()}
    for way in course.ways:
        if way.reach is not None:
            kept.update(value for value in way.step.operands.values() if not _handed_on(course, way, value))
    return {value for value in kept if value.weight is None}


def _handed_on(course: Course, way: Way, value: Value) -> bool:
    """Whether a step reads of what has changed just as much as has changed."""
    changed = [each for each in set(way.step.operands.values()) if each in course.axes]
    return isinstance(way.reach, Along) and way.reach.pointwise and changed == [value]

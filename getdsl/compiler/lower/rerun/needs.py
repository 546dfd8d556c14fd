"""Which positions of each value the outputs read: no other is computed."""

from __future__ import annotations

from getdsl.compiler.lower.rerun.batch_sizes import Sizes
from getdsl.compiler.reach import Course, Way
from getdsl.compiler.work import Value
from getdsl.compiler.work.reach import Along

Stretch = tuple[int, int]


def needed(course: Course, sizes: Sizes) -> dict[Value, Stretch]:
    """From where to where each value that changes is read along its axis; without those that nobody reads.

    Values that change as a whole are needed as a whole: (0, 0) stands for them.
    """
    found: dict[Value, Stretch] = {}

    def need(value: Value, stretch: Stretch | None = None) -> None:
        if value not in course.axes:
            return
        axis = course.axes[value]
        length = 0 if axis is None else sizes.length(value, axis)
        low, high = stretch or (0, length)
        old = found.get(value, (length, 0))
        found[value] = max(0, min(low, old[0])), min(length, max(high, old[1]))

    for value in course.by_sample().values():
        need(value)
    for way in reversed(course.ways):
        if way.reach is not None and any(value in found for value in way.step.outputs.values()):
            for name, value in way.step.operands.items():
                need(value, _read(way, name, found, sizes))
    return found


def _read(way: Way, operand: str, found: dict[Value, Stretch], sizes: Sizes) -> Stretch | None:
    """What a step reads of an operand for the stretch of its outputs that is needed; None for all of it."""
    reach = way.reach
    if not isinstance(reach, Along) or operand not in reach.operands or reach.form == "segments":
        return None
    wanted = [found[value] for value in way.step.outputs.values() if value in found]
    low, high = min(first for first, _ in wanted), max(last for _, last in wanted)
    if reach.form == "reversed":
        length = sizes.length(way.step.operands[operand], reach.operands[operand])
        return length - high, length - low
    before = before_of(way, reach, sizes)
    return low * reach.stride - before, (high - 1) * reach.stride - before + reach.span


def before_of(way: Way, reach: Along, sizes: Sizes) -> int:
    """How far before its own place a position begins to read."""
    if reach.part is None:
        return reach.before
    [(name, axis)] = reach.operands.items()
    length = sizes.length(way.step.operands[name], axis)
    return -sizes.slice(reach.part).indices(length)[0]

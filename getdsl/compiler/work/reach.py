"""How far a change reaches: the words in which operations and blocks say which results a change can touch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from getdsl.compiler.graph.operands import SliceArgument
from getdsl.compiler.work.step import Passed, Step

Form = Literal["as it is", "unpadded", "cut", "reversed", "segments"]


@dataclass(frozen=True)
class Along:
    """A change of some positions touches some of the outputs' `axis`.

    Position o reads [o * stride - before, o * stride - before + span) of its operands, for each the axis in
    `operands`; those that are not named are read whole. `form` says how a stretch of the outputs is computed:

    - "as it is": by the step itself, from what the stretch reads. `args` are its arguments then, where some
      of its own say how long the axis is.
    - "unpadded": by the body's method of that name; what lies beyond the axis is zeros.
    - "cut": as it is, or without a step where there are no `args`; position o is that which lies o behind
      the beginning of `part`.
    - "reversed": by the step itself, from what lies as far from the axis' other end.
    - "segments": position o pools the o-th of the stretches whose lengths are the operand `lengths`.
    """

    axis: int
    operands: Mapping[str, int]
    stride: int = 1
    span: int = 1
    before: int = 0
    form: Form = "as it is"
    args: tuple[Passed, ...] | None = None
    part: SliceArgument | None = None
    lengths: str = ""

    @property
    def pointwise(self) -> bool:
        """Whether a position reads the same position, and nothing else."""
        return (self.form, self.stride, self.span, self.before) == ("as it is", 1, 1, 0)


@dataclass(frozen=True)
class Mixed:
    """A change touches everything; `why` goes on after the step's name."""

    why: str = "reads all positions at once"


Reach: TypeAlias = "Along | Mixed"
Reaching: TypeAlias = Callable[[Step, Mapping[str, int]], Reach]
"""The rule of a step: for the axis along which each of the changed operands is, by the operand's name."""


def mixed(step: Step, changed: Mapping[str, int]) -> Reach:
    """The rule of what mixes all positions, and of what nobody has stated."""
    return Mixed()


def apart(step: Step, changed: Mapping[str, int]) -> Reach:
    """The rule of a block that works on the last axis of `x`, for each position of the others by itself."""
    x = step.operands["x"].shape
    if changed.keys() != {"x"} or changed["x"] == len(x) - 1:
        return Mixed()
    return Along(changed["x"], {"x": changed["x"]})


def alone(step: Step, changed: Mapping[str, int]) -> Reach:
    """The rule of a block that works on each value of `x` by itself."""
    return Along(changed["x"], {"x": changed["x"]}) if changed.keys() == {"x"} else Mixed()


__all__ = ["Along", "Mixed", "Reach", "Reaching", "alone", "apart", "mixed"]

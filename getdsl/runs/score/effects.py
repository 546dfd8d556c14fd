"""What an alternate does to each output: differences, fold changes, and the divergence of profiles."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor

from getdsl.compiler.reach import Course
from getdsl.compiler.spec import Spec
from getdsl.runs.score.computing import Outputs
from getdsl.runs.score.scales import Scale, scale_of

Values = np.ndarray[Any, Any]
Kind = Literal["number", "tracks", "profile"]
EFFECTS: dict[Kind, tuple[str, ...]] = {
    "number": ("reference", "alternate", "difference", "log2_fold_change"),
    "tracks": ("difference", "max_difference", "max_track", "max_log2_fold_change"),
    "profile": ("jensen_shannon", "max_difference", "log2_fold_change"),
}


@dataclass(frozen=True)
class Output:
    """An output, what it is to those who score it, and the scale that it is on."""

    name: str
    kind: Kind
    scale: Scale

    @property
    def columns(self) -> list[str]:
        """The names of its effects; a fold change of logits of a profile has no meaning."""
        names = EFFECTS[self.kind]
        known = [name for name in names if not (self.scale.profile and name == "log2_fold_change")]
        return [f"{self.name}.{name}" for name in known]


def outputs_of(spec: Spec, course: Course | None) -> list[Output]:
    """The outputs that have a row for each sample."""
    found = []
    for name, type in spec.graph.output_types().items():
        if course is not None and name not in course.by_sample():
            continue
        scale = scale_of(spec, name)
        sides = (type.dims or ())[1:]
        if all(side.value == 1 for side in sides):
            kind: Kind = "number"
        elif scale.profile or (course is not None and course.axis(name) is not None):
            kind = "profile"
        else:
            kind = "tracks"
        found.append(Output(name, kind, scale))
    return found


def effects_of(outputs: Iterable[Output], readings: Sequence[tuple[Outputs, Outputs]]) -> dict[str, Values]:
    """The effects [n] by column: of the readings' mean outputs, or for profiles the mean effect."""
    found: dict[str, Values] = {}
    for output in outputs:
        pairs = [(_flat(before[output.name]), _flat(after[output.name])) for before, after in readings]
        if output.kind == "profile":
            each = [_profile(output.scale, *pair) for pair in pairs]
            effects = {name: torch.stack([item[name] for item in each]).mean(0) for name in each[0]}
        else:
            before, after = (torch.stack(side).mean(0) for side in zip(*pairs, strict=True))
            effects = (_number if output.kind == "number" else _tracks)(output.scale, before, after)
        columns = set(output.columns)
        found |= {
            f"{output.name}.{name}": value.numpy()
            for name, value in effects.items()
            if f"{output.name}.{name}" in columns
        }
    return found


def _flat(value: Tensor) -> Tensor:
    return value.double().reshape(len(value), -1)


def _number(scale: Scale, before: Tensor, after: Tensor) -> dict[str, Tensor]:
    change = log2_fold_change(scale, before, after)[:, 0]
    before, after = before[:, 0], after[:, 0]
    return {"reference": before, "alternate": after, "difference": after - before, "log2_fold_change": change}


def _tracks(scale: Scale, before: Tensor, after: Tensor) -> dict[str, Tensor]:
    """Over all tracks, and that which changes most."""
    difference, change = after - before, log2_fold_change(scale, before, after)
    most = difference.abs().argmax(1)
    largest = change.nan_to_num(0.0).abs().argmax(1)
    return {
        "difference": difference.mean(1),
        "max_difference": difference.gather(1, most[:, None])[:, 0],
        "max_track": most,
        "max_log2_fold_change": change.gather(1, largest[:, None])[:, 0],
    }


def _profile(scale: Scale, before: Tensor, after: Tensor) -> dict[str, Tensor]:
    difference = after - before
    most = difference.abs().argmax(1, keepdim=True)
    total_before, total_after = _amounts(scale, before).sum(1), _amounts(scale, after).sum(1)
    return {
        "jensen_shannon": jensen_shannon(_shares(scale, before), _shares(scale, after)),
        "max_difference": difference.gather(1, most)[:, 0],
        "log2_fold_change": log2_fold_change(Scale(), total_before, total_after),
    }


def log2_fold_change(scale: Scale, before: Tensor, after: Tensor) -> Tensor:
    """Of what a logarithm is of, of odds where there are logits; NaN where an amount is not positive."""
    if scale.base is not None:
        return (after - before) * math.log2(scale.base)
    if scale.logits:
        return (after - before) / math.log(2)
    positive = (before > 0) & (after > 0)
    return torch.where(positive, (after / before).log2(), math.nan)


def _amounts(scale: Scale, profile: Tensor) -> Tensor:
    return (profile * math.log(scale.base)).exp() if scale.base is not None else profile.clamp(min=0)


def _shares(scale: Scale, profile: Tensor) -> Tensor:
    """A profile [n, P] as shares of its sum; all alike where there is nothing."""
    if scale.logits:
        return profile.softmax(1)
    amounts = _amounts(scale, profile)
    total = amounts.sum(1, keepdim=True)
    return torch.where(total > 0, amounts / total, 1 / profile.shape[1])


def jensen_shannon(before: Tensor, after: Tensor) -> Tensor:
    """The divergence [n] of distributions [n, P] in bits, from 0 to 1."""
    middle = (before + after) / 2

    def towards_middle(shares: Tensor) -> Tensor:
        each: Tensor = torch.special.xlogy(shares, shares / middle)
        return each.nan_to_num(0.0).sum(1)

    return (towards_middle(before) + towards_middle(after)) / (2 * math.log(2))

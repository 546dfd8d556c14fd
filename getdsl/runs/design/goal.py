"""What a sequence is designed towards: outputs as large, as small, or as near to a number as can be."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

import torch
from torch import Tensor

from getdsl.compiler.graph.types import TensorType
from getdsl.diagnostics import UserError, suggestion_or_list

Aim: TypeAlias = "Literal['max', 'min'] | float"
TERM = re.compile(r"\s*(?P<output>\w+)\s*(?:\[\s*(?P<column>-?\d+)\s*\])?\s*=\s*(?P<aim>\S+)\s*")
EXAMPLE = '`--towards "accessibility = max"`, or `"hk = 2.0, dev = min"`'


@dataclass(frozen=True)
class Term:
    """An output, or one column along its last axis, and where it should go."""

    output: str
    column: int | None
    aim: Aim

    @property
    def name(self) -> str:
        return self.output if self.column is None else f"{self.output}[{self.column}]"

    def value(self, outputs: Mapping[str, Tensor]) -> Tensor:
        """The output of each sequence, [N]: the mean over what axes it has beside that of the batch."""
        found = outputs[self.output]
        if self.column is not None:
            found = found[..., self.column]
        return found.flatten(1).mean(1) if found.dim() > 1 else found

    def gain(self, value: Tensor) -> Tensor:
        """How good a value is; more is better."""
        if isinstance(self.aim, float):
            return -(value - self.aim).square()
        return value if self.aim == "max" else -value


@dataclass(frozen=True)
class Goal:
    terms: tuple[Term, ...]

    def values(self, outputs: Mapping[str, Tensor]) -> Tensor:
        """The value of each term for each sequence, [N, terms]."""
        return torch.stack([term.value(outputs) for term in self.terms], 1)

    def gain(self, values: Tensor) -> Tensor:
        """How good values [N, terms] are together, [N]; more is better."""
        gains = (term.gain(values[:, at]) for at, term in enumerate(self.terms))
        return torch.stack(list(gains), 1).sum(1)


def read_goal(text: str, outputs: Mapping[str, TensorType]) -> Goal:
    """The terms of `NAME = max, NAME[0] = 2.0`. Raises UserError."""
    terms = tuple(_term(piece, outputs) for piece in text.split(","))
    twice = [term.name for at, term in enumerate(terms) if term.name in {each.name for each in terms[:at]}]
    if twice:
        raise UserError(f"`--towards` has two goals for `{twice[0]}`", "give one")
    return Goal(terms)


def _term(text: str, outputs: Mapping[str, TensorType]) -> Term:
    found = TERM.fullmatch(text)
    aim = None if found is None else _aim(found["aim"])
    if found is None or aim is None:
        raise UserError(f"`--towards` cannot be `{text.strip()}`", f"write it as {EXAMPLE}")
    name, column = found["output"], found["column"]
    if name not in outputs:
        raise UserError(f"the model has no output `{name}`", suggestion_or_list(name, outputs, "its outputs"))
    type = outputs[name]
    if type.dtype != "float" or not _one_a_sequence(type):
        raise UserError(
            f"`{name}: {type.plain()}` is no number of each sequence", f"its outputs: {_shown(outputs)}"
        )
    if column is not None:
        _hold_column(name, int(column), type)
    return Term(name, None if column is None else int(column), aim)


def _aim(text: str) -> Aim | None:
    if text in ("max", "min"):
        return text  # type: ignore[return-value]
    try:
        number = float(text)
    except ValueError:
        return None
    return number if number == number and abs(number) != float("inf") else None


def _one_a_sequence(type: TensorType) -> bool:
    """Whether the first axis is that of the batch."""
    return bool(type.dims) and len(type.shape[0].symbols) == 1 and type.shape[0].value is None


def _hold_column(name: str, column: int, type: TensorType) -> None:
    width = type.shape[-1].value if len(type.shape) > 1 else None
    if len(type.shape) < 2:
        raise UserError(f"`{name}: {type.plain()}` has no columns", f"write `{name}` alone")
    if width is not None and not -width <= column < width:
        raise UserError(f"`{name}: {type.plain()}` has no column {column}", f"they are 0 to {width - 1}")


def _shown(outputs: Mapping[str, TensorType]) -> str:
    return ", ".join(f"{name}: {type.plain()}" for name, type in outputs.items())


def names(terms: Iterable[Term]) -> list[str]:
    return [term.name for term in terms]

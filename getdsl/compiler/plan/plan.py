"""The plan as data: every tensor of the model and every key of the files, with what becomes of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from getdsl.compiler.graph.graph import StateKind
from getdsl.diagnostics import Diagnostic
from getdsl.formats.checkpoint_header import Header

Origin = Literal["loaded", "new", "missing"]
Fate = Literal["dropped", "unexpected", "refused"]
Evidence = Literal["names", "shape", "order"]


@dataclass(frozen=True)
class Provenance:
    """A key of a file: the number of the `load`, and the key as the file has it."""

    load: int
    key: str


@dataclass(frozen=True)
class Adapter:
    """A low-rank adapter of a weight: W + B @ A * (alpha / rank), as in Hu et al. 2021, arXiv:2106.09685.

    A is [rank, fan_in] and B [fan_out, rank]; for a convolution fan_in is channels times kernel, and
    B @ A is viewed as the kernel. `a` and `b` say where they are loaded from; None: fresh (B zeros).
    """

    rank: int
    alpha: float
    dropout: float = 0.0
    a: Provenance | None = None
    b: Provenance | None = None


@dataclass(frozen=True)
class TensorPlan:
    """What becomes of a tensor of the model.

    `new` tensors were declared so or no `load` is there; `missing` ones should have come from a file.
    """

    name: str
    shape: tuple[int, ...]
    kind: StateKind
    origin: Origin
    source: Provenance | None = None
    overwritten: tuple[Provenance, ...] = ()  # what earlier loads had written here
    frozen: bool = False  # no gradient: by its block, by `freeze`, or as the base of an adapter
    adapter: Adapter | None = None

    @property
    def trainable(self) -> bool:
        return self.kind == "weight" and not self.frozen


@dataclass(frozen=True)
class Leftover:
    """A key of a file that reaches no tensor of the model, with the name that it would have had."""

    source: Provenance
    name: str
    shape: tuple[int, ...]
    fate: Fate
    why: str = ""


@dataclass(frozen=True)
class Ambiguity:
    """Keys that fit several names, or the other way round."""

    keys: tuple[str, ...]
    names: tuple[str, ...]
    why: str


@dataclass(frozen=True)
class Suggestion:
    """Rules that give `resolved` keys their names, and what stays open.

    `weak` rules rest on shapes or on order only.
    """

    rules: tuple[tuple[str, str], ...] = ()
    weak: Mapping[tuple[str, str], Evidence] = field(default_factory=dict)
    ambiguous: tuple[Ambiguity, ...] = ()
    resolved: int = 0


@dataclass(frozen=True)
class Plan:
    """Every tensor of a spec's model accounted for. It can run where `ok`."""

    tensors: Mapping[str, TensorPlan]
    headers: tuple[Header, ...] = ()  # of the loads, in order; an `adapter` file's is the last
    leftovers: tuple[Leftover, ...] = ()
    frozen_parts: tuple[str, ...] = ()  # the outermost modules without a trainable weight: they stay in eval
    diagnostics: tuple[Diagnostic, ...] = field(default=())
    suggestions: Mapping[int, Suggestion] = field(default_factory=dict)  # for loads whose keys do not match

    @property
    def ok(self) -> bool:
        return not any(item.severity == "error" for item in self.diagnostics)

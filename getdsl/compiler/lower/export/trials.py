"""Batches of several sizes with what the model makes of them, and how far an exported file is from that."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from torch import Tensor

from getdsl.compiler.lower.dummy import dummy_inputs, sizes_of
from getdsl.compiler.lower.input_names import input_names
from getdsl.compiler.lower.model import Model
from getdsl.compiler.lower.repeats import BASES, NEAR, Outputs, outputs_of
from getdsl.compiler.spec import Spec
from getdsl.diagnostics import UserError

Run = Callable[[Mapping[str, Tensor]], Outputs]


@dataclass(frozen=True)
class Trial:
    """Inputs by the names that the module takes them by, and the model's outputs."""

    sizes: Mapping[str, int]
    inputs: Mapping[str, Tensor]
    outputs: Outputs


@dataclass(frozen=True)
class Held:
    """How an exported file did: over how many batches, and the largest difference, of the largest value."""

    batches: int
    difference: float

    def in_words(self) -> str:
        batches = "one batch" if self.batches == 1 else f"{self.batches} batches of different sizes"
        return f"on {batches} its outputs are the model's within {self.difference:.1e} of the largest value"


def trials(model: Model) -> list[Trial]:
    """A batch that the model takes, then the same with other sizes, as far as it takes those.

    Raises UserError where it takes no batch of random numbers.
    """
    reasons = []
    for bases in BASES:
        sizes = sizes_of(model.spec, {}, bases)
        try:
            first = _trial(model, sizes)
        except Exception as error:  # whatever a block says of sizes that it cannot take
            reasons.append(str(error).partition("\n")[0] or type(error).__name__)
            continue
        return [first, *_others(model, sizes)]
    raise UserError(
        f"{model.spec.model} takes no random batch, on which a file could be held against it: {reasons[-1]}",
        "`--format fx` writes it without that",
    )


def _others(model: Model, sizes: Mapping[str, int]) -> Iterator[Trial]:
    """Batches of other sizes: each longer, and one sample alone."""
    longer = {name: 2 * size if size > 100 else size + 1 for name, size in sizes.items()}
    for other in (longer, {**sizes, **dict.fromkeys(sizes.keys() & {"B"}, 1)}):
        try:
            yield _trial(model, other)
        except Exception:
            continue  # not all sizes suit every model


def _trial(model: Model, sizes: Mapping[str, int]) -> Trial:
    inputs = inputs_of(model.spec, sizes)
    return Trial(sizes, inputs, outputs_of(model.module, inputs))


def inputs_of(spec: Spec, sizes: Mapping[str, int]) -> dict[str, Tensor]:
    drawn = dummy_inputs(spec, 0, sizes=sizes)
    return {argument: drawn[name] for name, argument in input_names(drawn).items()}


def hold(run: Run, found: list[Trial], what: str) -> Held:
    """How near what `run` gives is to the model's outputs. Raises UserError where it is not near."""
    worst = 0.0
    for trial in found:
        try:
            outputs = run(trial.inputs)
        except Exception as error:
            reason = str(error).partition("\n")[0]
            raise UserError(
                f"{what} does not run where {_shown(trial.sizes)}: {reason}", "nothing was written"
            ) from error
        worst = max(worst, _difference(outputs, trial.outputs))
        if not worst <= NEAR:
            raise UserError(
                f"{what} gives other outputs than the model where {_shown(trial.sizes)}: "
                f"they differ by {worst:.1e} of the largest value",
                "nothing was written; `--format fx` writes what getdsl itself runs",
            )
    return Held(len(found), worst)


def _shown(sizes: Mapping[str, int]) -> str:
    return ", ".join(f"{name} = {size}" for name, size in sorted(sizes.items()))


def _difference(found: Outputs, wanted: Outputs) -> float:
    return max((_apart(found.get(name), wanted[name]) for name in wanted), default=0.0)


def _apart(found: Tensor | None, wanted: Tensor) -> float:
    """The largest difference, of the largest value; infinite where shapes or kinds differ."""
    if found is None or found.shape != wanted.shape or found.dtype != wanted.dtype:
        return float("inf")
    same = (found == wanted) | (found.isnan() & wanted.isnan())
    finite = wanted.isfinite()
    if not bool((same | finite).all()):
        return float("inf")
    if bool(same.all()):
        return 0.0
    apart = (found[finite].double() - wanted[finite].double()).abs()
    return float(apart.max() / wanted[finite].abs().max().clamp(min=1e-30))

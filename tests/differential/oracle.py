"""A program that check accepts, run: every output has its shape, its element type and its gradients."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from random import Random
from typing import Literal

import torch
from torch import Tensor

from getdsl.compiler.cost.gradients import gradients
from getdsl.compiler.cost.trace import Trace, trace
from getdsl.compiler.graph.types import TensorType
from getdsl.compiler.lower import Compiled, build
from getdsl.compiler.lower.dummy import sizes_of
from getdsl.compiler.lower.inputs import InputError
from getdsl.compiler.lower.operations import DTYPES
from getdsl.compiler.operations import OPERATIONS, Operand
from getdsl.compiler.spec import Spec
from getdsl.compiler.work import Step, Value
from getdsl.compiler.work.step import Passed

Outcome = Literal["ran", "unsound", "refused at the door", "data"]
SIZES: tuple[Mapping[str, int], ...] = (
    {"B": 2, "R": 3, "L": 50, "N": 7, "H": 5, "W": 4, "P": 6, "K": 2, "C": 3, "D": 3},
    {"B": 1, "R": 1, "L": 1, "N": 1, "H": 1, "W": 1, "P": 1, "K": 1, "C": 1, "D": 1},
    {"B": 3, "R": 5, "L": 125, "N": 4, "H": 2, "W": 6, "P": 3, "K": 1, "C": 2, "D": 4},
    {"B": 1, "R": 4, "L": 200, "N": 2, "H": 3, "W": 3, "P": 9, "K": 3, "C": 1, "D": 2},
    {"B": 4, "R": 2, "L": 25, "N": 6, "H": 1, "W": 2, "P": 4, "K": 2, "C": 5, "D": 1},
    {"B": 0, "R": 2, "L": 50, "N": 3, "H": 2, "W": 2, "P": 2, "K": 1, "C": 2, "D": 2},
    {"B": 2, "R": 0, "L": 50, "N": 0, "H": 0, "W": 2, "P": 0, "K": 0, "C": 2, "D": 2},
)
DATA = (  # what the values of a batch are at fault for, or a single row in training
    "ZeroDivisionError",
    "not a multiple of",
    "trains on two rows or more",
    "the longest peak has",
    "the axis has places",
    "is no row of a table",
    "past L = ",  # integers in the place of lengths
)


@dataclass(frozen=True)
class Verdict:
    outcome: Outcome
    told: str = ""


def verdicts(spec: Spec, random: Random, trials: int = 3) -> list[Verdict]:
    """What comes of a program at some sizes."""
    compiled = build(spec, 0, fuse=random.random() < 0.3)
    return [verdict(compiled, sizes, random) for sizes in [SIZES[0], *random.sample(SIZES[1:], trials - 1)]]


def verdict(compiled: Compiled, sizes: Mapping[str, int], random: Random) -> Verdict:
    sizes = {name: size for name, size in sizes.items() if name in _symbols(compiled.spec)}
    if _unmeasured(compiled.spec):
        return Verdict("data", "lengths of an axis that no input has")
    sizes = sizes_of(compiled.spec, sizes)
    try:
        batch = compiled.dummy_batch(random.randrange(1000), **sizes)
    except ValueError:
        return Verdict("refused at the door", "a side is negative")
    try:
        inputs = compiled.prepare(batch)
    except InputError as reason:
        return Verdict("refused at the door", str(reason))
    walked = trace(compiled.spec)
    try:
        unmet, late = next(_unmet(walked, sizes), None), False
    except KeyError:  # a need of a size that a block returns anew, from the values of a batch
        unmet, late = None, True
    if unmet is not None:
        return Verdict("unsound", f"the door lets a batch in at {dict(sizes)} although {unmet}")
    compiled.module.train(random.random() < 0.5)
    found = _run(compiled, walked, inputs, sizes, random)
    if late and found.outcome == "unsound":
        return replace(found, outcome="data")
    if found.outcome == "ran" and compiled.graph is not compiled.spec.graph:
        return _beside_the_plain(compiled, inputs) or found
    return found


def _beside_the_plain(compiled: Compiled, inputs: Mapping[str, Tensor]) -> Verdict | None:
    """A verdict where the fused module computes something else than the one of the spec's own graph."""
    plain = build(compiled.spec, 0, fuse=False)
    plain.load_state_dict(compiled.state_dict())
    with torch.no_grad():
        fused, want = compiled.module.eval()(**inputs), plain.module.eval()(**inputs)
    for name, value in want.items():
        if not torch.allclose(fused[name].float(), value.float(), rtol=1e-4, atol=1e-4, equal_nan=True):
            return Verdict("unsound", f"fused, `{name}` is another")
    return None


def _symbols(spec: Spec) -> set[str]:
    return {str(symbol) for type in spec.graph.inputs.values() for symbol in type.symbols}


def _unmeasured(spec: Spec) -> bool:
    """Whether lengths are declared of a size that no axis tells, which check lets pass."""
    wholes = [type.of for type in spec.graph.inputs.values() if type.of is not None]
    return any(str(symbol) not in _symbols(spec) for whole in wholes for symbol in whole.symbols)


def _run(
    compiled: Compiled,
    walked: Trace,
    inputs: Mapping[str, Tensor],
    sizes: Mapping[str, int],
    random: Random,
) -> Verdict:
    leaves = {
        name: value.clone().requires_grad_() if value.is_floating_point() else value
        for name, value in inputs.items()
    }
    where = f"at {dict(sizes)}, {'training' if compiled.module.training else 'evaluating'}"
    try:
        outputs = compiled.module(**leaves)
        problem = _misdeclared(compiled.spec, outputs, sizes) or _gradient_problem(
            compiled, walked, leaves, outputs, random
        )
    except Exception as error:  # whatever it is, check said that it runs
        return _failed(error, where)
    return Verdict("unsound", f"{problem} {where}") if problem else Verdict("ran")


def _failed(error: Exception, where: str) -> Verdict:
    told = f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''} {where}"
    return Verdict("data" if any(word in str(error) for word in DATA) else "unsound", told)


def _misdeclared(spec: Spec, outputs: Mapping[str, Tensor], sizes: Mapping[str, int]) -> str | None:
    for name, declared in spec.graph.output_types().items():
        got = outputs[name]
        if got.dtype != DTYPES[declared.dtype]:
            return f"`{name}` is declared {declared.plain()} and holds {got.dtype}"
        if len(got.shape) != len(declared.shape):
            return f"`{name}` is declared {declared.plain()} and is {list(got.shape)}"
        for side, size in zip(declared.shape, got.shape, strict=True):
            if all(str(symbol) in sizes for symbol in side.symbols) and side.evaluate(sizes) != size:
                return f"`{name}` is declared {declared.plain()} and is {list(got.shape)}"
    return None


# ---- what operations need of sizes


def _unmet(walked: Trace, sizes: Mapping[str, int]) -> Iterator[str]:
    for step in walked.steps:
        if step.module is None:
            yield from _unmet_of(step, sizes)


def _unmet_of(step: Step, sizes: Mapping[str, int]) -> Iterator[str]:
    args = [_typed(item) for item in step.args]
    if step.what == "getitem":
        args[1] = step.args[1]  # type: ignore[call-overload]
    kwargs = {name: _typed(item) for name, item in step.kwargs.items()}
    for need in OPERATIONS[step.what].needed(args, kwargs):
        if not need.holds(sizes):
            yield f"{need.told} needs {need}"


def _typed(item: Passed) -> Operand:
    if isinstance(item, Value):
        return TensorType(item.dims, item.dtype)
    return [_typed(each) for each in item] if isinstance(item, tuple) else item


# ---- gradients


def _gradient_problem(
    compiled: Compiled,
    walked: Trace,
    leaves: Mapping[str, Tensor],
    outputs: Mapping[str, Tensor],
    random: Random,
) -> str | None:
    """Why an output has other gradients than declared, or None."""
    for value, name in zip(walked.batch, compiled.spec.graph.inputs, strict=False):
        if value.dtype == "float":
            value.weight = f"input {name}"
            walked.weights[value.weight] = value
    tensors = {f"input {name}": value for name, value in leaves.items() if value.is_floating_point()}
    tensors |= {name: item for name, item in compiled.module.named_parameters() if item.requires_grad}
    name = random.choice(list(outputs))
    end, got = walked.outputs[name], outputs[name]
    wanted = gradients(walked, tensors.keys(), [end])
    if got.requires_grad != (end in wanted.required):
        return f"`{name}` is declared {'with' if end in wanted.required else 'without'} a gradient"
    if not got.requires_grad:
        return None
    found = torch.autograd.grad(got.sum(), list(tensors.values()), allow_unused=True)
    reached = {key for key, value in zip(tensors, found, strict=True) if value is not None}
    if reached != wanted.reached:
        return f"`{name}` sends gradients to {sorted(reached)}, and {sorted(wanted.reached)} are declared"
    return None

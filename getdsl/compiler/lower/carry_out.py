"""A plan carried out on a model: weights copied from files, adapters attached, parts frozen."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass

import torch
from torch import Tensor

from getdsl.compiler.lower.adaptation import Adaptation, LoadedFile
from getdsl.compiler.lower.compiled import Compiled, build
from getdsl.compiler.lower.finite import Given, refuse_non_finite
from getdsl.compiler.lower.low_rank import adapter_shapes
from getdsl.compiler.plan.plan import Plan, Provenance
from getdsl.compiler.plan.planned import Planned
from getdsl.diagnostics import SpecError, UserError
from getdsl.formats.checkpoint_header import Header
from getdsl.weights.tensors import open_tensors

OpenTensors = Callable[[Header], AbstractContextManager[Mapping[str, Tensor]]]
FLOATS = (torch.float16, torch.bfloat16, torch.float32, torch.float64)
INTEGERS = (torch.int8, torch.uint8, torch.int16, torch.int32, torch.int64)


@dataclass(frozen=True)
class _Copy:
    """A tensor of the model, by its plain name, and where its values come from."""

    name: str
    shape: tuple[int, ...]
    source: Provenance
    is_buffer: bool = False


def build_planned(planned: Planned, seed: int | None = None, *, fuse: bool = True) -> Compiled:
    """`build`, and what `load`, `lora`, `freeze` and `train_only` say of its weights, as it was planned.

    Files are opened for the values of their tensors only, and held against the headers of the plan.
    Raises SpecError where the plan cannot be carried out, UserError where a file is not what it was then.
    """
    if not planned.plan.ok:
        raise SpecError(planned.plan.diagnostics)
    compiled = build(planned.spec, seed, fuse=fuse)
    apply_plan(compiled, planned.plan, open_tensors, seed)
    return compiled


def apply_plan(compiled: Compiled, plan: Plan, open_file: OpenTensors, seed: int | None = None) -> None:
    """Carries a plan out on a model with fresh weights, tensor by tensor out of the mapped files.

    Everything is verified before the first change: a file that does not hold what the plan says, or holds
    what is no number, leaves the model as it is. float16, bfloat16 and float64 become the model's float32,
    integers its int64. Fresh adapters are drawn from `seed`.
    Raises UserError.
    """
    copies = list(_copies(plan))
    state = compiled.state_dict()
    with ExitStack() as stack:
        files = [stack.enter_context(open_file(header)) for header in plan.headers]
        for copy in copies:
            header = plan.headers[copy.source.load]
            _verify(copy, files[copy.source.load], header, state.get(copy.name))
        for number, header in enumerate(plan.headers):
            own = [copy for copy in copies if copy.source.load == number]
            refuse_non_finite(_named(header), _given(own, files[number]))
        compiled.adapt(Adaptation.of_plan(plan), seed)
        state = compiled.state_dict()
        for copy in copies:
            mine = state[copy.name]
            mine.copy_(_value(files[copy.source.load], copy.source).reshape(mine.shape))
        counts = Counter(copy.source.load for copy in copies)
        taken = (_record(header, counts[number]) for number, header in enumerate(plan.headers))
        compiled.note_files(taken, plan.diagnostics)


def _copies(plan: Plan) -> Iterator[_Copy]:
    for tensor in plan.tensors.values():
        if tensor.source is not None:
            yield _Copy(tensor.name, tensor.shape, tensor.source, tensor.kind == "buffer")
        adapter = tensor.adapter
        if adapter is not None:
            shapes = adapter_shapes(tensor.shape, adapter.rank)
            parts = zip(("lora_A", "lora_B"), shapes, (adapter.a, adapter.b), strict=True)
            for part, shape, source in parts:
                if source is not None:
                    yield _Copy(f"{tensor.name}.{part}", shape, source)


def _given(copies: Iterable[_Copy], file: Mapping[str, Tensor]) -> Iterator[Given]:
    return (Given(copy.name, file[copy.source.key], copy.is_buffer) for copy in copies)


def _value(file: Mapping[str, Tensor], source: Provenance) -> Tensor:
    """A tensor of a file with its axes in the model's order."""
    given = file[source.key]
    return given.permute(source.permute) if len(source.permute) == given.dim() > 0 else given


def _verify(copy: _Copy, file: Mapping[str, Tensor], header: Header, own: Tensor | None) -> None:
    """Holds what the file has against what the plan says and the model takes (None: an adapter's part)."""
    where = f"`{copy.source.key}` in {_named(header)}"
    if copy.source.key not in file:
        raise UserError(f"{where} is gone since the plan was made", "make the plan again")
    given = _value(file, copy.source)
    shape = copy.shape if own is None else tuple(own.shape)
    if not _fits(given, shape, reshapes=own is None):
        raise UserError(f"{where} is {list(given.shape)}, and `{copy.name}` takes {list(shape)}")
    kind = torch.float32 if own is None else own.dtype
    if given.dtype not in _accepted(kind):
        raise UserError(
            f"{where} holds {_plain(given.dtype)}, and `{copy.name}` takes {_plain(kind)}",
            "convert it, or take it away with `drop`",
        )


def _fits(given: Tensor, shape: tuple[int, ...], *, reshapes: bool) -> bool:
    """Files may hold the adapters of a convolution with the axes of its kernel."""
    flat = given.shape[:1] == shape[:1] and given.numel() == math.prod(shape)
    return tuple(given.shape) == shape or (reshapes and flat)


def _accepted(kind: torch.dtype) -> tuple[torch.dtype, ...]:
    return FLOATS if kind.is_floating_point else INTEGERS if kind in INTEGERS else (kind,)


def _record(header: Header, tensors: int) -> LoadedFile:
    request = header.request
    return {
        "location": request.location,
        "format": header.format,
        "sha256": header.sha256 or request.sha256,
        "tensors": tensors,
    }


def _named(header: Header) -> str:
    return f"`{header.paths[0] if header.paths else header.request.location}`"


def _plain(kind: torch.dtype) -> str:
    return str(kind).removeprefix("torch.")

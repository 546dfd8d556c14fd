"""A plan carried out on a model: weights copied from files, adapters attached, parts frozen."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from getdsl.compiler.lower.adaptation import Adaptation
from getdsl.compiler.lower.compiled import Compiled
from getdsl.compiler.lower.low_rank import adapter_shapes
from getdsl.compiler.plan.plan import Plan, Provenance
from getdsl.diagnostics import UserError
from getdsl.formats.checkpoint_header import Header

OpenTensors = Callable[[Header], AbstractContextManager[Mapping[str, Tensor]]]
FLOATS = (torch.float16, torch.bfloat16, torch.float32, torch.float64)
INTEGERS = (torch.int8, torch.uint8, torch.int16, torch.int32, torch.int64)


@dataclass(frozen=True)
class _Copy:
    """A tensor of the model, by its plain name, and where its values come from."""

    name: str
    shape: tuple[int, ...]
    source: Provenance


def apply_plan(compiled: Compiled, plan: Plan, open_tensors: OpenTensors, seed: int | None = None) -> None:
    """Carries a plan out on a model with fresh weights, tensor by tensor out of the mapped files.

    Everything is verified before the first change: a file that does not hold what the plan says leaves the
    model as it is. float16, bfloat16 and float64 become the model's float32, integers its int64. Fresh
    adapters are drawn from `seed`.
    Raises UserError.
    """
    copies = list(_copies(plan))
    state = compiled.state_dict()
    with ExitStack() as stack:
        files = [stack.enter_context(open_tensors(header)) for header in plan.headers]
        for copy in copies:
            header = plan.headers[copy.source.load]
            _verify(copy, files[copy.source.load], header, state.get(copy.name))
        compiled.adapt(Adaptation.of_plan(plan), seed)
        state = compiled.state_dict()
        for copy in copies:
            own = state[copy.name]
            own.copy_(files[copy.source.load][copy.source.key].reshape(own.shape))
        counts = Counter(copy.source.load for copy in copies)
        compiled.warnings = plan.diagnostics
        compiled.loaded = tuple(_record(header, counts[i]) for i, header in enumerate(plan.headers))


def _copies(plan: Plan) -> Iterator[_Copy]:
    for tensor in plan.tensors.values():
        if tensor.source is not None:
            yield _Copy(tensor.name, tensor.shape, tensor.source)
        adapter = tensor.adapter
        if adapter is not None:
            shapes = adapter_shapes(tensor.shape, adapter.rank)
            parts = zip(("lora_A", "lora_B"), shapes, (adapter.a, adapter.b), strict=True)
            for part, shape, source in parts:
                if source is not None:
                    yield _Copy(f"{tensor.name}.{part}", shape, source)


def _verify(copy: _Copy, file: Mapping[str, Tensor], header: Header, own: Tensor | None) -> None:
    """Holds what the file has against what the plan says and the model takes (None: an adapter's part)."""
    where = f"`{copy.source.key}` in {_named(header)}"
    if copy.source.key not in file:
        raise UserError(f"{where} is gone since the plan was made", "make the plan again")
    given = file[copy.source.key]
    shape = copy.shape if own is None else tuple(own.shape)
    # files may hold the adapters of a convolution with the axes of its kernel
    fits = given.shape[:1] == shape[:1] and given.numel() == math.prod(shape)
    if tuple(given.shape) != shape and not (own is None and fits):
        raise UserError(f"{where} is {list(given.shape)}, and `{copy.name}` takes {list(shape)}")
    kind = torch.float32 if own is None else own.dtype
    accepted = FLOATS if kind.is_floating_point else INTEGERS if kind in INTEGERS else (kind,)
    if given.dtype not in accepted:
        raise UserError(
            f"{where} holds {_plain(given.dtype)}, and `{copy.name}` takes {_plain(kind)}",
            "convert it, or take it away with `drop`",
        )


def _record(header: Header, tensors: int) -> dict[str, Any]:
    """A file as the record of a run names it, with how many of its tensors the model took."""
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

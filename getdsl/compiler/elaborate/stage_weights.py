"""Weights of the model's blocks where a stage names them: `scanner.weight`, `encoder.blocks[0].weight`."""

from __future__ import annotations

from getdsl.compiler.elaborate.frame import Frame
from getdsl.compiler.elaborate.open_frames import STAGE
from getdsl.compiler.elaborate.values import ModuleValue, Owner, Tensor, Value
from getdsl.compiler.graph.dimensions import Dim
from getdsl.compiler.graph.graph import StateTensor
from getdsl.compiler.graph.node import PARAMETER
from getdsl.compiler.graph.types import TensorType
from getdsl.diagnostics.mistakes import values
from getdsl.grammar import syntax
from getdsl.text.source import Span


def is_stage(frame: Frame) -> bool:
    """Whether it is that of a loss or of metrics."""
    return frame.batch is not None and frame.prepare is None and frame.draft.name == STAGE


def owner_named(frame: Frame, name: str) -> Owner | None:
    """What the model calls so, in a stage: a block of it, or a family of blocks."""
    return Owner(name) if is_stage(frame) and _holds(frame, name) else None


def owners(frame: Frame) -> set[str]:
    """The names of all of them, in a stage."""
    return {name.split(".")[0] for name in frame.draft.modules}


def owner_of(frame: Frame, value: Value, expr: syntax.Expr) -> Owner | None:
    """The block whose weights are read of a value in a stage: an output may be called as what makes it."""
    match value, expr:
        case Owner(), _:
            return value
        case ModuleValue(name=name), _:
            return owner_named(frame, name)
        case Tensor(), syntax.Name(id=name):
            return owner_named(frame, name)
    return None


def below(frame: Frame, owner: Owner, name: int | str, place: Span) -> Value:
    """A weight of a block, or a part of it; POISON after a report."""
    path = f"{owner.path}.{name}"
    key = f"{PARAMETER}{path}"
    if key in frame.scope.values:
        return frame.scope.values[key]
    tensors = _tensors(frame, owner.path)
    if path in tensors:
        frame.scope.values[key] = found = _input(frame, tensors[path], place)
        return found
    if _holds(frame, path) or any(tensor.startswith(f"{path}.") for tensor in tensors):
        return Owner(path)
    known = {tensor.removeprefix(f"{owner.path}.").split(".")[0]: None for tensor in tensors}
    return frame.wrong(values.no_such_weight(owner.path, str(name), place, known))


def _input(frame: Frame, tensor: StateTensor, place: Span) -> Tensor:
    type = TensorType(tuple(map(Dim.of, tensor.shape)), tensor.dtype)
    return frame.draft.add_input(f"{PARAMETER}{tensor.name}", type, place, tensor.name.replace(".", "_"))


def _holds(frame: Frame, path: str) -> bool:
    """Whether a block of the model, or one of a family, is called so."""
    return any(name == path or name.startswith(f"{path}.") for name in frame.draft.modules)


def _tensors(frame: Frame, path: str) -> dict[str, StateTensor]:
    """The weights below a path, by their names in the state dict; buffers are none."""
    within = (
        tensor
        for name, module in frame.draft.modules.items()
        if f"{path}.".startswith(f"{name}.") or name.startswith(f"{path}.")
        for tensor in module.tensors(f"{name}.")
    )
    return {
        tensor.name: tensor
        for tensor in within
        if tensor.name.startswith(f"{path}.") and tensor.kind != "buffer"
    }

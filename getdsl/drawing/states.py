"""What a spec asks for each tensor of its model: to be loaded, frozen, adapted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from getdsl.compiler.directives.adaptable import adaptable
from getdsl.compiler.directives.covering import any_covers
from getdsl.compiler.directives.directives import Directives, read_directives
from getdsl.compiler.directives.held import held
from getdsl.compiler.graph.graph import StateTensor
from getdsl.compiler.spec import Spec
from getdsl.drawing.picture import Weights

States = Mapping[str, Weights]


def states_of(spec: Spec) -> States:
    """Each tensor of the model by its name, buffers apart."""
    model = {tensor.name: tensor for tensor in spec.graph.tensors()}
    asked = read_directives(spec)
    frozen, adapted = held(asked, model), _adapted(asked, model)
    return {
        name: _state(tensor, name in frozen, name in adapted, tuple(_files(asked, name)))
        for name, tensor in model.items()
        if tensor.kind != "buffer"
    }


def _state(tensor: StateTensor, held: bool, adapted: bool, files: tuple[str, ...]) -> Weights:
    frozen = held or tensor.kind == "frozen"
    trainable = 0 if frozen or adapted else tensor.size
    return Weights(1, tensor.size, trainable, int(frozen), int(bool(files)), int(adapted), files)


def _adapted(asked: Directives, model: Mapping[str, StateTensor]) -> set[str]:
    patterns = (asked.lora.on or ()) if asked.lora is not None else ()
    return set(adaptable((pattern.text for pattern in patterns), model))


def _files(asked: Directives, name: str) -> Iterable[str]:
    """The files that should hold a tensor, unless one of them declares it `new`."""
    if not any_covers((pattern.text for load in asked.loads for pattern in load.new), name):
        yield from (load.file for load in asked.loads if load.owes(name))


def under(states: States, prefix: str) -> Weights:
    """What all tensors have whose names begin so."""
    return sum((state for name, state in states.items() if name.startswith(prefix)), Weights())

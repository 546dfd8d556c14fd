"""What the weights of a model take, in bytes, and the low-rank adapters on them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from math import prod

from getdsl.compiler.graph.graph import StateTensor
from getdsl.compiler.spec import Spec

FLOAT = 4  # bytes
ITEMSIZE = {"float": FLOAT, "int": 8, "bool": 1}


@dataclass(frozen=True)
class Weights:
    """The tensors of a model, the names of those that train, and the ranks of adapters by name."""

    tensors: tuple[StateTensor, ...]
    trainable: frozenset[str]
    adapters: Mapping[str, int]

    @staticmethod
    def of(spec: Spec, trainable: Collection[str] | None, adapters: Mapping[str, int]) -> Weights:
        """Without `trainable` those that neither their blocks nor the spec freeze."""
        tensors = tuple(spec.graph.tensors())
        names = trained(spec, tensors) if trainable is None else trainable
        return Weights(tensors, frozenset(names), adapters)

    def only(self, names: Collection[str]) -> Weights:
        """The same, with only these trained and adapted."""
        adapters = {name: rank for name, rank in self.adapters.items() if name in names}
        return Weights(self.tensors, self.trainable.intersection(names), adapters)

    def parameters(self) -> int:
        return self._extra() + _bytes(tensor for tensor in self.tensors if tensor.kind != "buffer")

    def buffers(self) -> int:
        return _bytes(tensor for tensor in self.tensors if tensor.kind == "buffer")

    def gradients(self) -> int:
        return self._extra() + _bytes(tensor for tensor in self.tensors if tensor.name in self.trainable)

    def merged(self) -> int:
        """The weights with their adapters added, which are kept beside those without."""
        return _bytes(self._adapted())

    def merging(self) -> int:
        """FLOPs of B @ A, which is made anew for each step."""
        return sum(2 * self.adapters[item.name] * _out(item) * _fan_in(item) for item in self._adapted())

    def _extra(self) -> int:
        """Of the adapters: A is [rank, fan_in] and B [fan_out, rank]."""
        sides = (self.adapters[item.name] * (_out(item) + _fan_in(item)) for item in self._adapted())
        return FLOAT * sum(sides)

    def _adapted(self) -> Iterable[StateTensor]:
        return (tensor for tensor in self.tensors if tensor.name in self.adapters)


def _bytes(tensors: Iterable[StateTensor]) -> int:
    return sum(ITEMSIZE[tensor.dtype] * tensor.size for tensor in tensors)


def _out(tensor: StateTensor) -> int:
    return tensor.shape[0]


def _fan_in(tensor: StateTensor) -> int:
    return prod(tensor.shape[1:])


def trained(spec: Spec, tensors: Iterable[StateTensor]) -> set[str]:
    """The weights that the blocks and `freeze` or `train_only` leave to be trained."""
    model = {tensor.name: tensor for tensor in tensors}
    names = {name for name, tensor in model.items() if tensor.kind == "weight"}
    if not spec.settings.keys() & {"freeze", "train_only"}:
        return names
    from getdsl.compiler.directives.directives import read_directives
    from getdsl.compiler.directives.held import held

    return names - held(read_directives(spec), model)

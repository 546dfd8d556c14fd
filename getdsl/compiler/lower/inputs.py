"""A batch held against the inputs that a spec declares."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from getdsl.compiler.graph.dimensions import Dim
from getdsl.compiler.graph.graph import Graph
from getdsl.compiler.graph.symbols import Symbol
from getdsl.compiler.graph.types import TensorType
from getdsl.diagnostics.listing import joined


class InputError(ValueError):
    """A batch that does not fit the spec's declared inputs."""


def check_tensor(name: str, value: object, type: TensorType, sizes: dict[Symbol, Dim]) -> None:
    """Holds a tensor against its declared type, and binds symbols that are new. Raises InputError."""
    if not isinstance(value, Tensor):
        raise InputError(f"the input `{name}` is a {value.__class__.__name__}, not a tensor")
    if value.dim() != len(type.shape):
        raise InputError(f"the input `{name}` is declared {type} and has the shape {list(value.shape)}")
    if type.dtype == "float" and not value.is_floating_point():
        raise InputError(f"the input `{name}` holds floats, not {value.dtype}")
    if type.dtype == "int" and (value.is_floating_point() or value.dtype == torch.bool):
        raise InputError(f"the input `{name}` holds integers, not {value.dtype}")
    if type.dtype == "bool" and value.dtype != torch.bool:
        raise InputError(f"the input `{name}` holds true or false, not {value.dtype}")
    for axis, (dim, size) in enumerate(zip(type.shape, value.shape, strict=True)):
        where = f"axis {axis} of the input `{name}: {type}`"
        if not _binds(dim.substitute(sizes), size, sizes, where):
            _check_axis(dim, size, sizes, where)


def _binds(known: Dim, size: int, sizes: dict[Symbol, Dim], where: str) -> bool:
    """Whether an axis tells the size of its one new symbol, which is then in `sizes`."""
    new = list(known.symbols)
    solved = known.solve(new[0], Dim.of(size)) if len(new) == 1 else None
    if solved is None:
        return False
    if solved.value is not None and solved.value < 0:
        raise InputError(f"{where} is {size}, too short: it makes {new[0]} = {solved.value}")
    sizes[new[0]] = solved
    return True


def _check_axis(dim: Dim, size: int, sizes: Mapping[Symbol, Dim], where: str) -> None:
    known = dim.substitute(sizes)
    if known.value is not None and known.value != size:
        bound = joined(f"{symbol} = {value}" for symbol, value in sizes.items() if symbol in dim.symbols)
        because = f" (where {bound})" if bound else ""
        raise InputError(f"{where} is {size}, expected {known}{because}")


def check_needs(graph: Graph, sizes: Mapping[Symbol, Dim]) -> None:
    """Holds the sizes of a batch against what the model's steps need of them. Raises InputError."""
    for item in graph.needs:
        known = item.need.substitute(sizes)
        if not known.symbols and not known.holds({}):
            measured = (_measured(graph, symbol, sizes) for symbol in sorted(item.need.symbols))
            raise InputError(f"{joined(measured, ' and ')}, and {item}")


def _measured(graph: Graph, symbol: Symbol, sizes: Mapping[Symbol, Dim]) -> str:
    """The axis of an input that tells a size, and what it is."""
    source = graph.symbols[symbol]
    node = graph.nodes[source.ref.node]
    size, type = source.pattern.substitute(sizes), node.outputs[source.ref.output]
    return f"axis {source.axis} of the input `{node.target}: {type}` is {size}"


def check_not_empty(name: str, value: Tensor, type: TensorType) -> None:
    """Refuses a batch without samples, regions or bases, whose loss would be no number. Raises InputError."""
    for axis, (dim, size) in enumerate(zip(type.shape, value.shape, strict=True)):
        if size == 0 and dim.symbols:
            raise InputError(f"the batch is empty: {dim} on axis {axis} of the input `{name}: {type}` is 0")


def check_lengths(name: str, value: Tensor, type: TensorType, sizes: Mapping[Symbol, Dim]) -> None:
    """Holds ragged lengths against the axis that they divide. Raises InputError.

    On a GPU it is left out: it would wait for the device.
    """
    if type.domain != "lengths" or type.of is None or value.device.type != "cpu" or not value.numel():
        return
    whole = type.of.substitute(sizes).value
    if int(value.min()) < 0:
        raise InputError(f"the input `{name}` holds a negative length, {int(value.min())}")
    longest = int(value.sum(dim=-1).max())
    if whole is not None and longest > whole:
        raise InputError(f"the lengths in `{name}` sum to {longest}, beyond {type.of} = {whole}")
    if type.step > 1 and bool((value % type.step).any()):
        row = int((value % type.step).flatten(1).any(dim=1).nonzero()[0])
        raise InputError(
            f"the lengths in `{name}` are multiples of {type.step}; row {row} has one that is not"
        )

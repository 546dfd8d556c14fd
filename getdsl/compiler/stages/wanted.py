"""What shapes the raw keys of a batch would have, told backwards from what a graph does with them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import takewhile

from getdsl.compiler.elaborate.patterns import CALLEE
from getdsl.compiler.graph.dimensions import Dim
from getdsl.compiler.graph.graph import Graph, Node
from getdsl.compiler.graph.operands import Argument, Ref, SliceArgument, references
from getdsl.compiler.graph.types import UNKNOWN, TensorType
from getdsl.compiler.operations import OPERATIONS, elementwise

ONE = Dim.of(1)
SAME_SHAPE = frozenset({"detach", "masked_target", "to_float", "to_int", "cumsum", "softmax", "log_softmax"})
MASK = {"masked_target": 0, "masked_mean": 1}  # the place of the mask, which may lack axes on the right


def wanted_keys(graph: Graph, told: Mapping[Ref, TensorType]) -> dict[str, TensorType]:
    """A type for each raw key whose use settles its shape. `told` is known of tensors: what calls declare.

    Sizes that a graph's own steps tell are no shape of a batch: a key that has one is left out.
    """
    wanted = dict(told)
    for node in reversed(list(graph.nodes.values())):
        result = _known(graph, wanted, Ref(node.name, ""))
        if node.kind == "operation":
            for ref, type in _operands(graph, node, result):
                merge = _shared if _is_mask(node, ref) else _larger
                wanted[ref] = merge(wanted[ref], type) if ref in wanted else type
    calls = {node.name for node in graph.nodes.values() if node.kind == "module"}
    found: dict[str, TensorType] = {}
    for node in graph.nodes.values():
        wanted_type = wanted.get(Ref(node.name, ""))
        if node.kind == "input" and wanted_type is not None and not _owners(wanted_type) & calls:
            found[node.target.removeprefix("batch.")] = _named(wanted_type)
    return found


def _owners(type: TensorType) -> set[str]:
    return {symbol.owner[0] for symbol in type.symbols if symbol.owner}


def _named(type: TensorType) -> TensorType:
    """A type whose sizes that a block leaves open are taken for the model's of the same name."""
    open_sizes = [symbol for symbol in type.symbols if symbol.owner[:1] == (CALLEE,)]
    return type.substitute({symbol: Dim.symbol(symbol.name) for symbol in open_sizes})


def _larger(one: TensorType, other: TensorType) -> TensorType:
    """A type with the larger of the sides that are numbers in both: two indices want the larger's axis."""
    if len(one.shape) != len(other.shape):
        return one
    sides = zip(one.shape, other.shape, strict=True)
    larger = (
        new if old.value is not None and new.value is not None and new.value > old.value else old
        for old, new in sides
    )
    return replace(one, dims=tuple(larger))


def _shared(one: TensorType, other: TensorType) -> TensorType:
    """A type with the first axes of both: a mask fits the prediction, and the loss that is made of it."""
    pairs = takewhile(lambda pair: pair[0] == pair[1], zip(one.shape, other.shape, strict=False))
    return replace(one, dims=tuple(dim for dim, _ in pairs))


def _is_mask(node: Node, ref: Ref) -> bool:
    return node.target in MASK and node.args[MASK[node.target]] == ref


def _known(graph: Graph, wanted: Mapping[Ref, TensorType], ref: Ref) -> TensorType:
    found = graph.nodes[ref.node].outputs.get(ref.output, UNKNOWN)
    return found if found.dims is not None else wanted.get(ref, UNKNOWN)


def _operands(graph: Graph, node: Node, result: TensorType) -> Iterator[tuple[Ref, TensorType]]:
    """The operands of unknown shape, with the shape that gives the result."""
    given = list(references((*node.args, *node.kwargs.values())))
    types = {ref: graph.nodes[ref.node].outputs.get(ref.output, UNKNOWN) for ref in given}
    beside = next((type for type in types.values() if type.dims is not None), UNKNOWN)
    for ref, type in types.items():
        if type.dims is None and (dims := _before(node, ref, result, beside)) is not None:
            yield ref, TensorType(dims)


def _before(node: Node, ref: Ref, result: TensorType, beside: TensorType) -> tuple[Dim, ...] | None:
    """The shape of an operand; None where the result does not tell it."""
    if node.target == "masked_mean":
        return beside.dims if _is_mask(node, ref) else None
    if node.target in SAME_SHAPE or _is_elementwise(node):
        return result.dims if result.dims is not None else beside.dims
    if result.dims is None or not node.args or node.args[0] != ref:
        return None
    if node.target == "getitem":
        index = node.args[1]
        return _indexed(index if isinstance(index, tuple) else (index,), result.dims)
    axis = node.kwargs.get("dim", node.args[1] if len(node.args) > 1 else None)
    if not isinstance(axis, int):
        return None
    rest = result.dims
    match node.target:
        case "unsqueeze":
            place = axis % len(rest)
            return (*rest[:place], *rest[place + 1 :])
        case "squeeze":
            place = axis % (len(rest) + 1)
            return (*rest[:place], ONE, *rest[place:])
    return None


def _is_elementwise(node: Node) -> bool:
    return OPERATIONS[node.target].shape.__module__ == elementwise.__name__


def _indexed(items: tuple[Argument, ...], result: tuple[Dim, ...]) -> tuple[Dim, ...] | None:
    """The shape of which these indices leave the result, as short as it can be."""
    sides = iter(result)
    found: list[Dim] = []
    for item in items:
        if isinstance(item, SliceArgument):
            side = next(sides, None)
            length = None if side is None else _sliced(item, side)
            if length is None:
                return None
            found.append(length)
        elif isinstance(item, int) and not isinstance(item, bool):
            found.append(Dim.of(item + 1 if item >= 0 else -item))
        else:
            return None
    return (*found, *sides)


def _sliced(item: SliceArgument, side: Dim) -> Dim | None:
    """The axis of which a slice leaves a side."""
    start, stop = item.start or 0, item.stop
    if not isinstance(start, int) or start < 0:
        return None
    if stop is None:
        return side + start
    if isinstance(stop, int) and stop < 0:
        return side + start - stop
    return Dim.of(stop) if isinstance(stop, int | Dim) else None

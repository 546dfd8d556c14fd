"""What must be held while a graph runs, because no input tells it: sizes that blocks return anew.

A block with a Python body says what it returns, and `check` takes its word: it is held to that before the
next step reads it. A need of sizes that the batch does not settle is held once they are there.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePath
from typing import NamedTuple, TypeAlias

from getdsl.compiler.graph.bounds import LEAST_SIZE, AtLeast, Need, Needed
from getdsl.compiler.graph.dimensions import Dim
from getdsl.compiler.graph.graph import Graph, Node
from getdsl.compiler.graph.operands import Ref
from getdsl.compiler.graph.symbols import Symbol
from getdsl.compiler.graph.types import DType, TensorType
from getdsl.text.source import Span


class Ranked(NamedTuple):
    """A value that must be a tensor of so many axes and such elements; `told` says who returns it as what."""

    ref: Ref
    rank: int
    dtype: DType
    told: str


class Returned(NamedTuple):
    """A tensor that must have a shape."""

    ref: Ref
    shape: tuple[Dim, ...]
    told: str


class Needs(NamedTuple):
    """A need of sizes; `told` says it in words, with its place."""

    need: Need
    told: str


Hold: TypeAlias = Ranked | Returned | Needs


def holds(graph: Graph, *, at_door: bool) -> dict[str, list[Hold]]:
    """What is held after each node that tells a size. With `at_door`, needs of inputs' sizes are held before.

    Without, as in a stage, all needs of the graph are held in it.
    """
    place = {name: number for number, name in enumerate(graph.nodes)}
    found: dict[str, list[Hold]] = {}
    for node in graph.nodes.values():
        found.setdefault(node.name, []).extend(_returned(graph, node))
    for item in graph.needs:
        sources = [graph.symbols[symbol].ref.node for symbol in item.need.symbols if symbol in graph.symbols]
        if not sources or len(sources) < len(item.need.symbols):
            continue  # sizes of steps that nobody reads
        if not at_door or any(graph.nodes[source].kind != "input" for source in sources):
            found[max(sources, key=place.__getitem__)].append(Needs(item.need, _told_need(item)))
    return {name: items for name, items in found.items() if items}


def _returned(graph: Graph, node: Node) -> Iterator[Hold]:
    """What a block with a Python body returns, where it is a user's or has sizes of its own."""
    if node.kind != "module" or (module := graph.modules[node.target]).extern is None:
        return
    new = sorted(symbol for symbol in _symbols(node) if _measured_on(graph, symbol, node))
    if module.in_library and not new:
        return  # tests hold the library to its faces
    shaped = {
        name: type
        for name, type in node.outputs.items()
        if type.dims is not None and (not module.in_library or type.symbols & set(new))
    }
    told = {name: _told(node, name, type) for name, type in shaped.items()}
    for name, type in shaped.items() if not module.in_library else ():
        yield Ranked(Ref(node.name, name), len(type.shape), type.dtype, told[name])
    for name, type in shaped.items():
        yield Returned(Ref(node.name, name), type.shape, told[name])
    for symbol in new:
        need = AtLeast(Dim.symbol(symbol), LEAST_SIZE, f"what reads `{node.target}`")
        yield Needs(need, _told_need(Needed(need, node.span)))


def _told(node: Node, output: str, type: TensorType) -> str:
    shown = f"{output}: {type.plain()}" if output else str(type.plain())
    return f"`{node.target}` returns `{shown}`{_place(node.span)}"


def _told_need(item: Needed) -> str:
    return f"{item.need.told} needs {item.need}{_place(item.span)}"


def _place(span: Span | None) -> str:
    """Where something stands, for behind it; emitted files name no folder of the machine that wrote them."""
    return f" ({PurePath(span.file.name).name}:{span.line})" if span is not None else ""


def _symbols(node: Node) -> set[Symbol]:
    return {symbol for type in node.outputs.values() for symbol in type.symbols}


def _measured_on(graph: Graph, symbol: Symbol, node: Node) -> bool:
    return symbol in graph.symbols and graph.symbols[symbol].ref.node == node.name

"""Makes a motif scan and the pooling of what it finds one kernel, so that no score of a position is stored.

`MotifScanner -> SplitPool`, with a `relu` between them or without, becomes the scanner under its own name,
pooling as it goes: weights keep their names, shapes and values.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from getdsl.compiler.graph.graph import Argument, Graph, Module, Node, Ref
from getdsl.compiler.passes.scores_read import POOL, how_it_reads, how_many_read, readers_of

SCANNER = "getdsl.blocks.motif_scanner:MotifScanner"
FUSED = "getdsl.blocks.motif_scanner:MotifScanPool"
WIDEST = 64  # bp, as the kernel takes them


@dataclass(frozen=True)
class Fusion:
    """A scanner, and the pool that it was fused with, or what stands against that."""

    graph: str
    scanner: Node
    pool: Node | None = None
    between: tuple[Node, ...] = ()
    obstacle: str | None = None


def fuse_motif_scan_pool(graph: Graph) -> Graph:
    """The graph with its scans and pools fused, inside nested graphs too.

    The pool's module is left: it has no weights, and a stage of the batch may apply it again.
    """
    modules = {
        name: module if module.graph is None else replace(module, graph=fuse_motif_scan_pool(module.graph))
        for name, module in graph.modules.items()
    }
    graph = replace(graph, modules=modules)
    for fusion in _fusions(graph):
        if fusion.pool is not None and fusion.obstacle is None:
            graph = _fuse(graph, fusion.scanner, fusion.pool, fusion.between)
    return graph


def find_fusions(graph: Graph) -> Iterator[Fusion]:
    """What `fuse_motif_scan_pool` does to each scanner of a graph and of those inside it."""
    yield from _fusions(graph)
    for module in graph.modules.values():
        if module.graph is not None:
            yield from find_fusions(module.graph)


def _fusions(graph: Graph) -> Iterator[Fusion]:
    scanners = [node for node in graph.nodes.values() if _module(graph, node, SCANNER) is not None]
    for scanner in scanners:
        yield _fusion(graph, scanner)


def _fusion(graph: Graph, scanner: Node) -> Fusion:
    calls = [node for node in graph.nodes.values() if node.kind == "module" and node.target == scanner.target]
    if len(calls) > 1:
        return Fusion(graph.name, scanner, obstacle=f"`{scanner.target}` is applied {len(calls)} times")
    width = graph.modules[scanner.target].params.get("kernel_size", 29)
    if isinstance(width, int) and width > WIDEST:
        return Fusion(
            graph.name, scanner, obstacle=f"kernel_size is {width}, and the kernel takes at most {WIDEST}"
        )
    between: list[Node] = []
    node = scanner
    while True:
        readers = readers_of(graph, node)
        if any(ref.node == node.name for ref in graph.outputs.values()):
            return Fusion(
                graph.name, scanner, obstacle=f"`{node.name}` is read at every position, as an output"
            )
        if len(readers) != 1:
            return Fusion(graph.name, scanner, obstacle=how_many_read(node, readers))
        reader = readers[0]
        if _module(graph, reader, POOL) is not None:
            return Fusion(graph.name, scanner, reader, tuple(between), _pool_obstacle(graph, reader, node))
        if reader.kind != "operation" or reader.target != "relu":
            return Fusion(graph.name, scanner, obstacle=how_it_reads(graph, reader, node))
        between.append(reader)
        node = reader


def _pool_obstacle(graph: Graph, pool: Node, scores: Node) -> str | None:
    """What keeps a pool that reads nothing but the scores and its lengths from being fused with them."""
    if _arguments(graph, pool).get("x") != Ref(scores.name, ""):
        return f"`{pool.name}` does not pool it"
    if sum(ref.node == scores.name for ref in pool.references()) > 1:
        return f"the lengths of `{pool.name}` are made of it"
    return None


def _module(graph: Graph, node: Node, extern: str) -> Module | None:
    """The module that a node calls, where it is that body of the library."""
    module = graph.modules.get(node.target) if node.kind == "module" else None
    return (
        module if module is not None and module.extern == extern and module.name not in graph.shared else None
    )


def _arguments(graph: Graph, node: Node) -> dict[str, Argument]:
    """A call's arguments by the names of the face's inputs."""
    return {**dict(zip(graph.modules[node.target].inputs, node.args, strict=False)), **node.kwargs}


def _fuse(graph: Graph, scanner: Node, pool: Node, between: tuple[Node, ...]) -> Graph:
    lengths = _arguments(graph, pool)["peak_lengths"]
    x = _arguments(graph, scanner)
    sequence = x.pop("x")
    module = graph.modules[scanner.target]
    fused_module = replace(
        module,
        block="MotifScanPool",
        extern=FUSED,
        params={**module.params, "pool_method": graph.modules[pool.target].params.get("pool_method", "mean")},
        inputs=("x", "peak_lengths", *(name for name in module.inputs if name != "x")),
    )
    fused = replace(pool, target=scanner.target, args=(sequence, lengths), kwargs=x)
    gone = {scanner.name, *(node.name for node in between)}
    nodes = {
        name: fused if name == pool.name else node for name, node in graph.nodes.items() if name not in gone
    }
    return replace(graph, nodes=nodes, modules={**graph.modules, module.name: fused_module})

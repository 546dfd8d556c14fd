"""Makes a motif scan and the pooling of what it finds one kernel, so that no score of a position is stored.

`MotifScanner -> SplitPool`, with a `relu` between them or without, becomes the scanner under its own name,
pooling as it goes: weights keep their names, shapes and values. The pool's module is left: it has no weights,
and a stage of the batch may apply it again.
"""

from __future__ import annotations

from dataclasses import replace

from getdsl.compiler.graph.chains import Chain, Found, Fusion, applies, arguments, called, calls
from getdsl.compiler.graph.graph import Graph, Node, Ref
from getdsl.diagnostics.listing import first_of, joined

SCANNER = "getdsl.blocks.motif_scanner:MotifScanner"
FUSED = "getdsl.blocks.motif_scanner:MotifScanPool"
POOL = "getdsl.blocks.split_pool:SplitPool"
WIDEST = 64  # bp, as the kernel takes them


def fused(graph: Graph, nodes: tuple[Node, ...]) -> Graph:
    scanner, *between, pool = nodes
    module = graph.modules[scanner.target]
    inputs = arguments(graph, scanner)
    scan_and_pool = replace(
        module,
        block="MotifScanPool",
        extern=FUSED,
        params={**module.params, "pool_method": graph.modules[pool.target].params.get("pool_method", "mean")},
        inputs=("x", "peak_lengths", *(name for name in module.inputs if name != "x")),
    )
    call = replace(
        pool,
        target=scanner.target,
        args=(inputs.pop("x"), arguments(graph, pool)["peak_lengths"]),
        kwargs=inputs,
    )
    gone = {scanner.name, *(node.name for node in between)}
    kept = {
        name: call if name == pool.name else node for name, node in graph.nodes.items() if name not in gone
    }
    return replace(graph, nodes=kept, modules={**graph.modules, module.name: scan_and_pool})


def obstacle(graph: Graph, found: Found) -> str | None:
    """What keeps a scan from being fused with a pool."""
    return _of_scanner(graph, found.nodes[0]) or _of_readers(graph, found) or _of_pool(graph, found.nodes)


def _of_scanner(graph: Graph, scanner: Node) -> str | None:
    count = sum(called(graph, node) is graph.modules[scanner.target] for node in graph.nodes.values())
    if count > 1:
        return f"`{scanner.target}` is applied {count} times"
    width = graph.modules[scanner.target].params.get("kernel_size", 29)
    if isinstance(width, int) and width > WIDEST:
        return f"kernel_size is {width}, and the kernel takes at most {WIDEST}"
    return None


def _of_readers(graph: Graph, found: Found) -> str | None:
    scores = found.nodes[-1]
    if found.end == "output":
        return f"`{scores.name}` is read at every position, as an output"
    if found.end == "stranger":
        return _how_it_reads(graph, found.readers[0], scores)
    if found.end == "whole":
        return None
    names = first_of([reader.name for reader in found.readers])
    if not names:
        return f"nothing reads `{scores.name}`"
    return f"`{scores.name}` is read by {names}, and the kernel keeps no scores for more than one SplitPool"


def _of_pool(graph: Graph, nodes: tuple[Node, ...]) -> str | None:
    """What keeps a pool that reads nothing but the scores and its lengths from being fused with them."""
    *_, scores, pool = nodes
    if arguments(graph, pool).get("x") != Ref(scores.name, ""):
        return f"`{pool.name}` does not pool it"
    if sum(ref.node == scores.name for ref in pool.references()) > 1:
        return f"the lengths of `{pool.name}` are made of it"
    return None


def _how_it_reads(graph: Graph, reader: Node, scores: Node) -> str:
    """What a reader that is not a SplitPool does with the scores."""
    module = called(graph, reader)
    if module is None:
        return f"`{reader.target}` reads it before any SplitPool, and only `relu` may stand between"
    label = f"`{reader.name}` ({module.block})"
    if module.graph is None:
        return f"{label} reads every position, and is not a SplitPool"
    inside = _readers_of_inputs(module.graph, _inputs_that_take(graph, reader, scores))
    pools = joined([f"`{node.name}`" for node in inside if calls(POOL)(module.graph, node)])
    others = [_named(module.graph, node) for node in inside if not calls(POOL)(module.graph, node)]
    read = joined(others)
    if not pools:
        return f"{label} reads every position, in {read}" if read else f"{label} does not pool it"
    if others:
        return f"{label} pools it in {pools}, but also reads every position, in {read}"
    return (
        f"{label} pools it in {pools}; a scan and its pool become one kernel where they stand in "
        "the same block"
    )


def _inputs_that_take(graph: Graph, reader: Node, scores: Node) -> set[str]:
    """The names of a module's inputs that are given the scores."""
    given = arguments(graph, reader)
    return {name for name, item in given.items() if isinstance(item, Ref) and item.node == scores.name}


def _readers_of_inputs(graph: Graph, inputs: set[str]) -> list[Node]:
    """Those of a block's nodes that read one of these inputs."""
    sources = [node.name for node in graph.nodes.values() if node.kind == "input" and node.target in inputs]
    return [
        reader
        for source in sources
        for reader in graph.nodes.values()
        if any(ref.node == source for ref in reader.references())
    ]


def _named(graph: Graph, node: Node) -> str:
    module = called(graph, node)
    return f"`{node.name}`" + (f" ({module.block})" if module is not None else "")


FUSION = Fusion(
    told="one kernel",
    becomes="getdsl::motif_scan_pool",
    chain=Chain(first=calls(SCANNER), between=applies("relu"), last=calls(POOL)),
    obstacle=obstacle,
    rewritten=fused,
)

"""Says what reads the scores of a motif scan, where that keeps them from being pooled as they are found."""

from __future__ import annotations

from getdsl.compiler.graph.graph import Graph, Node, Ref

POOL = "getdsl.blocks.split_pool:SplitPool"


def readers_of(graph: Graph, node: Node) -> list[Node]:
    return [
        reader
        for reader in graph.nodes.values()
        if any(ref.node == node.name for ref in graph.dependencies(reader))
    ]


def how_many_read(node: Node, readers: list[Node]) -> str:
    names = ", ".join(f"`{reader.name}`" for reader in readers)
    if not names:
        return f"nothing reads `{node.name}`"
    return f"`{node.name}` is read by {names}, and the kernel keeps no scores for more than one SplitPool"


def how_it_reads(graph: Graph, reader: Node, scores: Node) -> str:
    """What a reader that is not a SplitPool does with the scores."""
    if reader.kind != "module":
        return f"`{reader.target}` reads it before any SplitPool, and only `relu` may stand between"
    module = graph.modules[reader.target]
    label = f"`{reader.name}` ({module.block})"
    if module.graph is None:
        return f"{label} reads every position, and is not a SplitPool"
    pools, others = _inside(module.graph, _inputs_that_take(graph, reader, scores))
    read = ", ".join(others)
    if not pools:
        return f"{label} reads every position, in {read}" if read else f"{label} does not pool it"
    if others:
        return f"{label} pools it in {', '.join(pools)}, but also reads every position, in {read}"
    return (
        f"{label} pools it in {', '.join(pools)}; a scan and its pool become one kernel where they stand in "
        "the same block"
    )


def _inputs_that_take(graph: Graph, reader: Node, scores: Node) -> set[str]:
    """The names of a module's inputs that are given the scores."""
    given = {**dict(zip(graph.modules[reader.target].inputs, reader.args, strict=False)), **reader.kwargs}
    return {name for name, item in given.items() if isinstance(item, Ref) and item.node == scores.name}


def _inside(graph: Graph, inputs: set[str]) -> tuple[list[str], list[str]]:
    """The readers of a block's inputs: the SplitPools among them, and the others."""
    pools, others = [], []
    for source in graph.nodes.values():
        if source.kind != "input" or source.target not in inputs:
            continue
        for reader in graph.nodes.values():
            if all(ref.node != source.name for ref in reader.references()):
                continue
            module = graph.modules.get(reader.target) if reader.kind == "module" else None
            if module is not None and module.extern == POOL:
                pools.append(f"`{reader.name}`")
            else:
                others.append(f"`{reader.name}`" + (f" ({module.block})" if module is not None else ""))
    return pools, others

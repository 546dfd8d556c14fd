"""Pools before it rectifies: `relu -> MaxPool1d` becomes `MaxPool1d -> relu`, with fewer values to rectify.

The largest of what `relu` leaves is what it leaves of the largest, bit for bit, and so are the gradients.
"""

from __future__ import annotations

from dataclasses import replace

from getdsl.compiler.graph.chains import Chain, Found, Fusion, applies, calls, read_by, redirected
from getdsl.compiler.graph.graph import Graph, Node, Ref
from getdsl.diagnostics.listing import first_of

RELU, POOL = applies("relu"), calls("getdsl.blocks.max_pool1d:MaxPool1d")


def pooled_first(graph: Graph, nodes: tuple[Node, ...]) -> Graph:
    relu, pool = nodes
    [x] = relu.references()
    pooled, rectified = Ref(pool.name, next(iter(pool.outputs))), Ref(relu.name, "")
    graph = redirected(graph, {rectified: x, pooled: rectified})
    moved = {
        relu.name: graph.nodes[pool.name],
        pool.name: replace(relu, args=(pooled,), kwargs={}, outputs={"": pool.outputs[pooled.output]}),
    }
    in_order = [moved.get(name, node) for name, node in graph.nodes.items()]
    return replace(graph, nodes={node.name: node for node in in_order})


def obstacle(graph: Graph, found: Found) -> str | None:
    relu = found.nodes[0]
    if found.end == "output":
        return f"`{relu.name}` is an output too"
    if any(source.ref.node == relu.name for source in graph.symbols.values()):
        return f"a size is measured of `{relu.name}`"
    names = first_of([reader.name for reader in found.readers])
    return f"`{relu.name}` is read by {names}" if found.end == "readers" else None


FUSION = Fusion(
    told="pooled first",
    becomes="relu of the maxima",
    chain=Chain(first=read_by(RELU, POOL), last=POOL),
    obstacle=obstacle,
    rewritten=pooled_first,
)

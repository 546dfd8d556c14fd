"""What is read of the inside of a block: held against graphs that the checker made with the same reads."""

from __future__ import annotations

from dataclasses import replace

import pytest

from getdsl.compiler.check import check_text
from getdsl.compiler.graph.dimensions import Dim
from getdsl.compiler.graph.graph import Graph, Ref
from getdsl.compiler.graph.symbols import Symbol
from getdsl.compiler.graph.text import graph_text
from getdsl.compiler.graph.types import UNKNOWN, TensorType
from getdsl.compiler.graph.verify import GraphError
from getdsl.compiler.passes import Tap, expose_taps, remove_unused, verifier
from getdsl.compiler.passes.expose_taps import tap_type

FLAT = """
model M {
    input x: [B, R, 8]
    encoder = x -> GETTransformer(8, 2, 2)
    output y = encoder
    output first = encoder.blocks[0].attn
    output second = encoder.blocks[1].attn
}
"""
DEEP = """
block Net {
    input x: [B, T, 8]
    inner = x -> GETTransformer(8, 2, 1)
    output y = relu(inner)
}
model M {
    input x: [B, R + 1, 8]
    net = x -> Net()
    output y = net
    output map = net.inner.blocks[0].attn
}
"""
TWICE = """
model M {
    input x: [B, R, 8]
    encoder = GETTransformer(8, 2, 1)
    a = x -> encoder
    b = concat([a, a], dim = 1) -> encoder
    output y = relu(b)
    output attn = b.blocks[0].attn
}
"""
FIRST, SECOND = Tap("encoder", "blocks.0", "attn"), Tap("encoder", "blocks.1", "attn")
INNER = Tap("net", "inner.blocks.0", "attn")


def checked(text: str) -> Graph:
    spec = check_text(text).spec
    assert spec is not None
    return spec.graph


def untapped(graph: Graph) -> Graph:
    """The graph with no output of a block left that has a path for a name; what is inside them stays."""

    def named(names: object) -> dict[str, object]:
        return {name: item for name, item in names.items() if "." not in name}  # type: ignore[attr-defined]

    modules = {}
    for name, module in graph.modules.items():
        if module.graph is not None:
            body = untapped(replace(module.graph, outputs=named(module.graph.outputs)))  # type: ignore[arg-type]
            module = replace(module, graph=body, outputs=tuple(body.outputs))
        modules[name] = module
    nodes = {
        name: replace(node, outputs=named(node.outputs))  # type: ignore[arg-type]
        for name, node in graph.nodes.items()
    }
    outputs = {name: ref for name, ref in graph.outputs.items() if "." not in ref.output}
    return replace(graph, nodes=nodes, modules=modules, outputs=outputs)


@pytest.mark.parametrize(("text", "taps"), [(FLAT, (FIRST, SECOND)), (DEEP, (INNER,)), (TWICE, ())])
def test_the_graph_is_the_one_that_was_checked_with_these_reads(text: str, taps: tuple[Tap, ...]) -> None:
    graph = checked(text)
    bare = untapped(graph)
    taps = taps or (Tap("b", "blocks.0", "attn"),)
    assert all(tap.name not in graph_text(verifier().verify(bare)) for tap in taps)
    exposed = replace(expose_taps(bare, taps), outputs=graph.outputs)
    kept = remove_unused(verifier().verify(exposed))
    assert kept.outputs == graph.outputs
    assert kept.modules == graph.modules
    assert [kept.nodes[tap.node].outputs for tap in taps] == [graph.nodes[tap.node].outputs for tap in taps]


def test_without_taps_nothing_changes() -> None:
    graph = checked(FLAT)
    assert expose_taps(graph, ()) is graph


def test_each_module_on_the_way_returns_it_under_its_path() -> None:
    exposed = expose_taps(untapped(checked(DEEP)), [INNER])
    assert exposed.nodes["net"].outputs.keys() == {"y", "inner.blocks.0.attn"}
    net = exposed.modules["net"]
    assert net.outputs == ("y", "inner.blocks.0.attn")
    assert net.graph is not None
    assert net.graph.outputs["inner.blocks.0.attn"] == Ref("inner", "blocks.0.attn")
    inner = net.graph.modules["inner"]
    assert inner.outputs == ("x", "blocks.0.attn")
    assert inner.graph is not None
    assert inner.graph.outputs["blocks.0.attn"] == Ref("blocks.0", "attn")


def test_all_calls_of_a_module_have_what_it_returns_each_in_its_sizes() -> None:
    exposed = expose_taps(
        untapped(checked(TWICE)), [Tap("b", "blocks.0", "attn"), Tap("a", "blocks.0", "attn")]
    )
    B, R = Dim.symbol("B"), Dim.symbol("R")  # noqa: N806
    assert exposed.nodes["a"].outputs["blocks.0.attn"] == TensorType((B, Dim.of(2), R, R))
    assert exposed.nodes["b"].outputs["blocks.0.attn"] == TensorType((B, Dim.of(2), R * 2, R * 2))
    assert exposed.modules["encoder"].outputs == ("x", "blocks.0.attn")


def test_a_module_that_is_applied_twice_and_read_inside_once_runs() -> None:
    torch = pytest.importorskip("torch")
    from getdsl.compiler.lower.build import lower

    graph = checked(TWICE)
    module = lower(graph).eval()
    x = torch.rand(2, 3, 8)
    found = module(x)
    assert found["attn"].shape == (2, 2, 6, 6)
    alone = replace(graph, outputs={"y": graph.outputs["y"]})
    plain = lower(remove_unused(alone)).eval()
    plain.load_state_dict(module.state_dict())
    torch.testing.assert_close(plain(x)["y"], found["y"])  # the maps are kept, or attention is fused


def test_the_type_of_a_tap_is_found_without_changing_the_graph() -> None:
    bare = untapped(checked(DEEP))
    side = Dim.symbol("R") + 1
    assert tap_type(bare, INNER) == TensorType((Dim.symbol("B"), Dim.of(2), side, side))
    assert tap_type(bare, Tap("net", "inner.blocks.0", "map")) is None
    assert tap_type(bare, Tap("net", "inner.blocks.0", "")) is None
    assert tap_type(bare, Tap("net", "inner.norm", "")) is None  # only what has a name is read
    assert tap_type(bare, Tap("net", "outer", "attn")) is None
    assert tap_type(bare, Tap("net", "inner.blocks.0.attn.proj", "y")) is None  # inside Python


def test_a_size_that_the_caller_does_not_know_leaves_the_type_unknown() -> None:
    bare = untapped(checked(DEEP))
    module = bare.modules["net"]
    assert module.graph is not None
    symbols = {symbol: source for symbol, source in module.graph.symbols.items() if symbol != Symbol("T")}
    blind = replace(module, graph=replace(module.graph, symbols=symbols))
    assert tap_type(replace(bare, modules={"net": blind}), INNER) == UNKNOWN


@pytest.mark.parametrize(
    ("tap", "why"),
    [
        (Tap("net", "outer", "attn"), "nothing inside `net` calls `outer`"),
        (Tap("net", "inner.blocks.0", "map"), "no `.*map` inside"),
        (Tap("net", "inner.norm.weight", "y"), "the body of `norm` is no graph"),
    ],
)
def test_what_is_not_there_is_a_bug(tap: Tap, why: str) -> None:
    with pytest.raises(GraphError, match=why):
        expose_taps(untapped(checked(DEEP)), [tap])

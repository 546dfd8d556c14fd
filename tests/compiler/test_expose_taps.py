"""What is read of the inside of a block: noted by the elaborator, and made outputs by one pass."""

from __future__ import annotations

from dataclasses import replace

import pytest

from getdsl.compiler.check import check_text
from getdsl.compiler.constants.overrides import Overrides
from getdsl.compiler.elaborate.models import elaborate_model, new_engine, settled
from getdsl.compiler.graph.dimensions import Dim
from getdsl.compiler.graph.graph import Graph, Ref
from getdsl.compiler.graph.symbols import Symbol
from getdsl.compiler.graph.taps import type_inside
from getdsl.compiler.graph.text import graph_text
from getdsl.compiler.graph.types import UNKNOWN, TensorType
from getdsl.compiler.graph.verify import GraphError
from getdsl.compiler.passes import expose_taps, verifier
from getdsl.compiler.program import Program
from getdsl.compiler.spec import Spec
from getdsl.diagnostics import Diagnostics

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
INSIDE = """
block Outer {
    input x: [B, T, 8]
    net = x -> Net()
    output y = net
    output map = net.inner.blocks[0].attn
}
model M {
    input x: [B, R, 8]
    one = x -> Outer()
    two = x -> Outer()
    output y = one.map + two.map
}
"""
B, R = Dim.symbol("B"), Dim.symbol("R")


def elaborated(text: str) -> Graph:
    """The main model's graph before any pass."""
    program = Program.of_text(text, "spec.get", Diagnostics())
    model = program.main_model(None)
    assert model is not None
    engine = new_engine(Overrides())
    frame = elaborate_model(engine, program, model)
    assert not program.diagnostics.items
    return settled(engine, frame, {}, {})


def checked(text: str) -> Spec:
    found = check_text(text)
    assert found.spec is not None, found.diagnostics
    return found.spec


def test_the_elaborator_notes_taps_and_leaves_the_blocks_alone() -> None:
    graph = verifier().verify(elaborated(FLAT))
    assert dict(graph.taps) == {
        Ref("encoder", "blocks.0.attn"): TensorType((B, Dim.of(2), R, R)),
        Ref("encoder", "blocks.1.attn"): TensorType((B, Dim.of(2), R, R)),
    }
    assert graph.modules["encoder"].outputs == ("x",)
    assert graph.nodes["encoder"].outputs.keys() == {"x"}


@pytest.mark.parametrize("text", [FLAT, DEEP, TWICE, DEEP.split("model")[0] + INSIDE])
def test_after_the_pass_no_tap_is_left(text: str) -> None:
    exposed = verifier().verify(expose_taps(elaborated(text)))
    assert not exposed.taps
    assert not any(module.graph.taps for _, module in exposed.walk_modules() if module.graph is not None)
    assert "attn" in graph_text(exposed)


def test_without_taps_nothing_changes() -> None:
    graph = expose_taps(elaborated(FLAT))
    assert expose_taps(graph) is graph


def test_each_module_on_the_way_returns_it_under_its_path() -> None:
    exposed = expose_taps(elaborated(DEEP))
    assert exposed.nodes["net"].outputs.keys() == {"y", "inner.blocks.0.attn"}
    net = exposed.modules["net"]
    assert net.outputs == ("y", "inner.blocks.0.attn")
    assert net.graph is not None
    assert net.graph.outputs["inner.blocks.0.attn"] == Ref("inner", "blocks.0.attn")
    inner = net.graph.modules["inner"]
    assert inner.outputs == ("x", "blocks.0.attn")
    assert inner.graph is not None
    assert inner.graph.outputs["blocks.0.attn"] == Ref("blocks.0", "attn")


def test_blocks_that_shared_a_body_share_the_exposed_one() -> None:
    exposed = expose_taps(elaborated(DEEP.split("model")[0] + INSIDE))
    assert exposed.modules["one"].graph is exposed.modules["two"].graph


def test_all_calls_of_a_module_have_what_it_returns_each_in_its_sizes() -> None:
    exposed = expose_taps(elaborated(TWICE))
    assert exposed.nodes["a"].outputs["blocks.0.attn"] == TensorType((B, Dim.of(2), R, R))
    assert exposed.nodes["b"].outputs["blocks.0.attn"] == TensorType((B, Dim.of(2), R * 2, R * 2))
    assert exposed.modules["encoder"].outputs == ("x", "blocks.0.attn")


def test_a_module_that_is_applied_twice_and_read_inside_once_runs() -> None:
    torch = pytest.importorskip("torch")
    from getdsl.compiler.lower.build import lower

    module = lower(checked(TWICE).graph).eval()
    x = torch.rand(2, 3, 8)
    found = module(x)
    assert found["attn"].shape == (2, 2, 6, 6)
    plain = lower(checked(TWICE.replace("output attn = b.blocks[0].attn", "")).graph).eval()
    plain.load_state_dict(module.state_dict())
    torch.testing.assert_close(plain(x)["y"], found["y"])  # the maps are kept, or attention is fused


def test_the_type_of_a_tap_is_found_without_changing_the_graph() -> None:
    graph = elaborated(DEEP)
    module, call = graph.modules["net"], graph.nodes["net"]
    side = R + 1
    found = type_inside(module, call, graph.type_of, "inner.blocks.0.attn")
    assert found == TensorType((B, Dim.of(2), side, side))
    for absent in ("inner.blocks.0.map", "inner.blocks.0.", "inner.norm.", "outer.attn"):
        assert type_inside(module, call, graph.type_of, absent) is None  # only what has a name is read
    assert type_inside(module, call, graph.type_of, "inner.blocks.0.attn.proj.y") is None  # inside Python


def test_a_size_that_the_caller_does_not_know_leaves_the_type_unknown() -> None:
    graph = elaborated(DEEP)
    module = graph.modules["net"]
    assert module.graph is not None
    symbols = {symbol: source for symbol, source in module.graph.symbols.items() if symbol != Symbol("T")}
    blind = replace(module, graph=replace(module.graph, symbols=symbols))
    assert type_inside(blind, graph.nodes["net"], graph.type_of, "inner.blocks.0.attn") == UNKNOWN


@pytest.mark.parametrize(
    ("tap", "why"),
    [
        ("outer.attn", "nothing inside `net` calls `outer`"),
        ("inner.blocks.0.map", "no `.*map` inside"),
        ("inner.norm.weight.y", "`inner` has no `norm.weight.y` inside"),
    ],
)
def test_what_is_not_there_is_a_bug(tap: str, why: str) -> None:
    graph = elaborated(DEEP)
    with pytest.raises(GraphError, match=why):
        expose_taps(replace(graph, taps={Ref("net", tap): UNKNOWN}))


def test_nothing_is_read_inside_python() -> None:
    graph = elaborated("model M {\n    input x: [B, 8]\n    h = x -> Linear(8)\n    output y = h\n}")
    with pytest.raises(GraphError, match="the body of `h` is no graph"):
        expose_taps(replace(graph, taps={Ref("h", "a.b"): UNKNOWN}))


def test_a_tap_of_what_nothing_calls_is_not_well_formed() -> None:
    graph = elaborated(DEEP)
    with pytest.raises(GraphError, match=r"inside which `a\.b` is read"):
        verifier().verify(replace(graph, taps={**graph.taps, Ref("x", "a.b"): UNKNOWN}))


LENT = """
model M {{
    input x: [B, R, 8]
    encoder = GETTransformer(8, 2, 1)
    h = x -> {applied}
    output y = h
}}
loss {{
    maps = MSE(sum((y -> encoder).blocks[0].attn, dim = -1), batch.t)
    rest = MSE(y -> encoder, batch.u)
}}
"""


@pytest.mark.parametrize("applied", ["encoder", "Linear(8)"])
def test_a_loss_reads_inside_a_block_of_the_model(applied: str) -> None:
    """Applied in the model too or not, the block returns to the loss what the loss reads."""
    torch = pytest.importorskip("torch")
    from getdsl.compiler.lower.build import lower

    spec = checked(LENT.format(applied=applied))
    (loss,) = spec.stages.losses.values()
    assert loss.modules["encoder"] is spec.graph.modules["encoder"]
    assert spec.graph.modules["encoder"].outputs == ("x", "blocks.0.attn")
    model = lower(spec.graph).eval()
    encoder = model.get_submodule("encoder")
    y, t, u = torch.rand(2, 3, 8), torch.rand(2, 2, 3), torch.rand(2, 3, 8)
    terms = lower(loss, {"encoder": encoder})(y, t, u)
    found = encoder(y)
    torch.testing.assert_close(terms["maps"], ((found["blocks.0.attn"].sum(-1) - t) ** 2).mean())
    torch.testing.assert_close(terms["rest"], ((found["x"] - u) ** 2).mean())

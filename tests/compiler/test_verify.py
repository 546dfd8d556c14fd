"""The graph's verifier: every graph of every shipped spec passes after each pass, and it can fail."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from getdsl.cli import EXIT_BUG, main
from getdsl.compiler.check import check, check_text
from getdsl.compiler.graph.dag import Use
from getdsl.compiler.graph.dimensions import Dim
from getdsl.compiler.graph.graph import Graph, Module, Node, Parameter, Ref, SymbolSource
from getdsl.compiler.graph.symbols import Symbol
from getdsl.compiler.graph.text import graph_text
from getdsl.compiler.graph.types import TensorType
from getdsl.compiler.graph.verify import GraphError, Verifier
from getdsl.compiler.passes import PASSES, run_passes, verifier

SPECS = Path(__file__).parents[2] / "specs"
SHIPPED = sorted(SPECS.rglob("*.get"))


def verify(graph: Graph, shared: Mapping[str, Module] | None = None, *, stage: bool = False) -> Graph:
    return verifier().verify(graph, shared, stage=stage)


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.relative_to(SPECS).as_posix())
def test_shipped_graphs(path: Path) -> None:
    spec = check(path).spec
    assert spec is not None
    assert verify(spec.graph) is spec.graph
    assert verify(spec.prepare, stage=True) is spec.prepare
    for graph in (*spec.stages.losses.values(), *spec.stages.metrics.values()):
        assert verify(graph, spec.graph.modules, stage=True) is graph


def test_the_product_verifies_after_checking_and_after_every_pass(
    graph: Graph, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []
    verified = Verifier.verify

    def noted(self: Verifier, graph: Graph, *args: Any, **kwargs: Any) -> Graph:
        seen.append(graph.name)
        return verified(self, graph, *args, **kwargs)

    monkeypatch.setattr(Verifier, "verify", noted)
    spec = check(SPECS / "my_model.get").spec
    assert spec is not None
    stages = [*spec.stages.losses.values(), *spec.stages.metrics.values(), spec.prepare]
    assert seen.count(spec.graph.name) == 1 + len(PASSES)
    assert all(
        seen.count(name) == sum(each.name == name for each in stages) for name in {s.name for s in stages}
    )
    seen.clear()
    run_passes(graph, [lambda graph: replace(graph)] * 3)
    assert seen.count(graph.name) == 4
    with pytest.raises(GraphError, match="no outputs"):
        run_passes(graph, [_no_outputs])


def test_a_wrong_graph_is_a_bug_of_ours(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("getdsl.compiler.graph.verify._order", lambda graph: ["it turns in circles"])
    assert main(["check", str(SPECS / "my_model.get")]) == EXIT_BUG
    assert "a bug in getdsl: GraphError: graph `" in (found := capsys.readouterr().err)
    assert "`: it turns in circles" in found


def test_a_body_is_verified_once(graph: Graph) -> None:
    seen: list[str] = []

    def operation(graph: Graph, node: Node) -> None:
        seen.append(f"{graph.name}.{node.name}")

    checked = Verifier(operation)
    twice = replace(
        graph, modules={**graph.modules, "second": replace(graph.modules["encoder"], name="second")}
    )
    checked.verify(graph)
    first = len(seen)
    checked.verify(twice)
    assert len(seen) - first == sum(node.kind == "operation" for node in graph.nodes.values())
    assert len(set(seen)) == first


@pytest.fixture
def graph() -> Graph:
    text = """
model M {
    input x: [B, R + 1, 8]
    token   = Parameter([1, 1, 8])
    joined  = concat([expand(token, B, 1, 8), x], dim = 1)
    encoder = joined -> GETTransformer(8, 2, 1)
    output y = relu(encoder)
}
"""
    spec = check_text(text).spec
    assert spec is not None
    verify(spec.graph)
    return spec.graph


def _changed(graph: Graph, name: str, **fields: object) -> Graph:
    return replace(graph, nodes={**graph.nodes, name: replace(graph.nodes[name], **fields)})  # type: ignore[arg-type]


def _wrong_type(graph: Graph) -> Graph:
    return _changed(graph, "y", outputs={"": TensorType((Dim.of(3),))})


def _reordered(graph: Graph) -> Graph:
    return replace(graph, nodes=dict(reversed(list(graph.nodes.items()))))


def _dangling(graph: Graph) -> Graph:
    return _changed(graph, "y", args=(Ref("nowhere", ""),))


def _no_such_output(graph: Graph) -> Graph:
    return _changed(graph, "y", args=(Ref("encoder", "map"),))


def _no_module(graph: Graph) -> Graph:
    return replace(graph, modules={})


def _no_parameter(graph: Graph) -> Graph:
    return replace(graph, parameters={})


def _no_operation(graph: Graph) -> Graph:
    return _changed(graph, "y", target="reluu")


def _lost_output(graph: Graph) -> Graph:
    return replace(graph, outputs={"y": Ref("gone", "")})


def _no_outputs(graph: Graph) -> Graph:
    return replace(graph, outputs={})


def _unmeasured(graph: Graph) -> Graph:
    return replace(graph, symbols={})


def _mismeasured(graph: Graph) -> Graph:
    return replace(
        graph, symbols={**graph.symbols, Symbol("B"): SymbolSource(Ref("x", ""), 1, Dim.symbol("B"))}
    )


def _misnamed(graph: Graph) -> Graph:
    return replace(graph, nodes={**graph.nodes, "z": Node("other", "operation", "relu", {}, (Ref("x", ""),))})


def _wrong_inside(graph: Graph) -> Graph:
    module = graph.modules["encoder"]
    assert module.graph is not None
    return replace(
        graph, modules={**graph.modules, "encoder": replace(module, graph=_reordered(module.graph))}
    )


def _cyclic(graph: Graph) -> Graph:
    return _changed(graph, "expand", args=(Ref("y", ""), *graph.nodes["expand"].args[1:]))


def _defined_twice(graph: Graph) -> Graph:
    return replace(graph, nodes={**graph.nodes, "again": replace(graph.nodes["x"], name="again")})


def _two_kinds(graph: Graph) -> Graph:
    parameters = {**graph.parameters, "encoder": Parameter("encoder", (1,), "zeros")}
    return replace(graph, parameters=parameters)


def _misnamed_module(graph: Graph) -> Graph:
    module = replace(graph.modules["encoder"], name="decoder")
    return replace(graph, modules={"encoder": module})


def _module(whole: Graph, **fields: object) -> Graph:
    module = replace(whole.modules["encoder"], **fields)  # type: ignore[arg-type]
    return replace(whole, modules={"encoder": module})


def _no_body(graph: Graph) -> Graph:
    return _module(graph, graph=None)


def _body_without_output(graph: Graph) -> Graph:
    return _module(graph, outputs=("x", "map"))


def _unknown_output(graph: Graph) -> Graph:
    node = graph.nodes["encoder"]
    return _changed(graph, "encoder", outputs={**node.outputs, "map": node.outputs["x"]})


def _given_more(graph: Graph) -> Graph:
    return _changed(graph, "encoder", kwargs={"z": Ref("x", "")})


def _given_a_number(graph: Graph) -> Graph:
    return _changed(graph, "encoder", args=(3,))


def _given_another_type(graph: Graph) -> Graph:
    wide = graph.nodes["concat"] if "concat" in graph.nodes else graph.nodes["joined"]
    type = TensorType((*wide.outputs[""].shape[:-1], Dim.of(9)))
    changed = _changed(graph, wide.name, outputs={"": type})
    return replace(changed, nodes={**changed.nodes, wide.name: Node(wide.name, "input", "wide", {"": type})})


def _returns_another_type(graph: Graph) -> Graph:
    return _changed(graph, "encoder", outputs={"x": TensorType((Dim.of(3),))})


def _wrong_operand(graph: Graph) -> Graph:
    return _changed(graph, "y", args=("x",))


def _lost_source(graph: Graph) -> Graph:
    symbols = {**graph.symbols, Symbol("Q"): SymbolSource(Ref("gone", ""), 0, Dim.symbol("Q"))}
    return replace(graph, symbols=symbols)


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (_cyclic, "it has a cycle: `expand` -> .* -> `expand`"),
        (_defined_twice, "the input `x` is defined twice, by `x` and `again`"),
        (_two_kinds, "`encoder` is a module and a parameter"),
        (_misnamed_module, "the module at `encoder` is called `decoder`"),
        (_no_body, "has no body"),
        (_body_without_output, "lacks the outputs"),
        (_unknown_output, "has outputs that `encoder` has not"),
        (_given_more, "gives `encoder` more than its inputs, x"),
        (_given_a_number, "gives `encoder` no tensor as `x`"),
        (_given_another_type, r"gives `encoder` \[B, R \+ 2, 9\] as `x: \[B, R \+ 2, 8\]`"),
        (_returns_another_type, "is declared .3. and is"),
        (_wrong_operand, "must be a tensor"),
        (_lost_source, "symbol Q"),
        (_wrong_type, "is declared"),
        (_reordered, "before"),
        (_dangling, "no node"),
        (_no_such_output, "no output"),
        (_no_module, "no module"),
        (_no_parameter, "no parameter"),
        (_no_operation, "no operation"),
        (_lost_output, "no node"),
        (_no_outputs, "no outputs"),
        (_unmeasured, "not measured"),
        (_mismeasured, "does not measure"),
        (_misnamed, "is called"),
        (_wrong_inside, "module `encoder`: graph `GETTransformer`: .* stands before"),
    ],
)
def test_it_can_fail(graph: Graph, spoil: Callable[[Graph], Graph], why: str) -> None:
    with pytest.raises(GraphError, match=why):
        verify(spoil(graph))


def test_the_dag_holds_every_dependency_in_order(graph: Graph) -> None:
    import networkx

    place = {name: number for number, name in enumerate(graph.nodes)}
    assert networkx.is_directed_acyclic_graph(graph.dag)
    assert set(graph.dag.nodes) == set(place)
    assert all(place[first] < place[second] for first, second in graph.dag.edges)
    assert graph.dag.has_edge("x", "expand")  # which measures its B there


def test_edges_say_what_is_used_and_for_what(graph: Graph) -> None:
    assert graph.dag.edges["x", "expand"]["uses"] == (Use("", Symbol("B")),)
    assert graph.dag.edges["encoder", "y"]["uses"] == (Use("x", 0),)


def test_a_graph_does_not_change(graph: Graph) -> None:
    import networkx

    for items in (graph.nodes, graph.outputs, graph.modules, graph.symbols, graph.nodes["y"].outputs):
        with pytest.raises(TypeError, match="does not change"):
            items["new"] = next(iter(items.values()))  # type: ignore[index]
        with pytest.raises(TypeError, match="does not change"):
            items.update({})  # type: ignore[attr-defined]
    with pytest.raises(networkx.NetworkXError, match="Frozen"):
        graph.dag.add_edge("x", "y")


def test_a_graph_keeps_what_it_was_given() -> None:
    nodes = {"x": Node("x", "input", "x", {"": TensorType(())})}
    made = Graph("g", nodes, {"y": Ref("x", "")})
    nodes.clear()
    assert list(made.nodes) == ["x"]


def test_graphs_are_copied_and_pickled(graph: Graph) -> None:
    for again in (pickle.loads(pickle.dumps(graph)), copy.deepcopy(graph)):
        assert graph_text(again) == graph_text(verify(again)) == graph_text(graph)


def test_who_uses_what(graph: Graph) -> None:
    assert [node.name for node in graph.readers("encoder")] == ["y"]
    assert {node.name for node in graph.readers("x")} >= {"expand"}
    assert graph.ancestors(["encoder"]) == graph.nodes.keys() - {"y"}
    assert graph.ancestors([]) == set()
    assert graph.reachable() == graph.reachable(["y"]) == set(graph.nodes)
    assert graph.calls_of("encoder") == (graph.nodes["encoder"],)
    assert graph.calls_of("y") == ()


def test_order_is_that_of_the_nodes_where_they_stand_in_order(graph: Graph) -> None:
    assert graph.order() == list(graph.nodes.values())
    mixed = _reordered(graph)
    place = {node.name: number for number, node in enumerate(mixed.order())}
    assert place.keys() == graph.nodes.keys()
    assert all(place[first] < place[second] for first, second in graph.dag.edges)

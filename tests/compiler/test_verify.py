"""The graph's verifier: every graph of every shipped spec passes after each pass, and it can fail."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from getdsl.compiler.check import check, check_text
from getdsl.compiler.graph.dimensions import Dim
from getdsl.compiler.graph.graph import Graph, Node, Ref, SymbolSource
from getdsl.compiler.graph.types import TensorType
from getdsl.compiler.passes import PASSES, run_passes
from getdsl.compiler.verify import GraphError, verify

SPECS = Path(__file__).parents[2] / "specs"
SHIPPED = sorted(SPECS.rglob("*.get"))


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.relative_to(SPECS).as_posix())
def test_shipped_graphs(path: Path) -> None:
    spec = check(path).spec
    assert spec is not None
    verify(spec.graph)
    verify(spec.prepare)
    for graph in (*spec.stages.losses.values(), *spec.stages.metrics.values()):
        verify(graph, spec.graph.modules)
    seen: list[Graph] = []

    def after(graph: Graph) -> None:
        verify(graph)
        seen.append(graph)

    run_passes(spec.graph, after=after)
    assert len(seen) == len(PASSES)


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
    return replace(graph, symbols={**graph.symbols, "B": SymbolSource(Ref("x", ""), 1, Dim.symbol("B"))})


def _misnamed(graph: Graph) -> Graph:
    return replace(graph, nodes={**graph.nodes, "z": Node("other", "operation", "relu", {}, (Ref("x", ""),))})


def _wrong_inside(graph: Graph) -> Graph:
    module = graph.modules["encoder"]
    assert module.graph is not None
    return replace(
        graph, modules={**graph.modules, "encoder": replace(module, graph=_no_outputs(module.graph))}
    )


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
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
        (_wrong_inside, "encoder"),
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

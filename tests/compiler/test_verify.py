"""The graph verifier: it holds after every pass over every shipped spec, and it can fail."""

from dataclasses import replace
from pathlib import Path

import pytest

from getdsl.compiler.check import check
from getdsl.compiler.dimensions import Dim
from getdsl.compiler.graph import Graph, Ref
from getdsl.compiler.passes import PASSES, run_passes
from getdsl.compiler.types import TensorType
from getdsl.compiler.verify import GraphError, verify

ROOT = Path(__file__).parent.parent.parent
SPECS = sorted((ROOT / "specs").rglob("*.get"))


@pytest.mark.parametrize("path", SPECS, ids=lambda path: str(path.relative_to(ROOT / "specs")))
def test_graphs_hold_before_and_after_every_pass(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stages: list[Graph] = []

    def watched(graph: Graph) -> Graph:
        verify(graph)
        return run_passes(graph, after=lambda step: (stages.append(step), verify(step))[0])

    monkeypatch.setattr("getdsl.compiler.check.run_passes", watched)
    checked = check(path)
    assert checked.spec is not None, checked.diagnostics
    assert len(stages) == len(PASSES)
    for graph in (*checked.spec.stages.losses.values(), *checked.spec.stages.metrics.values()):
        verify(graph)


@pytest.fixture
def graph() -> Graph:
    checked = check(ROOT / "specs/my_model.get")
    assert checked.spec is not None
    return checked.spec.graph


def broken(graph: Graph, name: str, **changes: object) -> Graph:
    return replace(graph, nodes={**graph.nodes, name: replace(graph.nodes[name], **changes)})  # type: ignore[arg-type]


def test_a_dangling_reference(graph: Graph) -> None:
    with pytest.raises(GraphError, match="exp reads .*nowhere.*does not exist"):
        verify(broken(graph, "exp", args=(Ref("nowhere", ""),)))


def test_a_use_before_its_definition(graph: Graph) -> None:
    nodes = {"exp": graph.nodes["exp"], **{k: v for k, v in graph.nodes.items() if k != "exp"}}
    with pytest.raises(GraphError, match="exp reads head_exp, which comes after it"):
        verify(replace(graph, nodes=nodes))


def test_a_shape_that_the_rule_does_not_give(graph: Graph) -> None:
    with pytest.raises(GraphError, match=r"regions is declared \[B, R\] and is \[B, R, 768\]"):
        verify(broken(graph, "regions", outputs={"": TensorType((Dim.symbol("B"), Dim.symbol("R")))}))


def test_an_unknown_operation_module_or_size(graph: Graph) -> None:
    with pytest.raises(GraphError, match="the operation frobnicate, which does not exist"):
        verify(broken(graph, "exp", target="frobnicate"))
    with pytest.raises(GraphError, match="the module nobody, which does not exist"):
        verify(broken(graph, "proj", target="nobody"))
    with pytest.raises(GraphError, match="the size B, which nothing measures"):
        verify(replace(graph, symbols={}))


def test_an_output_that_is_lost(graph: Graph) -> None:
    with pytest.raises(GraphError, match="the output 'exp' is .*gone"):
        verify(replace(graph, outputs={"exp": Ref("gone", "")}))
    with pytest.raises(GraphError, match="there is no output"):
        verify(replace(graph, outputs={}))


def test_a_nested_graph_is_held_too(graph: Graph) -> None:
    encoder = graph.modules["encoder"]
    assert encoder.graph is not None
    inner = replace(encoder.graph, outputs={})
    with pytest.raises(GraphError, match=r"MyModel\.encoder: there is no output"):
        verify(replace(graph, modules={**graph.modules, "encoder": replace(encoder, graph=inner)}))


def test_removing_what_is_unused_keeps_every_weight(graph: Graph) -> None:
    checked = check(ROOT / "specs/my_model.get")
    assert checked.spec is not None
    once = run_passes(checked.spec.graph)
    assert [item.name for item in once.tensors()] == [item.name for item in graph.tensors()]
    assert run_passes(once) == once

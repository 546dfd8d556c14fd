"""The picture holds what the checked graph holds: every step, every tensor that one gives another."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import getdsl
from getdsl.compiler.graph.graph import Graph
from getdsl.compiler.spec import Spec
from getdsl.diagnostics import UserError
from getdsl.drawing.draw import draw
from getdsl.drawing.loops import Run, find_run
from getdsl.drawing.opening import opened
from getdsl.drawing.picture import Box, End, Inside, Picture
from tests.drawing.drawn import ROOT, boxes, small, spec_of

Tensor = tuple[str, str, str]  # who gives it, which of its results it is, who reads it


def wanted(graph: Graph, path: str = "") -> tuple[set[str], set[Tensor]]:
    """The steps of a graph and of those inside it, and the tensors between them; `path` gives inputs."""
    steps: set[str] = set()
    tensors: set[Tensor] = set()
    inputs = {node.name: node.target for node in graph.nodes.values() if node.kind == "input"} if path else {}

    def giver(name: str, output: str) -> tuple[str, str]:
        return (path, inputs[name]) if name in inputs else (f"{path}{name}", output)

    for node in graph.nodes.values():
        if node.name not in inputs:
            steps.add(f"{path}{node.name}")
        tensors |= {(*giver(ref.node, ref.output), f"{path}{node.name}") for ref in node.references()}
        module = graph.modules.get(node.target) if node.kind == "module" else None
        if module is not None and module.graph is not None:
            inner = wanted(module.graph, f"{path}{node.name}.")
            steps |= inner[0]
            tensors |= inner[1]
    for name, ref in graph.outputs.items():
        tensors.add((*giver(ref.node, ref.output), path if path else f"output {name}"))
        steps |= set() if path else {f"output {name}"}
    return steps, tensors


def shown(inside: Inside, path: str = "") -> tuple[set[str], set[Tensor]]:
    """The same of a picture, with its loops taken apart again."""
    steps, tensors = (
        set(),
        {(name(source, path), source.port, name(target, path)) for source, target in apart(inside)},
    )
    for box in flat(inside):
        steps.add(box.id)
        if box.inside is not None:
            inner = shown(box.inside, f"{box.id}.")
            steps |= inner[0]
            tensors |= inner[1]
    return steps, tensors


def name(end: End, path: str) -> str:
    return end.box or path


def flat(inside: Inside) -> Iterator[Box]:
    """The boxes, with the rounds of a loop in its place."""
    for box in inside.boxes:
        if box.kind == "repeat" and box.inside is not None:
            yield from flat(box.inside)
        else:
            yield box


def apart(inside: Inside) -> set[tuple[End, End]]:
    """From box to box, or to the border, through the ports of loops."""
    loops = {box.id: apart(box.inside) for box in inside.boxes if box.kind == "repeat" and box.inside}
    found = set()
    for edge in inside.edges:
        sources, targets = {edge.source}, {edge.target}
        if edge.source.box in loops:
            sources = {a for a, b in loops[edge.source.box] if b == End("", edge.source.port)}
        if edge.target.box in loops:
            targets = {b for a, b in loops[edge.target.box] if a == End("", edge.target.port)}
        assert sources, edge
        assert targets, edge
        found |= {(a, b) for a in sources for b in targets}
    return found | {(a, b) for pairs in loops.values() for a, b in pairs if a.box and b.box}


def check(spec: Spec) -> Picture:
    picture = draw(spec)
    assert shown(picture.inside) == wanted(spec.graph)
    ids = [box.id for box in picture.inside.walk()]
    assert len(ids) == len(set(ids))
    for box in picture.inside.walk():
        assert box.place or box.kind == "operation", box.id
    return picture


def test_all_of_the_graph_is_in_the_picture() -> None:
    """In specs of all kinds: loops in loops, weights that are shared, several outputs, heads by names."""
    for spec in SPECS:
        checked = getdsl.check(ROOT / "specs" / spec)
        assert checked.spec is not None
        check(checked.spec)
    check(spec_of((Path(__file__).parent / "loops.get").read_text()))


SPECS = (
    "my_model.get",
    "quickstart.get",
    "get/nucleotide_region_finetune_exp_hic_axial.get",
    "get/finetune_gbm.get",
    "yeast/contacts.get",
    "zoo/akita.get",
    "zoo/aparent2.get",
    "zoo/enformer.get",
    "zoo/hyena_dna.get",
    "zoo/mixture_of_experts.get",
    "zoo/orca.get",
    "zoo/peakvi.get",
)


def test_a_picture_adds_up_to_the_model() -> None:
    spec = getdsl.check(ROOT / "specs/zoo/enformer.get").spec
    assert spec is not None
    picture = draw(spec)
    size = sum(tensor.size for tensor in spec.graph.tensors() if tensor.kind != "buffer")
    assert sum(box.weights.size for box in picture.inside.boxes) == size == 251_221_292
    drawn = boxes(picture)
    assert (drawn["transformer"].times, drawn["conv_tower"].times) == (11, 6)
    assert drawn["transformer"].weights.size == sum(drawn[f"transformer.{i}"].weights.size for i in range(11))
    assert [box.id for box in picture.inside.boxes if box.kind == "head"] == ["head_human", "head_mouse"]
    assert drawn["conv_tower"].takes[0].type == "[B, 64 * N, 768]"
    assert drawn["transformer.3.attn"].gives[0].type == "[B, N, 1536]", (
        "in the model's sizes, not the block's"
    )


def test_what_becomes_of_weights_is_told_as_the_spec_says_it() -> None:
    drawn = boxes(small())
    assert drawn["hits"].weights.states == {"frozen": True, "loaded": True}
    assert drawn["hits"].weights.files == ("weights.pth",)
    assert drawn["layers"].weights.states == {"adapted": False}, "weights are adapted, biases are not"
    assert drawn["layers.0.one"].weights.states == {"adapted": False}
    assert drawn["head"].weights.states == {}
    assert drawn["head"].kind == "head"
    assert (drawn["layers"].times, drawn["layers"].what) == (4, "Twice")
    (again,) = [box for box in drawn.values() if box.shares]
    assert boxes(small())[again.shares].what == "Linear"
    assert again.weights.size == 0, "weights that two calls share count once"


@pytest.mark.parametrize(
    ("keys", "run"),
    [
        ("aaa", Run(0, 1, 3)),
        ("aa", None),
        ("xaaaay", Run(1, 1, 4)),
        ("abababc", Run(0, 2, 3)),
        ("abcabcab", None),
        ("", None),
    ],
)
def test_rounds_of_a_loop_are_found(keys: str, run: Run | None) -> None:
    assert find_run(keys) == run


def test_what_is_opened() -> None:
    picture = small()
    assert opened(picture) == frozenset()
    assert opened(picture, 2) == {"layers"}
    assert opened(picture, 3) == {"layers", "layers.0", "layers.1", "layers.2", "layers.3"}
    assert opened(picture, names=["layers.2"]) == {"layers", "layers.2"}
    with pytest.raises(UserError, match="at least 1 level deep, not 0"):
        opened(picture, 0)
    with pytest.raises(UserError, match=r"`layer` is no box of Small that opens") as error:
        opened(picture, names=["layer"])
    assert error.value.help == "did you mean `layers`?"

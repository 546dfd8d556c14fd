"""One loss graph a term; a pattern of absent keys is composed when a batch has it."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from itertools import combinations
from pathlib import Path

import pytest
import torch

import getdsl
from getdsl.compiler.check import check_text
from getdsl.compiler.graph.compose import compose
from getdsl.compiler.graph.verify import Verifier
from getdsl.compiler.lower.compiled import build
from getdsl.compiler.lower.inputs import InputError
from getdsl.compiler.stages import elaborate_stages
from getdsl.compiler.stages.losses import Likeness
from getdsl.compiler.stages.site import Site, TermGraph
from getdsl.compiler.stages.stages import Term
from getdsl.compiler.stages.variants import told

KEYS = ("a", "b", "c")
SPEC = """
model M {
    input x: [B, 4]
    h = x -> Linear(1)
    output y = squeeze(h, 1)
}
loss {
    first  = MSE(y, batch.a ?? (batch.b ?? batch.t))
    second = abs(y - (batch.c ?? batch.t))
    third  = abs(y - batch.t) where batch.t > 0
}
metrics { first = [mse] }
"""


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> getdsl.Compiled:
    path: Path = tmp_path_factory.mktemp("variants") / "spec.get"
    path.write_text(SPEC)
    return getdsl.compile(path, seed=0)


@pytest.mark.parametrize("absent", [gone for size in range(4) for gone in combinations(KEYS, size)])
def test_every_pattern_is_what_the_spec_says(compiled: getdsl.Compiled, absent: tuple[str, ...]) -> None:
    whole = {key: torch.rand(5) for key in (*KEYS, "t")} | {"x": torch.rand(5, 4)}
    batch = {key: value for key, value in whole.items() if key not in absent}
    y = compiled.module(x=batch["x"])["y"]
    terms = compiled.loss({"y": y}, batch)
    target = batch.get("a", batch.get("b", batch["t"]))
    first = ((y - target) ** 2).mean()
    second = (y - batch.get("c", batch["t"])).abs().mean()
    third = (y - batch["t"]).abs().mean()
    torch.testing.assert_close(terms["first"], first)
    torch.testing.assert_close(terms["second"], second)
    torch.testing.assert_close(terms["third"], third)
    torch.testing.assert_close(terms["total"], first + second + third)
    prediction, measured = compiled.metric_pairs({"y": y}, batch)["first"]
    torch.testing.assert_close(prediction, y)
    torch.testing.assert_close(measured, target)


def test_optional_keys_cost_a_graph_or_two_each(monkeypatch: pytest.MonkeyPatch) -> None:
    """And not one for each set of them: 12 keys have 4,096."""
    built: list[str] = []
    build = elaborate_stages.loss_of

    def counted(site: Site, term: Term, absent: frozenset[str], like: dict[str, Likeness]) -> TermGraph:
        built.append(term.name)
        return build(site, term, absent, like)

    monkeypatch.setattr(elaborate_stages, "loss_of", counted)
    terms = "\n".join(f"t{i} = MSE(y, batch.k{i} ?? batch.t)" for i in range(12))
    head = SPEC.split("loss {")[0]
    checked = check_text(f"{head}loss {{\n{terms}\n}}")
    assert checked.spec is not None, checked.diagnostics
    assert sorted(built) == sorted([f"t{i}" for i in range(12)] * 2)
    graph = checked.spec.stages.losses[frozenset({"k3", "k7"})]
    assert not {"batch.k3", "batch.k7"} & graph.inputs.keys()
    assert "batch.k5" in graph.inputs


def test_what_is_wrong_in_a_fallback_is_found() -> None:
    checked = check_text(SPEC.replace("batch.c ?? batch.t", "batch.c ?? nothing"))
    assert [item.code for item in checked.diagnostics] == ["GET204"]


def test_patterns_that_check_builds() -> None:
    assert told([]) == (frozenset(),)
    assert set(told(["a", "b"])) == {frozenset(keys) for keys in [(), ("a",), ("b",), ("a", "b")]}
    assert len(told(map(str, range(1000)))) == 2


def test_names_that_clash_are_told_apart() -> None:
    """Two graphs with the same names: inputs are shared, all else is there twice."""
    spec = check_text("model M {\ninput x: [B, 4]\na = relu(x)\na_1 = a + 1\noutput y = a_1 * 2\n}").spec
    assert spec is not None
    from dataclasses import replace

    other = replace(spec.graph, outputs={"z": spec.graph.outputs["y"]})
    both = Verifier(lambda graph, node: None).verify(compose("both", [spec.graph, other]))
    assert list(both.inputs) == ["x"]
    assert len(both.nodes) == 2 * len(spec.graph.nodes) - 1
    assert both.outputs["y"] != both.outputs["z"]


PARTS = ("first", "second", "third")
RANDOM = """
block Parts {{
    input v: [B, 4]
    output first = relu(v)
    output second = v * 2
    output third = v + 1
}}
model M {{
    input x: [B, 4]
    parts = Parts()
    h = x -> Linear(4)
    output y = h
}}
loss {{ term = MSE(y, {expr}) }}
metrics {{ term = [mse] }}
"""
Drawn = tuple[str, Callable[[Mapping[str, torch.Tensor]], torch.Tensor | None]]


def drawn(chance: random.Random, depth: int) -> Drawn:
    """An expression over keys that may be absent and outputs of a module, and what it is in a batch."""
    kind = chance.choice(("key", "key", "part") if depth == 0 else ("first of", "first of", "sum", "key"))
    if kind == "key":
        key = chance.choice("abcd")
        return f"batch.{key}", lambda batch: batch.get(key)
    if kind == "part":
        part = chance.choice(PARTS)
        of = {"first": torch.relu, "second": lambda v: v * 2, "third": lambda v: v + 1}[part]
        return f"parts(batch.t).{part}", lambda batch: of(batch["t"])
    (one, left), (other, right) = drawn(chance, depth - 1), drawn(chance, depth - 1)
    if kind == "sum":
        return f"({one} + {other})", lambda batch: both(left(batch), right(batch))
    if "batch." not in one.replace("batch.t", ""):  # nothing that may be absent
        return other, right
    bare = chance.random() < 0.5 and "??" in other  # `a ?? b ?? c`, which is `a ?? (b ?? c)`
    inner = other[1:-1] if bare and other.startswith("(") and _closes_last(other) else other
    text = f"({one} ?? {inner})"

    def first_of(batch: Mapping[str, torch.Tensor]) -> torch.Tensor | None:
        found = left(batch)
        return right(batch) if found is None else found

    return text, first_of


def _closes_last(text: str) -> bool:
    """Whether the first bracket is closed by the last character, and what is inside is a `??`."""
    depth = 0
    for place, char in enumerate(text):
        depth += (char == "(") - (char == ")")
        if depth == 0:
            return place == len(text) - 1 and " ?? " in text and " + " not in text
    return False


def both(one: torch.Tensor | None, other: torch.Tensor | None) -> torch.Tensor | None:
    return None if one is None or other is None else one + other


@pytest.mark.parametrize("seed", range(40))
def test_random_alternatives_in_every_pattern(seed: int) -> None:
    """A batch has the value of the first alternative that it has the keys of, or is refused in a sentence."""
    text, value = drawn(random.Random(seed), 4)
    checked = check_text(RANDOM.format(expr=text))
    assert checked.spec is not None, (text, [item.message for item in checked.diagnostics])
    model = build(checked.spec, seed=0)
    whole = {key: torch.rand(5, 4) for key in "abcdt"} | {"x": torch.rand(5, 4)}
    y = model(whole)["y"]
    for absent in (gone for size in range(5) for gone in combinations("abcd", size)):
        batch = {key: item for key, item in whole.items() if key not in absent}
        expected = value(batch)
        if expected is None:
            with pytest.raises(InputError, match=r"the batch has no `[abcd]`"):
                model.loss({"y": y}, batch)
            continue
        torch.testing.assert_close(model.loss({"y": y}, batch)["term"], ((y - expected) ** 2).mean())
        torch.testing.assert_close(model.metric_pairs({"y": y}, batch)["term"][1], expected.flatten())

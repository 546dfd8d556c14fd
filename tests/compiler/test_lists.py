"""What the language says of lists, tables and values that are called, beside the same written out by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from getdsl.api.front import need
from getdsl.compiler.check import check, check_text
from getdsl.compiler.graph.text import graph_text

HEAD = "model M {\n    input x: [B, L, 4]\n"
TOWER = "param tower: list[table] = [{ width = 3, act = relu }, { width = 5, act = tanh }]\n"
PAIRS = {
    "operations": (
        "param act: operation = gelu\n h = act(x)\n g = h -> act\n output y = g",
        "h = gelu(x)\n g = h -> gelu\n output y = g",
    ),
    "blocks": (
        "param norm: block = LayerNorm\n h = norm(x, 4)\n g = h -> norm(4)\n output y = g",
        "h = LayerNorm(x, 4)\n g = h -> LayerNorm(4)\n output y = g",
    ),
    "tables in lists": (
        TOWER
        + "for layer, i in tower { h[i] = x -> Linear(layer.width)\n x = layer.act(h[i]) }\n output y = x",
        "h[0] = x -> Linear(3)\n x = relu(h[0])\n h[1] = x -> Linear(5)\n x = tanh(h[1])\n output y = x",
    ),
    "keys and values": (
        "param sizes: table = { a = 1, b = 2 }\n"
        "for key, n in sizes { x = x[:, n:] * sizes[key] }\n output y = x",
        "x = x[:, 1:] * 1\n x = x[:, 2:] * 2\n output y = x",
    ),
    "a family as a list": (
        "for i in 0..3 { h[i] = x -> Linear(4) }\n a = concat(h, dim = 2)\n b = concat(h[1:], dim = 2)\n"
        "output y = a\n output z = b[:, len(h[-1:]):]",
        "h[0] = x -> Linear(4)\n h[1] = x -> Linear(4)\n h[2] = x -> Linear(4)\n"
        "a = concat([h[0], h[1], h[2]], dim = 2)\n b = concat([h[1], h[2]], dim = 2)\n"
        "output y = a\n output z = b[:, 1:]",
    ),
    "a family with names": (
        "param heads: table = { a = 1, b = 2 }\n for name, n in heads { h[name] = x -> Linear(n) }\n"
        "s = 0\n for key, t in h { s = s + t[:, :, -1] }\n output y = concat(h, dim = 2)\n output s",
        'h["a"] = x -> Linear(1)\n h["b"] = x -> Linear(2)\n s = 0 + h.a[:, :, -1]\n'
        's = s + h["b"][:, :, -1]\n output y = concat([h.a, h.b], dim = 2)\n output s',
    ),
    "a comprehension": (
        "h = [x[:, :, i] * n for n, i in [3, 5]]\n output y = stack([t + 1 for t in h], dim = 1)",
        "h = [x[:, :, 0] * 3, x[:, :, 1] * 5]\n output y = stack([h[0] + 1, h[1] + 1], dim = 1)",
    ),
    "calls of items": (
        "acts = [relu, tanh]\n h = acts[0](x) -> acts[1]\n output y = h",
        "h = relu(x) -> tanh\n output y = h",
    ),
}


@pytest.mark.parametrize(("short", "long"), PAIRS.values(), ids=PAIRS.keys())
def test_the_short_form_is_the_long_one(short: str, long: str) -> None:
    one, other = (need(check_text(f"{HEAD}{body}\n}}\n")) for body in (short, long))
    assert graph_text(one.graph) == graph_text(other.graph)


HEADS = "param heads: table = { a = 1, b = 2 }\n"
LOOP = "for name, n in heads { head[name] = x -> Linear(n)\n output [name] = relu(head[name]) }"
OUTPUTS = (
    'head["a"] = x -> Linear(1)\n output a = relu(head.a)\n'
    'head["b"] = x -> Linear(2)\n output b = relu(head.b)'
)
TERMS = (
    "loss {\n for name, n in heads {\n"
    " output [name] = MSE(outputs[name], batch[name] ?? batch.y) where batch.kind == n weight 1 / n }\n"
    " sum = mean(outputs.a) }\n metrics { for name in heads { output [name] = [r2] } }\n"
)
WRITTEN = (
    "loss {\n a = MSE(a, batch.a ?? batch.y) where batch.kind == 1 weight 1\n"
    " b = MSE(b, batch.b ?? batch.y) where batch.kind == 2 weight 1 / 2\n sum = mean(a) }\n"
    "metrics { a = [r2] b = [r2] }\n"
)


def test_loops_of_terms_are_the_terms_that_they_stand_for() -> None:
    texts = f"{HEAD}{HEADS}{LOOP}\n}}\n{TERMS}", f"{HEAD}{HEADS}{OUTPUTS}\n}}\n{WRITTEN}"
    one, other = (need(check_text(text)) for text in texts)
    assert graph_text(one.graph) == graph_text(other.graph)
    for stage in ("losses", "metrics"):
        ours, theirs = getattr(one.stages, stage), getattr(other.stages, stage)
        assert list(ours) == list(theirs)
        assert [graph_text(graph) for graph in ours.values()] == [
            graph_text(each) for each in theirs.values()
        ]
    assert one.stages.like == other.stages.like


def test_a_child_s_heads_are_its_outputs_and_its_terms(tmp_path: Path) -> None:
    (tmp_path / "parent.get").write_text(f"{HEAD}{HEADS}{LOOP}\n}}\n{TERMS}")
    (tmp_path / "child.get").write_text(
        'use "parent.get"\nmodel N extends M { param heads: table = { a = 3, c = 1 } }\nloss { remove c }\n'
    )
    child = need(check(tmp_path / "child.get"))
    assert [*child.graph.outputs] == ["a", "c"]
    assert [*child.stages.terms] == ["a", "sum"]
    assert [*child.stages.metric_terms] == ["a"]


def test_terms_apply_the_modules_of_a_family() -> None:
    loop = "for name, n in heads { head[name] = Linear(n) }"
    term = "loss { for name in heads { output [name] = mean(y -> head[name]) } }"
    spec = need(check_text(f"{HEAD}{HEADS}{loop}\n output y = x\n}}\n{term}\n"))
    assert {each.name for each in spec.graph.tensors()} >= {"head.a.weight", "head.b.weight"}
    assert [*spec.stages.terms] == ["a", "b"]

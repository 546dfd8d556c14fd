"""What the language says of lists, tables and values that are called, beside the same written out by hand."""

from __future__ import annotations

import pytest

from getdsl.compiler.check import check_text
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
    one, other = (check_text(f"{HEAD}{body}\n}}\n") for body in (short, long))
    assert one.spec is not None, one.diagnostics
    assert other.spec is not None, other.diagnostics
    assert graph_text(one.spec.graph) == graph_text(other.spec.graph)

"""A model of computed names, lists, tables, and blocks and operations as values, beside the same by hand."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from getdsl.compiler.check import check_text
from getdsl.compiler.lower import Compiled, build
from tests.lower.test_emit import reload_and_compare

LAYER = """
block Layer {
    param width: int
    param act: operation = gelu
    param norm: block = LayerNorm
    input x: [..., D]
    normed = norm(x, D)
    up = normed -> act -> Linear(width)
    output y = up
}
model M {
    param tower: list[table] = [{ width = 8, act = relu }, { width = 4, act = tanh }]
    param heads: table = { human = 5, mouse = 3 }
    input x: [B, L, 4]
    h = x
    for layer, i in tower {
        layers[i] = h -> Layer(layer.width, act = layer.act)
        h = layers[i]
    }
    every = concat([2 * t for t in layers], dim = 2)
    for name, tracks in heads {
        head[name] = every -> Linear(tracks)
        output [name] = softplus(head[name])
    }
    output both = concat(head, dim = 2)
}
loss {
    for name, n in heads {
        output [name] = PoissonNLL(outputs[name], batch[name], log_input = false)
            where batch[name] > 0 weight 1 / n
    }
    both = MSE(both, concat([batch[name] for name in heads], dim = 2))
}
"""
BY_HAND = """
block Relu { param width: int  input x: [..., D]  normed = x -> LayerNorm(D)
    up = relu(normed) -> Linear(width)  output y = up }
block Tanh { param width: int  input x: [..., D]  normed = x -> LayerNorm(D)
    up = tanh(normed) -> Linear(width)  output y = up }
model M {
    input x: [B, L, 4]
    layers[0] = x -> Relu(8)
    layers[1] = layers[0] -> Tanh(4)
    every = concat([2 * layers[0], 2 * layers[1]], dim = 2)
    head["human"] = every -> Linear(5)
    output human = softplus(head.human)
    head["mouse"] = every -> Linear(3)
    output mouse = softplus(head.mouse)
    output both = concat([head.human, head.mouse], dim = 2)
}
loss {
    human = PoissonNLL(human, batch.human, log_input = false) where batch.human > 0 weight 0.2
    mouse = PoissonNLL(mouse, batch.mouse, log_input = false) where batch.mouse > 0 weight 1 / 3
    both = MSE(both, concat([batch.human, batch.mouse], dim = 2))
}
"""


def compiled(text: str) -> Compiled:
    checked = check_text(text)
    assert checked.spec is not None, checked.diagnostics
    return build(checked.spec, seed=1)


@pytest.fixture(scope="module")
def short() -> Compiled:
    return compiled(LAYER)


def test_a_step_is_that_of_the_model_by_hand(short: Compiled) -> None:
    long = compiled(BY_HAND)
    assert [*short.module.state_dict()] == [*long.module.state_dict()]
    long.module.load_state_dict(short.module.state_dict())
    batch = short.dummy_batch(B=2, L=3)
    assert batch.keys() == long.dummy_batch(B=2, L=3).keys()
    losses = [each.loss(each.module(**each.prepare(batch)), batch) for each in (short, long)]
    assert {*losses[0]} == {"human", "mouse", "both", "total"}
    for name, value in losses[0].items():
        torch.testing.assert_close(value, losses[1][name], rtol=1e-6, atol=1e-6)
    for loss in losses:
        loss["total"].backward()
    for ours, theirs in zip(short.module.parameters(), long.module.parameters(), strict=True):
        assert ours.grad is not None
        torch.testing.assert_close(ours.grad, theirs.grad, rtol=1e-5, atol=1e-6)


def test_the_package_has_its_names(short: Compiled, tmp_path: Path) -> None:
    reload_and_compare(short, tmp_path)
    text = (tmp_path / "out/model.py").read_text()
    assert 'self.head["human"]' in text
    assert "self.layers[0]" in text

"""Jacobians are autograd's, attention maps those of the formula."""

from __future__ import annotations

import math

import pytest
import torch

import getdsl
from getdsl.diagnostics import UserError
from getdsl.runs.interpret import jacobian as rooms
from getdsl.runs.interpret.attention import node_values
from getdsl.runs.interpret.jacobian import jacobian
from getdsl.runs.interpret.target import Target

TEXT = """
model M {
    input motif: [B, R, 3]
    proj    = motif -> Linear(4)
    encoder = proj -> TransformerBlock(4, num_heads = 2, init_values = 0.0)
    head    = tanh(encoder) -> Linear(2)
    output y = head
    output hidden = encoder
    output map = encoder.attn
}
"""
INPUTS = {
    "motif": torch.randn(2, 5, 3, generator=torch.Generator().manual_seed(1)),
    "kind": torch.ones(2).int(),
}


@pytest.fixture
def model() -> getdsl.Compiled:
    return getdsl.compile_text(TEXT, seed=2, fuse=False).eval()


def test_jacobians_are_autograds(model: getdsl.Compiled) -> None:
    motif = INPUTS["motif"]
    nodes = {"motif": "motif", "encoder": "hidden"}
    found = jacobian(model, Target("y", (slice(None), slice(1, 3))), nodes, {"motif": motif})
    assert found["motif"].shape == (2, 2, 2, 5, 3)
    assert found["encoder"].shape == (2, 2, 2, 5, 4)
    head = model.module.get_submodule("head")
    for sample in range(2):
        whole = torch.autograd.functional.jacobian(
            lambda x: model.module(motif=x[None])["y"][0, 1:3], motif[sample]
        )
        torch.testing.assert_close(found["motif"][sample], whole)
        hidden = model.module(motif=motif)["hidden"][sample].detach()
        above = torch.autograd.functional.jacobian(lambda x: head(x.tanh())[1:3], hidden)
        torch.testing.assert_close(found["encoder"][sample], above)
    assert torch.equal(found[""], model.module(motif=motif)["y"][:, 1:3])


def test_attention_is_that_of_the_formula(model: getdsl.Compiled) -> None:
    found = node_values(model, {"encoder.attn": "map"}, {"motif": INPUTS["motif"]})["encoder.attn"]
    state = model.state_dict()
    x = torch.nn.functional.linear(INPUTS["motif"], state["proj.weight"], state["proj.bias"])
    norm = torch.nn.functional.layer_norm(
        x, (4,), state["encoder.norm1.weight"], state["encoder.norm1.bias"], 1e-5
    )
    q, k, _ = (norm @ state["encoder.attn.qkv.weight"].T).chunk(3, -1)
    q, k = (each.unflatten(-1, (2, 2)).transpose(1, 2) for each in (q, k))
    torch.testing.assert_close(found, (q @ k.transpose(-2, -1) / math.sqrt(2)).softmax(-1))


def test_what_has_no_jacobian(model: getdsl.Compiled, monkeypatch: pytest.MonkeyPatch) -> None:
    inputs = {"motif": INPUTS["motif"]}
    with pytest.raises(UserError, match="`hidden` does not depend on `head` as it is computed"):
        jacobian(model, Target("hidden"), {"head": "y"}, inputs)
    monkeypatch.setattr(rooms, "MOST", 9)
    with pytest.raises(UserError, match="`y` is 10 numbers a sample") as caught:
        jacobian(model, Target("y"), {"motif": "motif"}, inputs)
    assert caught.value.help == "choose some of them, such as `--of 'y[:, 0]'`"

"""Losses of classes: their targets stay numbers of classes, under masks and in dummy batches."""

import pytest
import torch

import getdsl

SPEC = """
model M {
    input x: [B, 4]
    head = x -> Linear(3)
    output kind = head
}
loss { kind = CrossEntropy(kind, batch.kind) where batch.kind >= 0 }
"""


def test_a_mask_leaves_out_what_has_no_class() -> None:
    compiled = getdsl.compile_text(SPEC, seed=0)
    batch = {"x": torch.randn(4, 4), "kind": torch.tensor([2, -1, 0, 7])}
    outputs = compiled(batch)
    own = torch.nn.functional.cross_entropy(outputs["kind"][[0, 2]], batch["kind"][[0, 2]])
    known = {**batch, "kind": torch.tensor([2, -1, 0, -1])}
    assert compiled.loss(outputs, known)["kind"].item() == pytest.approx(own.item())
    assert compiled.loss(outputs, batch)["kind"].isnan(), "7 is no class of 3"


def test_dummy_targets_are_classes() -> None:
    compiled = getdsl.compile_text(SPEC, seed=0)
    batch = compiled.dummy_batch(B=50)
    assert batch["kind"].dtype == torch.int64
    assert set(batch["kind"].tolist()) == {0, 1, 2}
    assert compiled.loss(compiled(batch), batch)["total"].isfinite()

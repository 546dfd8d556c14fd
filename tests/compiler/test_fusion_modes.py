"""Every mode of a scanner and a pool: fused, not fused, and emitted, the model is the same."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
import torch
from torch import Tensor

from getdsl.compiler.check import check_text
from getdsl.compiler.lower import Compiled, build
from getdsl.compiler.lower.package import write_package
from getdsl.compiler.passes import FUSIONS, run_passes
from getdsl.compiler.spec import Spec
from tests.lower.test_emit import module_of

SCANNERS = (
    "learnable = true",
    "learnable = true, has_bias = false",
    "learnable = true, include_reverse_complement = false",
    "learnable = true, tie_strands = true",
    "learnable = true, bidirectional_except_ctcf = true, ctcf_index = 2",
    "bidirectional_except_ctcf = true, ctcf_index = 5",
    "learnable = true, motif_prior = false",
)
CASES = list(itertools.product(SCANNERS, ("mean", "sum", "max"), (False, True), (False, True)))
SPEC = """
model M {{
    input x: onehot[B, L, 4]
    input lengths: lengths[B, R] of L
    {scales}
    s = x -> MotifScanner(6, kernel_size = 9, {options})
    pooled = {scores} -> SplitPool(lengths, pool_method = "{method}")
    head = pooled -> Linear(3)
    output y = head
}}
"""


def spec_of(options: str, method: str, normalised: bool, relu: bool) -> Spec:
    channels = 8 if "ctcf" in options else 6
    found = check_text(
        SPEC.format(
            options=options + (", motif_mean_std = scales" if normalised else ""),
            scales=f"input scales: [B, 2, {channels}]" if normalised else "",
            scores="relu(s)" if relu else "s",
            method=method,
        )
    )
    assert found.spec is not None, found.diagnostics
    return found.spec


def batch(spec: Spec) -> dict[str, Tensor]:
    """Ragged: N among the bases, absent regions, padding after the last."""
    random = torch.Generator().manual_seed(1)
    codes = torch.randint(0, 5, (3, 80), generator=random)
    made = {
        "x": torch.nn.functional.one_hot(codes, 5)[..., :4].float(),
        "lengths": torch.tensor([[20, 0, 33, 7], [80, 0, 0, 0], [0, 1, 2, 3]]),
        "scales": torch.rand(3, 2, 8, generator=random) / 4 + 0.05,
    }
    if "scales" in spec.graph.inputs:
        made["scales"] = made["scales"][..., : int(spec.graph.inputs["scales"].shape[2].value)]  # type: ignore
    return {name: value for name, value in made.items() if name in spec.graph.inputs}


def outputs_and_gradients(compiled: Compiled, inputs: dict[str, Tensor]) -> dict[str, Tensor]:
    compiled.module.eval()
    outputs = compiled.module(**inputs)
    outputs["y"].square().sum().backward()
    gradients = {name: item.grad for name, item in compiled.module.named_parameters()}
    return outputs | {name: grad for name, grad in gradients.items() if grad is not None}


@pytest.mark.parametrize("case", CASES, ids=str)
def test_fused_or_not_a_model_is_the_same(case: tuple[str, str, bool, bool]) -> None:
    spec = spec_of(*case)
    assert run_passes(spec.graph, FUSIONS) != spec.graph
    got = outputs_and_gradients(build(spec, 0), batch(spec))
    want = outputs_and_gradients(build(spec, 0, fuse=False), batch(spec))
    assert got.keys() == want.keys()
    assert float(want["y"].detach().abs().max()) > 0
    for name, value in want.items():
        scale = max(float(value.detach().abs().max()), 1e-6)
        assert float((got[name] - value).detach().abs().max()) < 1e-5 * scale, name


@pytest.mark.parametrize("case", CASES[::5], ids=str)
def test_what_is_emitted_repeats_every_bit(case: tuple[str, str, bool, bool], tmp_path: Path) -> None:
    compiled = build(spec_of(*case), 0)
    inputs = batch(compiled.spec)
    write_package(compiled, tmp_path / "out")
    assert "MotifScanPool(" in (tmp_path / "out/model.py").read_text()
    model = module_of(tmp_path / "out/model.py").load()
    want = outputs_and_gradients(compiled, inputs)
    got = model(**inputs)["y"]
    assert torch.equal(got, want["y"])
    got.square().sum().backward()
    for name, item in model.named_parameters():
        if item.grad is not None:
            assert torch.equal(item.grad, want[name]), name

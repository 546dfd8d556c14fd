"""Every model that was recorded from GET: keys, derived inputs, outputs, gradients, losses, metrics."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import getdsl
from getdsl.compiler.lower import Compiled
from tests.golden.cases import COMMITTED, Case, check, leaf, load, names
from tests.golden.models import (
    SPEC_OF,
    SPECS,
    batch_of,
    class_of,
    inputs_of,
    intended,
    outputs_of,
    params_of,
    spec_of,
)

CASES = names("models")


@cache
def known_params(path: Path) -> Mapping[str, Any]:
    checked = getdsl.check(path)
    assert checked.spec is not None, checked.diagnostics
    return checked.spec.params


def compiled(case: Case) -> Compiled:
    """The spec at the recorded sizes with the recorded weights."""
    path = spec_of(case)
    model = getdsl.compile(path, params=params_of(case, known_params(path)))
    model.module.load_state_dict(case["w"], strict=True)
    model.module.train(case.meta["mode"] == "train")
    return model


def test_every_class_has_a_spec() -> None:
    assert {path.stem for path in SPECS.glob("*.get")} == set(SPEC_OF.values())
    assert len(SPEC_OF) == 23
    print(f"{len(CASES)} recorded models are held")


@pytest.mark.parametrize("name", CASES)
def test_outputs_and_gradients(name: str) -> None:
    case = load(name, "models")
    model = compiled(case)
    trainable = {key for key, p in model.module.named_parameters() if p.requires_grad}
    assert trainable == set(case.meta["trainable"])
    leaves = {key: leaf(case["in"][key]) for key in case["gin"]}
    inputs = inputs_of(case, leaves)
    outputs = model.module(**{key: inputs[key] for key in model.spec.graph.inputs})
    check(case, outputs_of(case, outputs, inputs), model.module, leaves)


@pytest.mark.parametrize("name", CASES)
def test_inputs_loss_and_metrics(name: str) -> None:
    case = load(name, "models")
    model, batch = compiled(case), batch_of(case)
    inputs = model.prepare(batch)
    recorded = inputs_of(case, {})
    for key, tensor in inputs.items():
        torch.testing.assert_close(tensor, recorded[key], check_dtype=False)
    outputs = model.module(**inputs)
    loss = model.loss(outputs, batch)
    meant = intended(case)
    check_loss(case, loss, meant)
    if not meant:
        check_metrics(case, model.metrics(outputs, batch))
        loss["total"].backward()
        check_loss_gradients(case, model.module)


@pytest.mark.parametrize("name", CASES)
def test_what_the_loss_compares(name: str) -> None:
    """Predictions and targets as GET recorded them, with the library size of the first sample for all."""
    case = load(name, "models")
    model, batch = compiled(case), batch_of(case)
    if "libsize" in batch:
        batch["libsize"] = batch["libsize"][:1].expand_as(batch["libsize"])
    pairs = model.metric_pairs(model.module(**model.prepare(batch)), batch)
    assert pairs.keys() == case["pred"].keys()
    wrong = {"hic"} if class_of(case) == "DistanceContactMap" and "one_empty" in name else set()
    for term, (prediction, target) in pairs.items():
        assert_recorded(prediction, case["pred"][term])
        if term not in wrong:  # the targets that GET gets wrong, see `intended`
            assert_recorded(target, case["obs"][term])


def assert_recorded(got: Tensor, want: Tensor) -> None:
    torch.testing.assert_close(got.detach(), want.flatten(), rtol=1e-4, atol=1e-5, check_dtype=False)


def check_loss(case: Case, loss: Mapping[str, Tensor], meant: Mapping[str, Tensor]) -> None:
    wanted = {key.removesuffix("_loss"): value for key, value in case["loss"].items()}
    weights = {name: weight for name, (_, _, weight) in case.meta["loss_cfg"].items()}
    wanted |= {name: value * weights[name] for name, value in meant.items()}
    wanted["total"] = torch.stack([wanted[name] for name in weights]).sum()
    assert loss.keys() == wanted.keys()
    for name, want in wanted.items():
        torch.testing.assert_close(loss[name].detach(), want, rtol=1e-4, atol=1e-6)


def check_metrics(case: Case, metrics: Mapping[str, Mapping[str, Tensor]]) -> None:
    for key, want in case["metric"].items():
        term, metric = key.rsplit("_", 1)
        torch.testing.assert_close(metrics[term][metric].detach(), want, rtol=1e-4, atol=1e-4)


def check_loss_gradients(case: Case, module: nn.Module) -> None:
    """The norm of each parameter's gradient, none where GET has none."""
    for name, parameter in module.named_parameters():
        want = case.meta["loss_grad_l2"].get(name)
        got = None if parameter.grad is None else float(parameter.grad.norm())
        if want is None or want == 0:
            assert got is None or got == 0, name
        else:
            assert got == pytest.approx(want, rel=2e-3, abs=1e-5), name


def test_the_committed_cases_are_small() -> None:
    files = [path for kind in ("components", "models", "directives") for path in (COMMITTED / kind).iterdir()]
    assert sum(path.stat().st_size for path in files) <= 5_000_000

"""The plan knows kinds of numbers: what it lets pass is carried out, and what it refuses would not be."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor

from getdsl.compiler.check import check_text
from getdsl.compiler.lower.carry_out import apply_plan, build, build_planned
from getdsl.compiler.plan.plan import Plan
from getdsl.compiler.plan.planned import Planned, plan_spec
from getdsl.diagnostics import UserError
from getdsl.weights.tensors import open_tensors
from tests.plan.headers import codes
from tests.plan.pasting import Draft, pasted

MODEL = """
model M {
    input x: [B, L, 8]
    proj = x -> Linear(16)
    norm = proj -> BatchNorm(16)
    head = mean(norm, dim = 1) -> Linear(1)
    output y = squeeze(head, 1)
}
"""
KINDS = [
    torch.float64, torch.float32, torch.float16, torch.bfloat16, torch.float8_e4m3fn, torch.complex64,
    torch.complex128, torch.int64, torch.int32, torch.int16, torch.int8, torch.uint8, torch.bool,
]  # fmt: skip


def planned(text: str) -> Planned:
    checked = check_text(MODEL + text)
    assert checked.spec is not None, checked.diagnostics
    return plan_spec(checked.spec)


@pytest.fixture(scope="module")
def weights() -> dict[str, Tensor]:
    checked = check_text(MODEL)
    assert checked.spec is not None
    return {name: tensor.clone() for name, tensor in build(checked.spec, seed=0).state_dict().items()}


@pytest.mark.parametrize("kind", KINDS, ids=str)
@pytest.mark.parametrize("name", ["proj.weight", "head.bias", "norm.running_var", "norm.num_batches_tracked"])
def test_plan_and_compile_agree(
    tmp_path: Path, weights: dict[str, Tensor], kind: torch.dtype, name: str
) -> None:
    """The plan refuses a kind exactly where copying would: without its verdict, `apply_plan` raises."""
    file = tmp_path / "c.pt"
    torch.save({**weights, name: weights[name].to(kind)}, file)
    made = planned(f'load "{file}" {{}}')
    compiled = build(made.spec, seed=1)
    whole = len(made.plan.tensors) == sum(item.origin == "loaded" for item in made.plan.tensors.values())
    assert whole == made.plan.ok
    assert (compiled.state_dict()[name].is_floating_point() == kind.is_floating_point) or not made.plan.ok
    if made.plan.ok:
        apply_plan(compiled, made.plan, open_tensors)
        got = compiled.state_dict()[name]
        torch.testing.assert_close(got, weights[name].to(kind).to(got.dtype))
    else:
        assert codes(made.plan) == ["GET526"]
        assert f"`{name}` of `c.pt` holds {str(kind).removeprefix('torch.')}, and takes " in message(
            made.plan
        )


def message(plan: Plan) -> str:
    return plan.diagnostics[0].message


@pytest.mark.parametrize(
    "odd",
    [
        {"proj.weight": torch.int8},
        {"proj.weight": torch.int8, "head.weight": torch.int8},
        {"head.bias": torch.complex64, "norm.num_batches_tracked": torch.float32},
        {"norm.running_mean": torch.bool},
        {"proj.weight": torch.float8_e4m3fn, "proj.bias": torch.float8_e4m3fn},
    ],
    ids=str,
)
def test_helps_are_pasted(tmp_path: Path, weights: dict[str, Tensor], odd: dict[str, torch.dtype]) -> None:
    file = tmp_path / "c.pt"
    torch.save({name: tensor.to(odd.get(name, tensor.dtype)) for name, tensor in weights.items()}, file)
    plan = pasted(Draft(file=str(file)), lambda text: planned(text).plan)
    assert plan.ok, plan.diagnostics
    assert {name for name, item in plan.tensors.items() if item.origin == "loaded"} == weights.keys() - odd


def test_quantised_adapters_are_refused(tmp_path: Path, weights: dict[str, Tensor]) -> None:
    file = tmp_path / "c.pt"
    pair = {
        "proj.lora_A.weight": torch.zeros(2, 8, dtype=torch.int8),
        "proj.lora_B.weight": torch.zeros(16, 2),
    }
    torch.save({**weights, **pair}, file)
    made = planned(f'load "{file}" {{}}\nlora {{ on = [proj]  alpha = 1 }}').plan
    assert codes(made) == ["GET526"]
    assert "`proj.weight.lora_A` of `c.pt` (from `proj.lora_A.weight`) holds int8" in message(made)


@pytest.mark.parametrize(
    ("name", "values", "why"),
    [
        ("proj.weight", torch.full((16, 8), 1e6).half(), "`proj.weight` holds inf"),
        ("head.bias", torch.tensor([float("nan")]), "`head.bias` holds NaN"),
        ("norm.running_mean", torch.full((16,), float("nan")), "`norm.running_mean` holds NaN"),
        (
            "norm.weight",
            torch.full((16,), 1e300, dtype=torch.float64),
            "`norm.weight` holds numbers beyond float32's, which would be inf",
        ),
        (
            "norm.running_var",
            torch.full((16,), -1e300, dtype=torch.float64),
            "`norm.running_var` holds numbers beyond float32's, which would be inf",
        ),
        ("proj.bias", torch.full((16,), float("-inf")).bfloat16(), "`proj.bias` holds inf"),
    ],
)
def test_what_is_no_number_is_refused_by_name(
    tmp_path: Path, weights: dict[str, Tensor], name: str, values: Tensor, why: str
) -> None:
    """And nothing is changed."""
    file = tmp_path / "c.pt"
    torch.save({**weights, name: values}, file)
    made = planned(f'load "{file}" {{}}')
    compiled = build(made.spec, seed=1)
    before = {key: tensor.clone() for key, tensor in compiled.state_dict().items()}
    with pytest.raises(UserError) as error:
        apply_plan(compiled, made.plan, open_tensors)
    assert str(error.value).startswith(why)
    assert all(torch.equal(tensor, before[key]) for key, tensor in compiled.state_dict().items())


def test_several_of_them_are_counted(tmp_path: Path, weights: dict[str, Tensor]) -> None:
    file = tmp_path / "c.pt"
    whole = {name for name, tensor in weights.items() if tensor.is_floating_point()}
    torch.save({name: (t * 1e6 + 1e6).half() if name in whole else t for name, t in weights.items()}, file)
    with pytest.raises(UserError, match=f"`proj.weight` and {len(whole) - 1} more hold inf"):
        build_planned(planned(f'load "{file}" {{}}'))


def test_minus_infinity_in_buffers_and_the_largest_numbers_pass(
    tmp_path: Path, weights: dict[str, Tensor]
) -> None:
    file = tmp_path / "c.pt"
    largest = torch.full((16,), torch.finfo(torch.float32).max, dtype=torch.float64)
    torch.save({**weights, "norm.running_mean": torch.full((16,), float("-inf")), "norm.bias": largest}, file)
    state = build_planned(planned(f'load "{file}" {{}}')).state_dict()
    assert state["norm.bias"].isfinite().all()
    assert state["norm.running_mean"].isneginf().all()

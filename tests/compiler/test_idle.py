"""Weights that reach no output are told of, and `--summary` counts what trains."""

from __future__ import annotations

from pathlib import Path

import pytest

from getdsl.cli import main
from getdsl.compiler.check import check, check_text
from getdsl.compiler.cost.summary import summary
from getdsl.compiler.plan.lint import lint
from getdsl.compiler.plan.plan import Plan
from getdsl.compiler.plan.planned import plan_spec

SPECS = sorted((Path(__file__).parents[2] / "specs").rglob("*.get"))
MODEL = """
block Two {{
    input x: [..., 4]
    a = x -> Linear(4)
    b = x -> Linear(4)
    output z = {inner}
}}
model M {{
    input x: [B, 4]
    used  = x -> Two()
    spare = used -> Linear(4)
    shift = Parameter([4])
    scan  = LayerNorm(4)
    output y = {outer}
}}
{rest}
"""


def idle(inner: str, outer: str, rest: str = "") -> set[str]:
    checked = check_text(MODEL.format(inner=inner, outer=outer, rest=rest))
    assert checked.spec is not None, checked.diagnostics
    return {item.message.split("`")[1] for item in checked.diagnostics if item.code == "GET536"}


@pytest.mark.parametrize(
    ("inner", "outer", "want"),
    [
        ("a", "used", {"used.b", "spare", "shift", "scan"}),
        ("a + b", "spare", {"shift", "scan"}),
        ("a * b", "used + shift", {"spare", "scan"}),
        ("b", "scan(spare)", {"used.a", "shift"}),
        ("a", "x", {"used", "spare", "shift", "scan"}),
        ("a + b", "spare[:, 0]", {"shift", "scan"}),
    ],
)
def test_what_no_output_is_made_of(inner: str, outer: str, want: set[str]) -> None:
    assert idle(inner, outer) == want


def test_what_only_a_loss_calls_is_used() -> None:
    rest = "loss { z = MSE(scan(y), batch.z)  y = MSE(y, batch.y) }"
    assert idle("a", "used + shift", rest) == {"used.b", "spare"}


def test_it_is_told_once_and_by_check(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spec = tmp_path / "spec.get"
    spec.write_text(MODEL.format(inner="a + b", outer="spare", rest="loss { y = MSE(y, batch.y) }"))
    for command in ("check", "plan"):
        assert main([command, str(spec)]) == 0
        printed = capsys.readouterr()
        assert printed.err.count("`shift`") == 2  # in the message and in its help
        assert "GET531" not in printed.err


def trainable(plan: Plan) -> int:
    sizes = (tensor.trainable * product(tensor.shape) for tensor in plan.tensors.values())
    return sum(sizes)


def product(shape: tuple[int, ...]) -> int:
    size = 1
    for side in shape:
        size *= side
    return size


@pytest.mark.parametrize(
    "rest",
    [
        "",
        "freeze = [used]",
        "freeze = [used.a, shift]",
        'freeze = ["*.bias"]',
        "train_only = [spare]",
        "lora { on = [used]  rank = 2 }",
        "lora { on = [used, spare]  rank = 2 }\nfreeze = [shift, spare]",
    ],
)
@pytest.mark.parametrize("depth", [1, 3])
def test_the_summary_counts_what_trains(rest: str, depth: int) -> None:
    """As the plan counts; adapters apart."""
    text = MODEL.format(inner="a + b", outer="spare + scan(used + shift)", rest=rest)
    checked = check_text(text)
    assert checked.spec is not None, checked.diagnostics
    lines = summary(checked.spec, depth).splitlines()
    want = trainable(plan_spec(checked.spec).plan)
    [total] = [line for line in lines if line.startswith("M: ")]
    assert f", {want:,} trainable" in total
    outermost = [line for line in lines[2:] if line[:1] not in (" ", "") and "[" in line]
    columns = lines[0].index("trainable") + len("trainable")
    cells = [line[columns - len("trainable") : columns].strip() for line in outermost]
    assert sum(int(cell) for cell in cells if cell) == want


@pytest.mark.parametrize(
    ("rest", "lacks"),
    [
        ("", "the spec has no `data` and no `loss`"),
        ("loss { y = MSE(y, batch.y) }", "the spec has no `data`"),
    ],
)
def test_a_plan_says_what_training_lacks(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], rest: str, lacks: str
) -> None:
    spec = tmp_path / "spec.get"
    spec.write_text(MODEL.format(inner="a + b", outer="spare", rest=rest))
    assert main(["plan", str(spec)]) == 0
    said = capsys.readouterr().out.splitlines()[-1]
    assert said == f"the weights are as the spec asks, and `getdsl train` refuses it: {lacks}"
    assert main(["train", str(spec), "-o", str(tmp_path / "run")]) == 1
    refusal = capsys.readouterr().err
    assert lacks in refusal
    assert all(f"`{name} {{" in refusal for name in ("data", "loss") if f"`{name}`" in lacks)


@pytest.mark.parametrize("spec", SPECS, ids=lambda path: path.stem)
def test_shipped_specs_bind_nothing_idle(spec: Path) -> None:
    """GET's axial blocks end in a pair map that nothing reads: of a block's inside, training alone tells."""
    found = check(spec)
    assert not [item for item in found.diagnostics if item.code == "GET536"]
    if "axial" in spec.stem:
        assert found.spec is not None
        told = {item.code for item in lint(found.spec, plan_spec(found.spec).plan)}
        assert "GET531" in told

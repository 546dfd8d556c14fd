"""What `lint` says of gradients, against what autograd does, and each warning once."""

import pytest

from getdsl.compiler.check import check_text
from getdsl.compiler.plan.lint import lint, reached
from getdsl.compiler.plan.make import make_plan
from getdsl.compiler.plan.plan import Plan
from getdsl.compiler.spec import Spec
from getdsl.diagnostics import Diagnostic
from getdsl.formats.checkpoint_header import Header, LoadRequest
from tests.compiler.trials import NAMES, Trial, trial

MODEL = """block Norms {
    param dim: int
    input x: [B, R, dim]
    linear = x -> Linear(dim)
    norm   = linear -> LayerNorm(dim)
    output y = norm
}
block Statistics {
    param dim: int
    input x: [B, R, dim]
    linear = x -> Linear(dim)
    norm   = linear -> BatchNorm(dim, affine = false)
    output y = norm
}
model M {
    input x: [B, R, 8]
    body     = x -> Norms(8)
    counted  = x -> Statistics(8)
    head     = (body + counted) -> Linear(1)
    second   = body -> Linear(1)
    output y = head
    output z = second
}
"""
BOTH = "loss {\n y = MSE(y, batch.y)\n z = MSE(z, batch.z)\n}\n"
FIRST = "loss { y = MSE(y, batch.y) }\n"


def no_file(request: LoadRequest) -> Header:
    raise AssertionError(f"{request} is not to be read")


def planned(text: str) -> tuple[Spec, Plan]:
    checked = check_text(text)
    assert checked.spec is not None, checked.diagnostics
    return checked.spec, make_plan(checked.spec, no_file)


def warnings(text: str) -> list[Diagnostic]:
    return lint(*planned(text))


def of(code: str, found: list[Diagnostic]) -> list[str]:
    assert all(item.severity in ("warning", "note") and item.primary is not None for item in found)
    return [item.message for item in found if item.code == code]


def with_gradient(trial: Trial, absent: frozenset[str]) -> set[str]:
    """Names of the parameters that `backward` gives a gradient."""
    module, compiled = trial.compiled.module, trial.compiled
    batch = {key: value for key, value in trial.batch.items() if key not in absent}
    module.zero_grad()
    compiled.loss(module(**compiled.prepare(batch)), batch)["total"].backward()
    found = {name for name, value in module.named_parameters() if value.grad is not None}
    module.zero_grad()
    return found


@pytest.mark.parametrize("name", NAMES)
def test_the_weights_that_the_loss_reaches_are_autograds(name: str) -> None:
    spec = trial(name).compiled.spec
    assert spec.stages.losses
    plan = make_plan(spec, no_file)
    for absent in spec.stages.losses:
        assert reached(spec, plan, absent) == with_gradient(trial(name), absent)


def test_all_is_well() -> None:
    assert warnings(MODEL + BOTH) == []
    assert warnings(MODEL) == []  # nothing is trained without a loss


def test_an_output_that_no_loss_reads() -> None:
    found = warnings(MODEL + FIRST)
    assert of("GET530", found) == ["no term of the loss reads the output `z`"]
    assert of("GET531", found) == [
        "the loss does not reach the 2 weights of `second`, which would be trained"
    ]
    assert found[0].severity == "warning"


def test_an_output_made_of_what_learns_is_a_note() -> None:
    found = warnings(MODEL.replace("output z = second", "output z = sigmoid(head)") + FIRST)
    assert [item.severity for item in found if item.code == "GET530"] == ["note"]


@pytest.mark.parametrize(
    "cut", ["detach(body)", "to_float(to_int(body))", "to_float(body > 0)", "full_like(body, 1)"]
)
def test_what_cuts_a_gradient(cut: str) -> None:
    model = MODEL.replace("(body + counted)", f"({cut} + counted)").replace("second   = body", "second = x")
    found = of("GET531", warnings(model + BOTH))
    assert found == ["the loss does not reach the 4 weights of `body`, which would be trained"]


def test_a_term_of_weight_0_teaches_nothing() -> None:
    found = warnings(MODEL + BOTH.replace("batch.z)", "batch.z) weight 0"))
    assert of("GET534", found) == ["only terms of weight 0 reach the 2 weights of `second`"]
    assert of("GET531", found) == []


def test_a_term_over_frozen_weights() -> None:
    found = warnings(MODEL + BOTH + "freeze = [body, second]")
    assert of("GET535", found) == ["the term `z` reaches nothing that is trained"]


@pytest.mark.parametrize(
    ("freeze", "part"),
    [
        ("body.linear", "`body` is frozen but for its normalisation, `body.norm`"),
        ("counted.linear", "`counted` is frozen but for its normalisation, `counted.norm`"),
        ('"*.linear.*"', None),
    ],
)
def test_normalisation_that_learns_in_a_frozen_part(freeze: str, part: str | None) -> None:
    found = of("GET532", warnings(MODEL + BOTH + f"freeze = [{freeze}]"))
    assert found == [part] if part else len(found) == 2


def test_normalisation_of_a_part_that_is_frozen_as_a_whole() -> None:
    assert of("GET532", warnings(MODEL + BOTH + "freeze = [body, counted]")) == []


def test_an_adapter_without_a_gradient() -> None:
    lora = "lora { on = [body, second]  rank = 2 }"
    found = warnings(MODEL + FIRST + lora)
    assert of("GET533", found) == ["no gradient reaches the adapter of `second.weight`"]
    assert of("GET533", warnings(MODEL + BOTH + lora)) == []
    silenced = warnings(MODEL + BOTH.replace("batch.z)", "batch.z) weight 0") + lora)
    assert of("GET533", silenced) == ["no gradient reaches the adapter of `second.weight`"]

"""Complaints are a pure function of the plan: they can be made again, of another one too."""

from __future__ import annotations

from dataclasses import replace

import pytest

from getdsl.compiler.plan.complaints import complaints
from tests.plan.headers import codes, plan_of, renamed, shapes, spec_of

NAMES = shapes(spec_of(""))
OLD = renamed(NAMES, lambda name: name.replace("encoder.", "enc."))
WRONG = {**NAMES, "head.weight": (4, 8), "other": (3,)}


@pytest.mark.parametrize("file", [NAMES, OLD, WRONG, {}])
@pytest.mark.parametrize(
    "text", ['load "0" { }', 'load "0" { drop = ["gone.*"]  new = [head] }', 'load "1" { }\nfreeze = ["*"]']
)
def test_made_again_they_are_the_same(text: str, file: dict[str, tuple[int, ...]]) -> None:
    plan = plan_of(text, file)
    assert complaints(plan) == plan.diagnostics
    assert complaints(replace(plan, diagnostics=())) == plan.diagnostics


def test_they_follow_from_what_was_found() -> None:
    plan = plan_of('load "0" { }', {name: shape for name, shape in NAMES.items() if name != "head.bias"})
    assert codes(plan) == ["GET514"]
    healed = replace(plan, findings=replace(plan.findings, absent={}))
    assert complaints(healed) == ()
    assert plan.findings.absent == {"head.bias": 0}

"""Specs as texts and checkpoints as headers in memory."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from getdsl.compiler.check import check_text
from getdsl.compiler.plan.make import make_plan
from getdsl.compiler.plan.plan import Plan
from getdsl.compiler.spec import Spec
from getdsl.diagnostics import UserError
from getdsl.formats.checkpoint_header import Header, LoadRequest, TensorInfo

Shape = tuple[int, ...]
MODEL = """
model M {
    input x: [B, R, 8]
    embed   = x -> Linear(8)
    encoder = embed -> GETTransformer(8, 2, 2)
    head    = encoder -> Linear(1)
    output y = head
}
"""


def spec_of(text: str, model: str = MODEL) -> Spec:
    checked = check_text(model + text)
    assert checked.spec is not None, checked.diagnostics
    return checked.spec


def shapes(spec: Spec) -> dict[str, Shape]:
    return {tensor.name: tensor.shape for tensor in spec.graph.tensors()}


def renamed(tensors: Mapping[str, Shape], rule: Callable[[str], str]) -> dict[str, Shape]:
    return {rule(name): shape for name, shape in tensors.items()}


def plan_of(text: str, *files: Mapping[str, Shape], model: str = MODEL) -> Plan:
    """The plan of a spec whose files are named `0`, `1`, … and hold what is given."""
    return make_plan(spec_of(text, model), reader(*files))


def reader(*files: Mapping[str, Shape]) -> Callable[[LoadRequest], Header]:
    def read(request: LoadRequest) -> Header:
        if not request.location.isdigit() or int(request.location) >= len(files):
            raise UserError(f"there is no `{request.location}`", "check the path")
        tensors = {key: TensorInfo(shape) for key, shape in files[int(request.location)].items()}
        return Header(request, (Path(request.location),), "torch", tensors)

    return read


def codes(plan: Plan, severity: str = "error") -> list[str]:
    return [item.code for item in plan.diagnostics if item.severity == severity]

"""All that `getdsl plan` prints: files, table, leftovers, totals, data, device, cost."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from getdsl.compiler.cost import Cost
from getdsl.compiler.directives.held import held
from getdsl.compiler.directives.owners import all_optimizers, owner
from getdsl.compiler.graph.dimensions import Dim
from getdsl.compiler.plan.page.leftovers import file_name, leftover_lines
from getdsl.compiler.plan.page.tensor_table import adapter_size, plan_table, trained
from getdsl.compiler.plan.plan import Plan
from getdsl.compiler.plan.planned import Planned
from getdsl.compiler.plan.readiness import absent_for_training, is_idle, lacking
from getdsl.compiler.spec import Spec
from getdsl.compiler.work.units import bytes_text, flops_text
from getdsl.diagnostics import Diagnostic
from getdsl.diagnostics.listing import folded, joined
from getdsl.formats.checkpoint_header import Header

NVIDIA = (Path("/proc/driver/nvidia/version"), Path("/dev/nvidia0"))


def report(
    planned: Planned, cost: Cost, diagnostics: Iterable[Diagnostic], *, depth: int = 1, every: bool = False
) -> str:
    """The plan as a page of text."""
    spec, plan = planned.spec, planned.plan
    errors = sum(item.severity == "error" for item in diagnostics) + is_idle(planned)
    parts = [
        file_lines(plan),
        plan_table(plan, depth=depth, every=every).splitlines(),
        leftover_lines(plan, every=every),
        [*total_lines(spec, plan), *cost_lines(cost)],
        [verdict(errors, absent_for_training(spec))],
    ]
    return "\n\n".join("\n".join(part) for part in parts if part)


def file_lines(plan: Plan) -> list[str]:
    """Each file with its number, size, and what was taken off its keys."""
    return [line for number in range(len(plan.headers)) for line in _file(plan, number)]


def _file(plan: Plan, number: int) -> Iterator[str]:
    header = plan.headers[number]
    if header.format == "unread":
        yield f"load {number + 1}: {file_name(plan, number)}, could not be read"
        return
    yield f"load {number + 1}: {file_name(plan, number)}, {', '.join(_of_header(header))}"
    if header.unwrapped:
        yield f"        taken off: {joined(f'`{item}`' for item in header.unwrapped)}"
    if header.ignored:
        yield f"        beside the tensors: {joined((f'`{item}`' for item in header.ignored), shown=6)}"


def _of_header(header: Header) -> Iterator[str]:
    yield f"{len(header.tensors):,} tensors"
    yield from filter(None, (header.format, bytes_text(header.size)))
    if header.foreign:
        yield "trusted: its other objects are left out"
    if header.request.sha256 or header.sha256:
        yield "sha256 verified"


def total_lines(spec: Spec, plan: Plan) -> Iterator[str]:
    parameters = sum(math.prod(tensor.shape) for tensor in plan.tensors.values() if tensor.kind != "buffer")
    learnt = sum(trained(tensor) for tensor in plan.tensors.values())
    adapted = [tensor for tensor in plan.tensors.values() if tensor.adapter is not None]
    extra = sum(map(adapter_size, adapted))
    share = f" ({100 * learnt / (parameters + extra):.1f} %)" if parameters else ""
    inside = f", {extra:,} of them in {len(adapted)} adapters" if adapted else ""
    yield f"trainable  {learnt:,} of {parameters + extra:,} parameters{share}{inside}"
    if plan.frozen_parts:
        yield f"in eval    {_parts(plan.frozen_parts)}"
    yield from stage_lines(plan)
    yield from optimizer_lines(spec, plan)
    yield f"data       {data_line(spec)}"
    yield f"device     {device()}"


def stage_lines(plan: Plan) -> Iterator[str]:
    """What each stage of the training trains."""
    stages = plan.findings.directives.stages
    width = max((len(stage.name) for stage in stages), default=0)
    for number, stage in enumerate(stages):
        kept = held(stage, plan.tensors)
        learning = [tensor for tensor in plan.tensors.values() if trained(tensor)]
        own = [tensor for tensor in learning if tensor.name not in kept]
        names = _parts(tuple(dict.fromkeys(tensor.name.split(".")[0] for tensor in own)))
        share = "all of them" if len(own) == len(learning) else f"{sum(map(trained, own)):,}: {names}"
        yield f"{'stages' if not number else '':10} {stage.name.ljust(width)}  {stage.length}, trains {share}"


def optimizer_lines(spec: Spec, plan: Plan) -> Iterator[str]:
    """What each optimizer trains and minimises, where a spec has several."""
    known = all_optimizers(spec) if spec.training.parts else ()
    width = max((len(item.title) for item in known), default=0)
    for number, item in enumerate(known):
        learning = [tensor for tensor in plan.tensors.values() if trained(tensor)]
        own = [tensor for tensor in learning if owner(known, tensor.name) is item]
        names = _parts(tuple(dict.fromkeys(tensor.name.split(".")[0] for tensor in own)))
        often = "" if item.every == 1 else f" on one of {item.every} batches"
        head = f"{'optimizers' if not number else '':10} {item.title.ljust(width)}"
        yield f"{head}  trains {sum(map(trained, own)):,}: {names}; minimises {joined(item.minimises)}{often}"


def _parts(parts: tuple[str, ...]) -> str:
    names = (name if count == 1 else f"{name} ({count})" for name, count in folded(parts).items())
    return joined(names, shown=4)


def data_line(spec: Spec) -> str:
    if spec.data is None:
        return "none in the spec"
    absent = spec.data.missing_files()
    return f"{spec.data.name}, " + (f"not there: {joined(absent)}" if absent else "found")


def device(environment: Mapping[str, str] = os.environ) -> str:
    """What `--device auto` would take, as far as the machine tells without torch."""
    hidden = environment.get("CUDA_VISIBLE_DEVICES")
    if hidden is not None and hidden.strip() in ("", "-1"):
        return "cpu (CUDA_VISIBLE_DEVICES hides the GPUs)"
    if any(path.exists() for path in NVIDIA):
        return "gpu, where this torch was built for it (an NVIDIA driver is there)"
    return "cpu (no NVIDIA driver here)"


def cost_lines(cost: Cost) -> Iterator[str]:
    """FLOPs and bytes of a step of training; sizes that are free stay in the formulas."""
    known = ", ".join(f"{name} = {value}" for name, value in cost.sizes.items())
    free = " ".join(f"{name}=…" for name in sorted(cost.symbols))
    hints = [*([f"with {known}"] if known else []), *([f"`--set-dim {free}` gives numbers"] if free else [])]
    yield f"a step     forward {flops_text(cost.forward) or '0'} FLOP"
    yield f"           backward {flops_text(cost.backward) or '0'} FLOP"
    yield from (f"           {hint}" for hint in hints)
    yield f"memory     weights and optimizer {bytes_text(cost.weights)}, gradients {_bytes(cost.gradients)}"
    yield f"           activations {_bytes(cost.activations)}"


def _bytes(amount: Dim | int) -> str:
    return bytes_text(amount) or "0"


def verdict(errors: int, absent: Sequence[str] = ()) -> str:
    """The last line: whether a run can start, and what sections are `absent` that training needs."""
    if errors:
        return f"it cannot run: {errors} error{'s' if errors > 1 else ''}"
    if absent:
        return f"the weights are as the spec asks, and `getdsl train` refuses it: {lacking(absent)}"
    return "it can run"

"""A spec and the headers of its checkpoints to a plan."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from getdsl.compiler.directives.directives import Directives, Load, read_directives
from getdsl.compiler.directives.held import held
from getdsl.compiler.graph.graph import StateTensor
from getdsl.compiler.plan.complaints import complaints
from getdsl.compiler.plan.matching.adapters import adapters
from getdsl.compiler.plan.matching.fitting_keys import fitting_keys
from getdsl.compiler.plan.matching.frozen_parts import frozen_parts
from getdsl.compiler.plan.matching.matched import Matched, Provenance, match, missing, unread
from getdsl.compiler.plan.matching.prefixes import readings
from getdsl.compiler.plan.plan import Findings, Origin, Plan, TensorPlan
from getdsl.compiler.plan.suggest.proposal import propose
from getdsl.compiler.plan.suggest.suggestion import Suggestion
from getdsl.compiler.spec import Spec
from getdsl.diagnostics import UserError
from getdsl.diagnostics.mistakes import loads
from getdsl.formats.checkpoint_header import Header, LoadRequest
from getdsl.weights.errors import UnusualNamesError

Read = Callable[[LoadRequest], Header]


def make_plan(spec: Spec, read: Read) -> Plan:
    """What becomes of every tensor of the model and every key of the files that the spec names.

    `read` gives the header of a checkpoint or raises UserError. Problems are diagnostics of the plan.
    """
    directives = read_directives(spec)
    model = {tensor.name: tensor for tensor in spec.graph.tensors()}
    files = tuple(_match(load, read, model) for load in (*directives.loads, *_adapter_file(directives)))
    loaded = files[: len(directives.loads)]
    found = Findings(
        directives,
        files,
        missing(loaded, model),
        adapters(directives.lora, model, files),
        held(directives, model),
    )
    plan = Plan(
        {name: _tensor(tensor, found) for name, tensor in model.items()},
        tuple(item.header for item in files),
        tuple(leftover for item in files for leftover in item.leftovers),
        frozen_parts(spec.graph, found.held, found.adapters.found),
        suggestions=_suggestions(loaded, found.absent, model),
        findings=found,
    )
    return replace(plan, diagnostics=complaints(plan))


def _adapter_file(directives: Directives) -> Iterable[Load]:
    """`lora { adapter = "file" }`: a file that gives what it holds and owes nothing else."""
    lora = directives.lora
    if lora is not None and lora.adapter is not None:
        yield Load(len(directives.loads), lora.adapter, lora.adapter_span or lora.span)


def _match(load: Load, read: Read, model: Mapping[str, StateTensor]) -> Matched:
    try:
        header = read(load.request)
    except UnusualNamesError as error:
        keys = fitting_keys(load, error.keys, read, model)
        return unread(load, str(error), loads.which_key(keys) if keys else error.help)
    except UserError as error:
        return unread(load, str(error), error.help)
    start = f"{load.into.text}." if load.into is not None else ""
    below = [name.removeprefix(start) for name in model if name.startswith(start)]
    return max(
        (match(load, each, model) for each in readings(header, below)), key=lambda item: len(item.tensors)
    )


def _suggestions(
    loads: Sequence[Matched], absent: Mapping[str, int], model: Mapping[str, StateTensor]
) -> dict[int, Suggestion]:
    found = {
        item.number: propose(item, [name for name in absent if item.load.owes(name)], model) for item in loads
    }
    return {number: suggestion for number, suggestion in found.items() if suggestion is not None}


def _tensor(tensor: StateTensor, found: Findings) -> TensorPlan:
    name, adapter = tensor.name, found.adapters.found.get(tensor.name)
    writers: list[Provenance] = [item.tensors[name] for item in found.files if name in item.tensors]
    origin: Origin = "loaded" if writers else "missing" if name in found.absent else "new"
    held = tensor.kind == "weight" and (name in found.held or adapter is not None)
    return TensorPlan(
        name,
        tensor.shape,
        tensor.kind,
        origin,
        writers[-1] if writers else None,
        tuple(writers[:-1]),
        tensor.kind == "frozen" or held,
        adapter,
        tensor.dtype,
    )

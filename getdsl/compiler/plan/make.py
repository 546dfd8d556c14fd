"""A spec and the headers of its checkpoints to a plan."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from getdsl.compiler.graph.graph import StateTensor
from getdsl.compiler.plan import complaints
from getdsl.compiler.plan.adapting import adapters, bases, targets
from getdsl.compiler.plan.directives import Directives, Load, read_directives
from getdsl.compiler.plan.freezing import frozen_parts, held
from getdsl.compiler.plan.loading import Matched, Piece, match, missing
from getdsl.compiler.plan.plan import Adapter, Origin, Plan, Provenance, Suggestion, TensorPlan
from getdsl.compiler.plan.proposal import propose
from getdsl.compiler.spec import Spec
from getdsl.diagnostics import Diagnostics, UserError
from getdsl.formats.checkpoint_header import Header, LoadRequest

Read = Callable[[LoadRequest], Header]


def make_plan(spec: Spec, read: Read) -> Plan:
    """What becomes of every tensor of the model and every key of the files that the spec names.

    `read` gives the header of a checkpoint or raises UserError. Problems are diagnostics of the plan.
    """
    directives = read_directives(spec)
    model = {tensor.name: tensor for tensor in spec.graph.tensors()}
    diagnostics = Diagnostics()
    loads = [_match(load, read, model, diagnostics) for load in directives.loads]
    adapter_file = _adapter_file(directives, read, model, diagnostics)
    files = [*loads, *([adapter_file] if adapter_file is not None else [])]
    absent = missing(loads, model)
    suggestions = _suggestions(loads, absent, model)
    complaints.of_loads(files, absent, model, suggestions, diagnostics)
    adapted = _adapters(directives, files, model, diagnostics)
    still = held(directives, model)
    complaints.nothing_to_train(directives, model, still, adapted, diagnostics)
    tensors = {
        name: _tensor(tensor, files, name in absent, adapted.get(name), name in still)
        for name, tensor in model.items()
    }
    return Plan(
        tensors,
        tuple(item.header for item in files),
        tuple(leftover for item in files for leftover in item.leftovers),
        frozen_parts(spec.graph, still, adapted),
        tuple(diagnostics.sorted()),
        suggestions,
    )


def _match(load: Load, read: Read, model: Mapping[str, StateTensor], diagnostics: Diagnostics) -> Matched:
    try:
        header = read(load.request)
    except UserError as error:
        diagnostics.report("GET510", str(error), load.span, help=error.help)
        return Matched(load, Header(load.request, (), "unread", {}))
    return match(load, header, model)


def _suggestions(
    loads: Iterable[Matched], absent: Mapping[str, Matched], model: Mapping[str, StateTensor]
) -> dict[int, Suggestion]:
    found = {
        item.load.number: propose(item, [name for name in absent if item.load.owes(name)], model)
        for item in loads
    }
    return {number: suggestion for number, suggestion in found.items() if suggestion is not None}


def _adapter_file(
    directives: Directives, read: Read, model: Mapping[str, StateTensor], diagnostics: Diagnostics
) -> Matched | None:
    """`lora { adapter = "file" }`: a file that gives what it holds and owes nothing else."""
    lora = directives.lora
    if lora is None or lora.adapter is None:
        return None
    load = Load(len(directives.loads), lora.adapter, lora.adapter_span or lora.span)
    found = _match(load, read, model, diagnostics)
    if found.header.format != "unread" and not found.pieces:
        complaints.no_adapter(found, diagnostics)
    return found


def _adapters(
    directives: Directives,
    files: Iterable[Matched],
    model: Mapping[str, StateTensor],
    diagnostics: Diagnostics,
) -> dict[str, Adapter]:
    files = list(files)
    pieces: dict[str, Piece] = {}
    for item in files:
        pieces |= item.pieces
    if directives.lora is None:
        complaints.adapted_without_lora(files, diagnostics)
        return {}
    wanted = targets(directives.lora, model, pieces)
    complaints.of_adapters(directives.lora, files, wanted, bases(pieces), diagnostics)
    return adapters(directives.lora, model, pieces, diagnostics)


def _tensor(
    tensor: StateTensor, files: Iterable[Matched], absent: bool, adapter: Adapter | None, held: bool
) -> TensorPlan:
    writers: list[Provenance] = [item.tensors[tensor.name] for item in files if tensor.name in item.tensors]
    origin: Origin = "loaded" if writers else "missing" if absent else "new"
    plan = TensorPlan(tensor.name, tensor.shape, tensor.kind, origin)
    frozen = tensor.kind == "frozen" or (tensor.kind == "weight" and (held or adapter is not None))
    source = writers[-1] if writers else None
    return replace(plan, source=source, overwritten=tuple(writers[:-1]), frozen=frozen, adapter=adapter)

"""A walk over a session's samples: for each batch, arrays of what was asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from getdsl.compiler.lower.compiled import Compiled
from getdsl.compiler.lower.input_names import input_names
from getdsl.compiler.refusals import refuse_untrusted
from getdsl.data.data_source import Indices
from getdsl.diagnostics import UserError
from getdsl.runs.interpret.attention import node_values
from getdsl.runs.interpret.chosen import chosen_inputs, chosen_samples, is_dna
from getdsl.runs.interpret.contributions import Contributions, contributions, of_changes
from getdsl.runs.interpret.explained import Explained, as_given, channels_first
from getdsl.runs.interpret.inactivate import Inactivation
from getdsl.runs.interpret.jacobian import jacobian
from getdsl.runs.interpret.mutagenesis import mutagenesis
from getdsl.runs.interpret.probe import with_nodes
from getdsl.runs.interpret.request import CONTRIBUTIONS, Request
from getdsl.runs.interpret.target import Target, target_of
from getdsl.runs.loading.batches import batches_of
from getdsl.runs.opened.other_regions import over_regions
from getdsl.runs.opened.samples import reading
from getdsl.runs.opened.session import Session
from getdsl.runs.opened.strands import Batch, Turn, turn_with_the_strand
from getdsl.runs.process.machine import where_it_computes
from getdsl.runs.ranks.whole_batch import Read

Array = NDArray[Any]
Arrays = dict[str, Array]


@dataclass(frozen=True)
class Piece:
    """Some samples after each other: their numbers, and arrays with a row for each, by path."""

    samples: Indices
    arrays: Arrays


class Walk:
    """What `request` asks of a session's model, made ready: everything that can be refused is by now.

    In float32, whatever the run trained in.
    """

    def __init__(self, session: Session, request: Request) -> None:
        refuse_untrusted(session.spec, session.options.trust)
        session = over_regions(session, request.regions)
        self.session, self.request, spec = session, request, session.spec
        self.split, self.samples = chosen_samples(session, request)
        attention = request.method == "attention"
        self.target: Target | None = None if attention else target_of(spec, request)
        self.inputs = chosen_inputs(spec, request) if request.method in CONTRIBUTIONS else []
        nodes = [] if self.inputs else _nodes(request)
        known = {*spec.graph.inputs, *spec.graph.outputs}
        compiled, made = with_nodes(session, [node for node in nodes if node not in known])
        names = input_names(spec.graph.inputs)
        self.nodes = {node: made.get(node) or names.get(node, node) for node in nodes}
        self.compiled: Compiled = where_it_computes(compiled, session.options)
        self.module = self.compiled.for_output(self.target.output) if self.inputs and self.target else None
        self.turn = session.turn_of(session.source)
        self.inactivation = (
            Inactivation(session.source, spec, request.inactivate) if request.inactivate is not None else None
        )

    def parts(self, start: int = 0) -> list[Indices]:
        """The samples of each piece, from a number of samples on, which ended a piece."""
        return batches_of(self.samples[start:], self.request.batch_size)

    def piece(self, samples: Indices) -> Piece:
        with reading():
            batch = self.session.source.batch(samples)
        return Piece(samples, self._arrays(batch, samples))

    def _arrays(self, batch: Batch, samples: Indices) -> Arrays:
        if self.inputs:
            return self._contributions(batch, samples)
        inputs = self._prepared(batch)
        if self.target is None:
            found = node_values(self.compiled, self.nodes, inputs)
            return {f"attention/{node}": _plain(value) for node, value in found.items()}
        arrays = self._jacobian(inputs, "jacobian", "output")
        if self.inactivation is not None:
            mutant = self.inactivation.mutant(inputs, samples)
            arrays |= self._jacobian(mutant, "mutant_jacobian", "mutant_output")
            arrays["inactivated"] = self.inactivation.gone(samples)
        return arrays

    def _jacobian(self, inputs: Mapping[str, Tensor], group: str, output: str) -> Arrays:
        assert self.target is not None
        found = jacobian(self.compiled, self.target, self.nodes, inputs)
        values = {output: found.pop("")}
        return {name: _plain(value) for name, value in values.items()} | {
            f"{group}/{node}": _plain(value) for node, value in found.items()
        }

    # -- contributions

    def _contributions(self, batch: Batch, samples: Indices) -> Arrays:
        arrays = self._along(batch, samples)
        turn = self.turn
        if turn is None or not self._turns_back(batch):
            return arrays
        turned = turn(batch)
        if turn_with_the_strand(batch, turned, Read.of(self.compiled.spec).keys):
            return arrays
        return _mean(arrays, _turned_back(self._along(turned, samples), turn))

    def _turns_back(self, batch: Batch) -> bool:
        """Whether the source can turn what is explained: a key of the batch as it is."""
        derived = self.compiled.spec.prepare.outputs
        return all(name in batch and name not in derived for name in self.inputs)

    def _along(self, batch: Batch, samples: Indices) -> Arrays:
        """Of each sample as the batch has it."""
        assert self.target is not None
        assert self.module is not None
        prepared = self._prepared(batch)
        types, names = self.session.spec.graph.inputs, input_names(self.session.spec.graph.inputs)
        arrays: Arrays = {}
        for name in self.inputs:
            explained = Explained(self.module, self.target, names[name], prepared)
            dna = is_dna(types[name])
            if self.request.method == "ism":
                changes = mutagenesis(self.compiled, self.target, name, prepared)
                found = of_changes(explained, channels_first(changes))
            else:
                found = contributions(explained, self.request, samples, dna=dna)
            arrays |= _laid_out(name, found, explained, dna=dna)
            rows = torch.arange(len(samples), device=explained.device)
            arrays["output"] = _plain(explained.values(explained.x, rows))
        return arrays

    def _prepared(self, batch: Batch) -> dict[str, Tensor]:
        return self.compiled.prepare({name: value.to(self.compiled.device) for name, value in batch.items()})


def _nodes(request: Request) -> tuple[str, ...]:
    if not request.wrt:
        raise UserError(
            f"`--method {request.method}` needs the nodes that are meant",
            "name some: `--wrt encoder`"
            if request.method == "jacobian"
            else "`--wrt encoder.blocks[0].attn`",
        )
    return request.wrt


def _laid_out(name: str, found: Contributions, explained: Explained, *, dna: bool) -> Arrays:
    """Arrays as the input is, [B, …, C]; whole ones beside them."""
    kinds = {
        "contributions": found.actual,
        "hypothetical": found.hypothetical,
        "changes": found.changes,
        "inputs": explained.x,
    }
    arrays = {
        f"{kind}/{name}": _plain(as_given(value, explained.shape))
        for kind, value in kinds.items()
        if value is not None
    }
    if dna:
        arrays[f"inputs/{name}"] = arrays[f"inputs/{name}"].astype(np.int8)
    sums = vars(found.gap) if found.gap is not None else {}
    if found.points is not None:
        sums = {**sums, "points": found.points}
    return arrays | {f"{kind}/{name}": _plain(value) for kind, value in sums.items()}


def _turned_back(arrays: Arrays, turn: Turn) -> Arrays:
    """Arrays of the other strand, read along the given one."""
    found = dict(arrays)
    for path, value in arrays.items():
        name = path.partition("/")[2]
        if value.ndim > 1:
            found[path] = turn({name: torch.from_numpy(value)})[name].numpy()
    return found


def _mean(arrays: Arrays, others: Arrays) -> Arrays:
    """Of both strands; of inputs those of the first, and of points the larger number."""
    alone = {path: value for path, value in arrays.items() if path.startswith("inputs/")}
    most = {
        path: np.maximum(value, others[path]) for path, value in arrays.items() if path.startswith("points/")
    }
    return {path: (value + others[path]) / 2 for path, value in arrays.items()} | alone | most


def _plain(value: Tensor) -> Array:
    value = value.detach()
    found: Array = (value.float() if value.dtype == torch.bfloat16 else value).cpu().numpy()
    return found

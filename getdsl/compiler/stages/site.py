"""Where terms are elaborated: over the model's outputs, its modules and the raw batch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from getdsl.compiler.elaborate.batch import Batch
from getdsl.compiler.elaborate.declared_data import Data
from getdsl.compiler.elaborate.engine import Engine
from getdsl.compiler.elaborate.frame import Frame
from getdsl.compiler.elaborate.open_frames import declared_inputs, frame_of_stage
from getdsl.compiler.graph.graph import Graph, Module
from getdsl.compiler.graph.types import TensorType
from getdsl.compiler.stages.borrow import without_unread
from getdsl.compiler.stages.variants import Absent
from getdsl.compiler.stages.wanted import wanted_keys


class TermGraph(NamedTuple):
    """A term for one pattern of absent keys, with taps, and the optional keys that it reads."""

    graph: Graph
    optional: frozenset[str]


@dataclass(frozen=True)
class Site:
    """The model's frame after its last statement, and what its stages have come to know.

    `applied` are modules that the model binds and only a stage applies, `optional` the batch keys that may
    be absent, with the rank that each must have, `data` what the spec says of the batch, if it does,
    `targets` what its loss declares of it, and `wanted` what terms make of other keys, where that settles
    their shapes.
    """

    engine: Engine
    model: Frame
    data: Data | None
    targets: Mapping[str, TensorType] = field(default_factory=dict)
    applied: dict[str, Module] = field(default_factory=dict)
    optional: dict[str, int | None] = field(default_factory=dict)
    wanted: dict[str, TensorType] = field(default_factory=dict)

    def frame(self, absent: Absent) -> Frame:
        """A frame for a batch without these keys."""
        declared = {**self.targets, **declared_inputs(self.model)}
        batch = Batch(absent=absent, declared=declared)
        if self.data is not None:
            batch = Batch(self.data.outputs, self.data.name, absent, declared, self.data.sizes)
        modules = {**self.model.draft.modules, **self.applied}
        return frame_of_stage(self.engine, self.model, modules, batch)

    def graph_of(self, frame: Frame) -> TermGraph:
        """The graph of a frame; modules of the model that it applied are the model's own."""
        assert frame.batch is not None
        draft, reads = frame.draft, frame.batch.reads
        for key in reads.optional:
            known = self.optional.get(key)
            self.optional[key] = reads.ranks.get(key) if known is None else known
        own = self.model.draft.bound.keys() & draft.modules.keys()
        only_here = own - self.model.draft.modules.keys()
        self.applied.update({name: draft.modules[name] for name in draft.modules if name in only_here})
        called = {node.target for node in draft.nodes.values() if node.kind == "module"}
        modules = {name: module for name, module in draft.modules.items() if name in called}
        graph = without_unread(replace(draft, modules=modules).graph(shared=frozenset(own & called)))
        for key, type in {**wanted_keys(graph, reads.taken), **self.targets}.items():
            self.wanted.setdefault(key, type)
        return TermGraph(graph, frozenset(reads.optional))

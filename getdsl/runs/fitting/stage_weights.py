"""Which weights a stage trains; all others stay as they are while it goes on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from getdsl.compiler.directives.held import held_by
from getdsl.compiler.lower.compiled import Compiled
from getdsl.compiler.lower.freezing import held
from getdsl.compiler.plan.matching.frozen_parts import frozen_parts
from getdsl.compiler.sections.train_stages import Stage


@contextmanager
def only_its_weights(compiled: Compiled, stage: Stage) -> Iterator[None]:
    """Freezes what a stage does not train, beside what the spec freezes; parts without any stay in eval."""
    if stage.freeze is None and stage.train_only is None:
        yield
        return
    graph = compiled.spec.graph
    tensors = {tensor.name for tensor in graph.tensors()}
    names = tensors | {name for name, _ in compiled.named_parameters()}
    kept = held_by(stage.freeze, stage.train_only, names)
    with held(compiled.module, kept, frozen_parts(graph, kept, ())):
        yield

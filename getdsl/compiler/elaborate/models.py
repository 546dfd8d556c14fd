"""A model's statements to a frame with its graph, which may yet lack what only its stages apply."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from getdsl.compiler.constants.constant import Constant
from getdsl.compiler.constants.overrides import Overrides
from getdsl.compiler.elaborate.bodies import run_body
from getdsl.compiler.elaborate.engine import Engine
from getdsl.compiler.elaborate.frame import Frame
from getdsl.compiler.elaborate.instances import settle_unapplied
from getdsl.compiler.elaborate.open_frames import frame_of_model
from getdsl.compiler.elaborate.resolve import resolve_all
from getdsl.compiler.elaborate.rules import RULES
from getdsl.compiler.elaborate.values import as_constant
from getdsl.compiler.elaborate.witness import Witness
from getdsl.compiler.graph.graph import Graph, Module
from getdsl.compiler.program import Program
from getdsl.diagnostics.mistakes import values
from getdsl.grammar import syntax


def new_engine(overrides: Overrides, witness: Witness | None = None) -> Engine:
    """An engine with all rules, that has elaborated nothing yet."""
    return Engine(overrides, RULES, witness=witness)


def elaborate_model(engine: Engine, program: Program, model: syntax.Definition) -> Frame:
    """The frame of a flattened model after its last statement."""
    frame = frame_of_model(engine, program, model)
    resolve_all(engine, frame)
    before = frame.mistakes
    run_body(engine, frame, model)
    draft = frame.draft
    spoiled = draft.declared.poisoned or frame.scope.broken or frame.mistakes > before
    unset = [name for name in draft.declared.outputs if name not in draft.outputs]
    if unset:
        frame.wrong(values.output_never_given(unset[0], model.name, model.name_span))
    elif not draft.outputs and not spoiled:
        frame.wrong(values.model_without_output(model.name, model.name_span))
    return frame


def param_values(program: Program, model: syntax.Definition, overrides: Overrides) -> dict[str, Constant]:
    """Every param of a model: defaults may depend on other params."""
    engine = new_engine(overrides)
    frame = frame_of_model(engine, program, model)
    resolve_all(engine, frame)
    return {name: as_constant(value) for name, value in frame.params.values.items()}


def settled(
    engine: Engine, model: Frame, applied: Mapping[str, Module], lent: Mapping[str, frozenset[str]]
) -> Graph:
    """The model's graph with its taps and all modules: those that stages applied, and those that nothing did.

    `lent` says what stages read of its modules.
    """
    modules = {**model.draft.modules, **applied}
    graph = replace(model.draft, modules={**modules, **settle_unapplied(engine, model, modules)}).graph()
    engine.budget.take_modules(graph.module_count, None)
    return replace(graph, lent=lent)

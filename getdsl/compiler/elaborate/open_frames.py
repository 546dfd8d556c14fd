"""Frames that are opened: of a model, of a block that is called, of a section, and of a stage."""

from __future__ import annotations

from collections.abc import Mapping

from getdsl.compiler.constants.markers import POISON
from getdsl.compiler.elaborate.batch import Batch
from getdsl.compiler.elaborate.draft import Draft
from getdsl.compiler.elaborate.engine import Engine
from getdsl.compiler.elaborate.faces import Bound, params_of
from getdsl.compiler.elaborate.frame import Frame
from getdsl.compiler.elaborate.params import Params
from getdsl.compiler.elaborate.scope import Scope
from getdsl.compiler.elaborate.values import Family, Given, ModuleValue, Tensor, Value
from getdsl.compiler.graph.dimensions import Dim
from getdsl.compiler.graph.graph import Module
from getdsl.compiler.graph.node import INPUT, PARAMETER
from getdsl.compiler.graph.types import TensorType
from getdsl.compiler.program import Program
from getdsl.grammar import syntax
from getdsl.text.source import Span

STAGE = "loss"  # what the graphs of stages are called


def plain_frame(
    engine: Engine, program: Program, name: str, values: Mapping[str, Value] | None = None
) -> Frame:
    """A frame that has no params and sees only these values."""
    return Frame(program, Params(name, engine.overrides), Scope(values=dict(values or {})), Draft(name))


def frame_of_model(engine: Engine, program: Program, model: syntax.Definition) -> Frame:
    """The frame of a model's body, with that of its derived inputs beside it."""
    params = Params(model.name, engine.overrides, params_of(model))
    derived = plain_frame(engine, program, "prepare")
    prepare = Frame(program, derived.params, derived.scope, derived.draft, batch=Batch())
    draft = Draft(model.name, model.doc)
    return Frame(program, params, Scope.of(model), draft, stack=(model.name,), prepare=prepare)


def frame_of_block(engine: Engine, caller: Frame, bound: Bound) -> Frame:
    """The frame of the body of a block that is called."""
    definition, program = bound.definition, caller.program.home(bound.definition)
    path = f"{caller.params.path}{bound.name}."
    params = Params(definition.name, engine.overrides, params_of(definition), bound.given, path, bound.span)
    call = caller.call or (bound.span if program is not caller.program else None)
    draft = Draft(definition.name, definition.doc)
    return Frame(
        program,
        params,
        Scope.of(definition),
        draft,
        call=call,
        stack=(*caller.stack, definition.name),
        alone=caller.alone,
    )


def frame_alone(engine: Engine, program: Program, bound: Bound) -> Frame:
    """The frame of the body of a block that nobody calls."""
    definition, path = bound.definition, f"{bound.definition.name}."
    params = Params(definition.name, engine.overrides, params_of(definition), bound.given, path)
    draft = Draft(definition.name, definition.doc)
    return Frame(program, params, Scope.of(definition), draft, stack=(definition.name,), alone=True)


def frame_of_source(
    engine: Engine,
    program: Program,
    definition: syntax.Definition,
    given: Mapping[str, Given],
    call: Span,
    path: str,
    lead: tuple[Dim, ...],
) -> Frame:
    """The frame of the face of a source; `path` is that of its params from outside."""
    params = Params(definition.name, engine.overrides, params_of(definition), given, path, call)
    scope, draft = Scope.of(definition), Draft(definition.name, definition.doc)
    return Frame(program, params, scope, draft, lead=lead, call=call)


def frame_of_stage(engine: Engine, model: Frame, modules: Mapping[str, Module], batch: Batch) -> Frame:
    """A frame that sees the model's outputs as inputs, its modules, and the batch, in the batch's sizes."""
    draft = Draft(STAGE, modules=dict(modules), bound=dict(model.draft.bound))
    values = model.scope.values
    scope = Scope(
        values={name: value for name, value in values.items() if _is_applied_later(value)},
        broken=frozenset(model.scope.unsure() | model.draft.declared.poisoned),
    )
    for name, ref in model.draft.outputs.items():
        type = model.draft.declared.outputs[name].substitute(batch.sizes)
        span = model.draft.nodes[ref.node].span
        assert span is not None
        scope.values[name] = tensor = draft.add_input(name, type, span)
        draft.measure(tensor.ref, type)
    scope.values.setdefault("outputs", _outputs(model, scope))
    _see_parameters(model, scope, draft)
    _see_inputs(model, scope, draft)
    return Frame(model.program, Params("loss", engine.overrides), scope, draft, batch=batch)


def _outputs(model: Frame, scope: Scope) -> Value:
    """The outputs by name, those that are wrong as well: nobody asks for them in vain."""
    found: dict[str, Value] = {name: scope.values[name] for name in model.draft.outputs}
    return found | dict.fromkeys(model.draft.declared.poisoned, POISON)


def _is_applied_later(value: Value) -> bool:
    """Whether it is a module, or a family of them, which a stage may apply."""
    if isinstance(value, Family):
        return all(map(_is_applied_later, value.items.values()))
    return isinstance(value, ModuleValue)


def _see_parameters(model: Frame, scope: Scope, draft: Draft) -> None:
    """Has a stage see the model's params, and the tensors of weights that the model itself owns."""
    for name, constant in model.params.values.items():
        if name not in scope.broken:  # an output of that name is meant, which is wrong
            scope.values.setdefault(name, constant)
    for name, value in model.scope.values.items():
        if not isinstance(value, Tensor) or name in scope.values:
            continue
        node = model.draft.nodes[value.ref.node]
        if node.kind == "parameter":
            scope.values[name] = draft.add_input(f"{PARAMETER}{node.target}", value.type, value.span, name)


def _see_inputs(model: Frame, scope: Scope, draft: Draft) -> None:
    """Has a stage see the model's inputs, as the model takes them."""
    for node in model.draft.nodes.values():
        if node.kind == "input" and node.target not in scope.values and node.span is not None:
            name, type = node.target, node.outputs[""]
            scope.values[name] = tensor = draft.add_input(f"{INPUT}{name}", type, node.span, name)
            draft.measure(tensor.ref, type)


def declared_inputs(model: Frame) -> dict[str, TensorType]:
    """The model's inputs that the batch holds, which are those that are not derived."""
    derived = model.prepare.draft.outputs if model.prepare is not None else {}
    inputs = (node for node in model.draft.nodes.values() if node.kind == "input")
    return {node.target: node.outputs[""] for node in inputs if node.target not in derived}

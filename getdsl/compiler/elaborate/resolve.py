"""Params to values: what was set from outside, what the call gave, else the default."""

from __future__ import annotations

from getdsl.compiler.constants.markers import POISON
from getdsl.compiler.constants.paths import resolve_path
from getdsl.compiler.elaborate.engine import Engine
from getdsl.compiler.elaborate.frame import Frame
from getdsl.compiler.elaborate.param_kinds import literals, misfit, takes_paths
from getdsl.compiler.elaborate.values import Value, describe
from getdsl.compiler.graph.dimensions import Dim, ParamInt
from getdsl.diagnostics import mistakes
from getdsl.grammar import syntax
from getdsl.text.source import Span

SHOWN = {True: "true", False: "false", None: "none"}


def resolve_all(engine: Engine, frame: Frame) -> bool:
    """Resolves every param of a frame; False where one of them was wrong."""
    engine.budget.take_params(len(frame.params.declared), frame.params.call_span)
    values = [resolve(engine, frame, name) for name in frame.params.declared]
    return all(value is not POISON for value in values)


def resolve(engine: Engine, frame: Frame, name: str) -> Value:
    """The value of a param, POISON after a report; found when it is first asked for."""
    values = frame.params.values
    if name not in values:
        values[name] = _found(engine, frame, frame.params.declared[name])
    return values[name]


def shown(engine: Engine, frame: Frame, name: str) -> str:
    """The value of a param as the language writes it."""
    value = resolve(engine, frame, name)
    return SHOWN[value] if isinstance(value, bool | None) else str(value)


def _found(engine: Engine, frame: Frame, param: syntax.Param) -> Value:
    params = frame.params
    if param.name in params.resolving:
        chain = [*params.resolving[params.resolving.index(param.name) :], param.name]
        return frame.wrong(mistakes.names.params_in_circle(chain, param.span))
    override = params.overrides.take(f"{params.path}{param.name}")
    if override is not None:
        params.origins[param.name] = override.origin
        place = override.span or param.name_span
        return _coerce(frame, param, override.value, place, override.span is None)
    given = params.given.get(param.name)
    if given is not None:
        params.origins[param.name] = "call"
        return _coerce(frame, param, given.value, given.span or param.span, False)
    if param.default is None:
        return _missing(frame, param)
    params.origins[param.name] = "default"
    params.resolving.append(param.name)
    value = engine.evaluate(frame, param.default)
    params.resolving.pop()
    return _coerce(frame, param, value, param.default.span, False)


def _missing(frame: Frame, param: syntax.Param) -> Value:
    where = frame.params.call_span
    place, declared = where or param.name_span, param.span if where else None
    owner, doc = frame.params.owner, param.doc or ""
    return frame.wrong(mistakes.calls.missing_param(param.name, owner, doc, place, declared))


def _coerce(frame: Frame, param: syntax.Param, value: Value, span: Span, from_api: bool) -> Value:
    """The value in the param's type, or POISON after a report."""
    if value is POISON:
        return POISON
    if isinstance(value, Dim) and value.value is not None:
        origin = value.origin
        value = ParamInt(value.value, origin.name, origin.span) if origin else value.value
    problem = misfit(param.type, value)
    if problem is None:
        return _typed(param, value, None if from_api else span)
    declared = param.span if _given_elsewhere(param, span) else None
    owner, help = frame.params.owner, _help(param, value)
    mistake = mistakes.calls.wrong_param(param.name, owner, problem, describe(value), span, declared, help)
    return frame.unsettled(mistake) if isinstance(value, Dim) else frame.wrong(mistake)


def _help(param: syntax.Param, value: Value) -> str | None:
    options = literals(param.type.expr)
    if options and isinstance(value, str):
        return mistakes.calls.one_of(value, options)
    return mistakes.calls.size_at_run_time(value) if isinstance(value, Dim) else None


def _typed(param: syntax.Param, value: Value, beside: Span | None) -> Value:
    """The value as its kind is kept: floats, paths from where they stand, integers with their param."""
    kind = param.type.expr.id if isinstance(param.type.expr, syntax.Name) else ""
    match kind, value:
        case "float", int() if not isinstance(value, bool):
            return float(value)
        case "int", int() if not isinstance(value, ParamInt):
            return ParamInt(value, param.name, param.name_span)
    if takes_paths(param.type.expr) and not (isinstance(value, str) and value in literals(param.type.expr)):
        return _resolved(value, beside)
    return value


def _resolved(value: Value, beside: Span | None) -> Value:
    """Paths from where they stand, also those in a list."""
    if isinstance(value, list):
        return [_resolved(item, beside) for item in value]
    return resolve_path(value, beside) if isinstance(value, str) else value


def _given_elsewhere(param: syntax.Param, span: Span) -> bool:
    """Whether a value stands apart from the param's own declaration."""
    if span.file is not param.span.file:
        return True
    default = param.default
    return span is not param.span and default is not None and span.start != default.span.start

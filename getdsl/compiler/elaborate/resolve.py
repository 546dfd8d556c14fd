"""Params to values: what was set from outside, what the call gave, else the default."""

from __future__ import annotations

from getdsl.compiler.constants.in_quotes import in_quotes
from getdsl.compiler.constants.markers import POISON
from getdsl.compiler.constants.paths import resolve_path
from getdsl.compiler.elaborate.callees import callee_named
from getdsl.compiler.elaborate.engine import Engine
from getdsl.compiler.elaborate.frame import Frame
from getdsl.compiler.elaborate.param_kinds import CALLEES, literals, misfit, takes, takes_paths, wrong_item
from getdsl.compiler.elaborate.values import Value, describe
from getdsl.compiler.graph.callee import Callee
from getdsl.compiler.graph.dimensions import Dim, ParamInt
from getdsl.compiler.operations import OPERATIONS
from getdsl.diagnostics import Help, mistakes
from getdsl.diagnostics.rewrites import unquoted
from getdsl.diagnostics.suggest import meant
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
        value = _named(frame, param, override.value)
        return _coerce(frame, param, value, place, override.span is None)
    given = params.given.get(param.name)
    if given is None and param.default is None:
        return _missing(frame, param)
    value, span = _written(engine, frame, param) if given is None else (given.value, given.span or param.span)
    params.origins[param.name] = "default" if given is None else "call"
    value = _coerce(frame, param, value, span, False)
    inside = isinstance(value, list | dict) and bool(params.overrides.items)
    return _with_overrides(frame, f"{params.path}{param.name}", value) if inside else value


def _written(engine: Engine, frame: Frame, param: syntax.Param) -> tuple[Value, Span]:
    """The default of a param, and where it stands."""
    assert param.default is not None
    frame.params.resolving.append(param.name)
    value = engine.evaluate(frame, param.default)
    frame.params.resolving.pop()
    return value, param.default.span


def _with_overrides(frame: Frame, path: str, value: Value) -> Value:
    """A list or a table with the items that are set from outside: `heads.human`, `layers[0].filters`."""
    override = frame.params.overrides.take(path)
    if override is not None:
        if isinstance(value, Callee) and isinstance(override.value, str):
            return callee_named(frame.program, override.value) or override.value
        return override.value
    if isinstance(value, dict):
        return {key: _with_overrides(frame, f"{path}.{key}", item) for key, item in value.items()}
    if isinstance(value, list):
        return [_with_overrides(frame, f"{path}.{number}", item) for number, item in enumerate(value)]
    return value


def _named(frame: Frame, param: syntax.Param, value: Value) -> Value:
    """A value from outside, where the operation or block that a param takes can only be named by a text."""
    if isinstance(value, list):
        return [_named(frame, param, item) for item in value]
    if isinstance(value, str) and takes(param.type.expr, CALLEES):
        return callee_named(frame.program, value) or value
    return value


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
    owner, help = frame.params.owner, _help(frame, param, value, span)
    item = wrong_item(param.type, value)
    found = describe(value) if item is value else f"one with {describe(item)}"
    mistake = mistakes.calls.wrong_param(param.name, owner, problem, found, span, declared, help)
    return frame.unsettled(mistake) if isinstance(value, Dim) else frame.wrong(mistake)


def _help(frame: Frame, param: syntax.Param, value: Value, span: Span) -> str | Help | None:
    if takes(param.type.expr, CALLEES):
        return _help_with_callee(frame, param, value, span)
    options = literals(param.type.expr)
    if options and isinstance(value, str):
        return mistakes.calls.one_of(value, span, options)
    if isinstance(value, str) and span.text.startswith('"'):
        meant = in_quotes(value)
        fits = meant is not None and misfit(param.type, meant) is None
        return unquoted(span, value) if fits else None
    return mistakes.calls.size_at_run_time(value) if isinstance(value, Dim) else None


def _help_with_callee(frame: Frame, param: syntax.Param, value: Value, span: Span) -> Help | None:
    if not isinstance(value, str) or isinstance(value, Callee):
        return None
    if callee_named(frame.program, value) is not None:
        return mistakes.calls.without_quotes(value, span)
    blocks = frame.program.names() if takes(param.type.expr, ("block",)) else set()
    operations = OPERATIONS.keys() if takes(param.type.expr, ("operation",)) else set()
    return meant(value, span, blocks | operations)


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

"""Params of a model or block: what the call gave, what was set from outside, what defaults say."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from getdsl.compiler.constants.markers import ABSENT, POISON
from getdsl.compiler.constants.overrides import Overrides
from getdsl.compiler.constants.paths import resolve_path
from getdsl.compiler.elaborate.values import Value, describe
from getdsl.compiler.graph.dimensions import Dim, ParamInt
from getdsl.diagnostics import mistakes
from getdsl.grammar import syntax
from getdsl.text.source import Span

if TYPE_CHECKING:
    from getdsl.compiler.elaborate.body import Body

KINDS = {"int": int, "float": float, "bool": bool, "str": str, "path": str, "list": list, "dict": dict}


@dataclass(frozen=True)
class Given:
    """An argument as it was given, and where."""

    value: Value
    span: Span | None


@dataclass
class ParamScope:
    """The params of one call, each resolved when it is first asked for."""

    owner: str
    declared: dict[str, syntax.Param]
    given: dict[str, Given]
    overrides: Overrides
    path: str
    call_span: Span | None = None
    values: dict[str, Value] = field(default_factory=dict)
    origins: dict[str, str] = field(default_factory=dict)
    resolving: list[str] = field(default_factory=list)
    body: Body | None = None

    def __contains__(self, name: str) -> bool:
        return name in self.declared

    def names(self) -> list[str]:
        return list(self.declared)

    def shown(self, name: str) -> str:
        value = self.value(name)
        return (
            {True: "true", False: "false", None: "none"}.get(value, str(value))
            if not isinstance(value, int | list | dict) or isinstance(value, bool)
            else str(value)
        )

    def resolve_all(self) -> bool:
        """Resolves every param; False where one of them was wrong."""
        values = [self.value(name) for name in self.declared]
        return all(value is not POISON for value in values)

    def value(self, name: str) -> Value:
        if name not in self.values:
            self.values[name] = self._resolve(self.declared[name])
        return self.values[name]

    def _resolve(self, param: syntax.Param) -> Value:
        assert self.body is not None
        if param.name in self.resolving:
            chain = [*self.resolving[self.resolving.index(param.name) :], param.name]
            return self.body.wrong(mistakes.names.params_in_circle(chain, param.span))
        override = self.overrides.take(f"{self.path}{param.name}")
        if override is not None:
            self.origins[param.name] = override.origin
            place = override.span or param.name_span
            return self.coerce(param, override.value, place, override.span is None)
        given = self.given.get(param.name)
        if given is not None:
            self.origins[param.name] = "call"
            return self.coerce(param, given.value, given.span or param.span, False)
        if param.default is None:
            self._missing(param)
            return POISON
        self.origins[param.name] = "default"
        self.resolving.append(param.name)
        value = self.body.evaluator.evaluate(param.default)
        self.resolving.pop()
        return self.coerce(param, value, param.default.span, False)

    def _missing(self, param: syntax.Param) -> None:
        assert self.body is not None
        where = self.call_span
        self.body.wrong(
            mistakes.calls.missing_param(
                param.name,
                self.owner,
                param.doc or "",
                where or param.name_span,
                param.span if where else None,
            )
        )

    def coerce(self, param: syntax.Param, value: Value, span: Span, from_api: bool) -> Value:
        """The value in the param's type, or POISON after a report."""
        assert self.body is not None
        if value is POISON:
            return POISON
        if isinstance(value, Dim) and value.value is not None:
            value = (
                ParamInt(value.value, value.origin.name, value.origin.span) if value.origin else value.value
            )
        problem = misfit(param.type, value)
        if problem is None:
            return self._typed(param, value, span, from_api)
        literals = _literals(param.type.expr)
        help = None
        if literals and isinstance(value, str):
            help = mistakes.calls.one_of(value, literals)
        elif isinstance(value, Dim):
            help = mistakes.calls.size_at_run_time(value)
        declared = param.span if _given_elsewhere(param, span) else None
        return self.body.wrong(
            mistakes.calls.wrong_param(param.name, self.owner, problem, describe(value), span, declared, help)
        )

    def _typed(self, param: syntax.Param, value: Value, span: Span, from_api: bool) -> Value:
        kind = param.type.expr
        name = kind.id if isinstance(kind, syntax.Name) else ""
        if name == "float" and isinstance(value, int) and not isinstance(value, bool):
            return float(value)
        if name == "path" and isinstance(value, str):
            return resolve_path(value, None if from_api else span)
        if name == "int" and isinstance(value, int) and not isinstance(value, ParamInt):
            return ParamInt(value, param.name, param.name_span)
        return value


def _given_elsewhere(param: syntax.Param, span: Span) -> bool:
    """Whether a value stands apart from the param's own declaration."""
    if span.file is not param.span.file:
        return True
    default = param.default
    return span is not param.span and default is not None and span.start != default.span.start


def _literals(expr: syntax.Expr) -> list[str]:
    options = expr.options if isinstance(expr, syntax.Union) else (expr,)
    return [item.value for item in options if isinstance(item, syntax.String)]


def misfit(type: syntax.Type, value: Value) -> str | None:
    """What a value should have been, or None where it fits."""
    if value is None or value is ABSENT:
        return None if type.optional or _allows_none(type.expr) else _expected(type.expr)
    return None if _fits(type.expr, value) else _expected(type.expr) + (" or `none`" if type.optional else "")


def _allows_none(expr: syntax.Expr) -> bool:
    options = expr.options if isinstance(expr, syntax.Union) else (expr,)
    return any(isinstance(item, syntax.Name) and item.id == "none" for item in options)


def _fits(expr: syntax.Expr, value: Value) -> bool:
    if isinstance(expr, syntax.Union):
        return any(_fits(option, value) for option in expr.options)
    if isinstance(expr, syntax.String):
        return isinstance(value, str) and value == expr.value
    if isinstance(expr, syntax.Index) and expr.items:
        inner = expr.items[0]
        return isinstance(value, list) and all(_fits(inner, item) for item in value)
    if not isinstance(expr, syntax.Name) or expr.id not in KINDS:
        return False
    if expr.id == "int":
        return isinstance(value, int) and not isinstance(value, bool)
    if expr.id == "float":
        return isinstance(value, int | float) and not isinstance(value, bool)
    return isinstance(value, KINDS[expr.id])


def _expected(expr: syntax.Expr) -> str:
    names = {
        "int": "an integer",
        "float": "a number",
        "bool": "true or false",
        "str": "a string",
        "path": "a path",
        "list": "a list",
    }
    if isinstance(expr, syntax.Union):
        shown = [_expected(option) for option in expr.options]
        return " or ".join([", ".join(shown[:-1]), shown[-1]]) if len(shown) > 1 else shown[0]
    if isinstance(expr, syntax.String):
        return f'"{expr.value}"'
    if isinstance(expr, syntax.Index) and expr.items:
        return f"a list of {_plural(expr.items[0])}"
    return names.get(expr.id, expr.id) if isinstance(expr, syntax.Name) else "something else"


def _plural(expr: Any) -> str:
    names = {
        "int": "integers",
        "float": "numbers",
        "str": "strings",
        "path": "paths",
        "bool": "true or false",
    }
    return names.get(expr.id, expr.id) if isinstance(expr, syntax.Name) else "values"

"""The kinds of value that params take, as they are written: `int`, `float?`, `"a" | "b"`, `list[int]`."""

from __future__ import annotations

from collections.abc import Collection

from getdsl.compiler.constants.markers import ABSENT
from getdsl.compiler.elaborate.values import Value
from getdsl.compiler.graph.callee import Callee
from getdsl.grammar import syntax

KINDS = {"int": int, "float": float, "bool": bool, "str": str, "path": str, "list": list, "table": dict}
CALLEES = ("operation", "block")
_ONE = {
    "int": "an integer",
    "float": "a number",
    "bool": "true or false",
    "str": "a string",
    "path": "a path",
    "list": "a list",
    "table": "a table",
    "operation": "an operation",
    "block": "a block",
}
_SEVERAL = {
    "int": "integers",
    "float": "numbers",
    "str": "strings",
    "path": "paths",
    "bool": "true or false",
    "table": "tables",
    "operation": "operations",
    "block": "blocks",
}


def misfit(type: syntax.Type, value: Value) -> str | None:
    """What a value should have been, or None where it fits."""
    if value is None or value is ABSENT:
        return None if type.optional or _allows_none(type.expr) else _expected(type.expr)
    return None if _fits(type.expr, value) else _expected(type.expr) + (" or `none`" if type.optional else "")


def wrong_item(type: syntax.Type, value: Value) -> Value:
    """The first item of a list that is not of its kind; the value itself where it is no such list."""
    if isinstance(type.expr, syntax.Index) and type.expr.items and isinstance(value, list):
        return next((item for item in value if not _fits(type.expr.items[0], item)), value)
    return value


def literals(expr: syntax.Expr) -> list[str]:
    """The strings that a param may be."""
    return [item.value for item in _options(expr) if isinstance(item, syntax.String)]


def takes_paths(expr: syntax.Expr) -> bool:
    """Whether a text, or each text of a list, is a path."""
    if isinstance(expr, syntax.Index):
        return any(map(takes_paths, expr.items))
    return any(
        takes_paths(item)
        if isinstance(item, syntax.Index)
        else isinstance(item, syntax.Name) and item.id == "path"
        for item in _options(expr)
    )


def takes(expr: syntax.Expr, kinds: Collection[str]) -> bool:
    """Whether one of these kinds is among those of a param, or of the items of its list."""
    return any(isinstance(node, syntax.Name) and node.id in kinds for node in syntax.walk(expr))


def _options(expr: syntax.Expr) -> tuple[syntax.Expr, ...]:
    return expr.options if isinstance(expr, syntax.Union) else (expr,)


def _allows_none(expr: syntax.Expr) -> bool:
    return any(isinstance(item, syntax.Name) and item.id == "none" for item in _options(expr))


def _fits(expr: syntax.Expr, value: Value) -> bool:
    match expr:
        case syntax.Union(options=options):
            return any(_fits(option, value) for option in options)
        case syntax.String(value=text):
            return isinstance(value, str) and value == text
        case syntax.Index(items=(inner, *_)):
            return isinstance(value, list) and all(_fits(inner, item) for item in value)
        case syntax.Name(id=kind):
            return _is(kind, value)
    return False


def _is(kind: str, value: Value) -> bool:
    if kind == "float":
        return isinstance(value, int | float) and not isinstance(value, bool)
    if kind == "int":
        return isinstance(value, int) and not isinstance(value, bool)
    if isinstance(value, Callee) or kind in CALLEES:
        return isinstance(value, Callee) and value.kind == kind
    return kind in KINDS and isinstance(value, KINDS[kind])


def _expected(expr: syntax.Expr) -> str:
    match expr:
        case syntax.Union(options=options):
            *others, last = map(_expected, options)
            return f"{', '.join(others)} or {last}" if others else last
        case syntax.String(value=text):
            return f'"{text}"'
        case syntax.Index(items=(inner, *_)):
            return f"a list of {_plural(inner)}"
        case syntax.Name(id=kind):
            return _ONE.get(kind, kind)
    return "something else"


def _plural(expr: syntax.Expr) -> str:
    return _SEVERAL.get(expr.id, expr.id) if isinstance(expr, syntax.Name) else "values"

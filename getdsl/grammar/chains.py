"""Chains such as `a + b + c`: a left-associative operator nests syntax, though nothing in it is nested."""

from __future__ import annotations

from collections.abc import Iterator
from types import MappingProxyType

from getdsl.grammar import syntax
from getdsl.grammar.node import Node

BEGINNINGS = MappingProxyType(  # the field that holds what comes first
    {
        syntax.Arrow: "source",
        syntax.Attribute: "value",
        syntax.Binary: "left",
        syntax.Call: "callee",
        syntax.Index: "value",
    }
)


def links(expr: Node) -> Iterator[Node]:
    """The expression, what it begins with, what that begins with, and so on, but for the last: a plain name.

    All of these but the last operand: of `a + b + c` the whole and `a + b`, of `relu(x)[0]` the whole.
    """
    while (name := BEGINNINGS.get(type(expr))) is not None:
        first = getattr(expr, name)
        if isinstance(expr, syntax.Call) and isinstance(first, syntax.Name):
            return  # the name of what is called has no value of its own
        yield expr
        expr = first


def operands(expr: syntax.Expr, operator: str) -> list[syntax.Expr]:
    """What an operator stands between: of `a and b and c` all three, of anything else that alone."""
    found: list[syntax.Expr] = []
    while isinstance(expr, syntax.Binary) and expr.operator == operator:
        found.append(expr.right)
        expr = expr.left
    return [expr, *reversed(found)]


def alternatives(expr: syntax.Expr) -> list[syntax.Expr]:
    """What `??` stands between, in order; of anything else that alone."""
    found: list[syntax.Expr] = []
    while isinstance(expr, syntax.Coalesce):
        found.append(expr.value)
        expr = expr.fallback
    return [*found, expr]

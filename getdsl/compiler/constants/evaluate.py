"""The value of an expression of constants: one rule for params, settings and what `--set` gives."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from getdsl.compiler.constants.constant import Constant
from getdsl.compiler.constants.functions import CompileTimeError, binary
from getdsl.compiler.constants.markers import POISON
from getdsl.compiler.graph.dimensions import Dim
from getdsl.grammar import syntax
from getdsl.grammar.chains import links

Part = Callable[[syntax.Expr, "str | int"], Constant]
WORDS: Mapping[str, bool | None] = MappingProxyType({"true": True, "false": False, "none": None})


class NotConstantError(ValueError):
    """An expression that has no value of its own: a name, a call, a range."""


def evaluate(expr: syntax.Expr, part: Part) -> Constant:
    """The value of a literal, list, table or operator, POISON where a part of it is.

    `part` gives the values of the expressions inside, each with its step: a number in a list, a key in a
    table, the name of an operand. Raises NotConstantError, and CompileTimeError where an operator does not
    take its operands.
    """
    match expr:
        case syntax.Number(value=value) | syntax.String(value=value):
            return value
        case syntax.Name(id=name) if name in WORDS:
            return WORDS[name]
        case syntax.List(items=items):
            return [part(item, number) for number, item in enumerate(items)]
        case syntax.Dict(pairs=pairs):
            return {pair.key: part(pair.value, pair.key) for pair in pairs}
        case syntax.Unary():
            return unary(expr.operator, part(expr.operand, "operand"))
        case syntax.Binary():
            return _chain(expr, part)
    raise NotConstantError


def _chain(expr: syntax.Binary, part: Part) -> Constant:
    """The value of `a + b + c`, from the left. Raises CompileTimeError."""
    chain = [link for link in links(expr) if isinstance(link, syntax.Binary)]
    value = part(chain[-1].left, "left")
    for link in reversed(chain):
        right = part(link.right, "right")
        value = POISON if POISON in (value, right) else binary(link.operator, value, right)
    return value


def unary(operator: str, value: Constant) -> Constant:
    """`-` of a number or size, `not` of a truth value. Raises CompileTimeError for any other."""
    if value is POISON:
        return POISON
    if operator == "not" and isinstance(value, bool):
        return not value
    if operator == "-" and isinstance(value, int | float | Dim) and not isinstance(value, bool):
        return -value
    raise CompileTimeError(f"`{operator}` does not take this value")


def literal(expr: syntax.Expr) -> Constant:
    """The value of literals, lists and tables of them. Raises ValueError for anything else."""
    if isinstance(expr, syntax.Unary | syntax.Binary):
        raise NotConstantError
    return evaluate(expr, lambda inner, _: literal(inner))

"""Functions of compile-time values: numbers, lists, strings."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from getdsl.compiler.constants.paths import PathText
from getdsl.compiler.graph.dimensions import Dim
from getdsl.formats.meme import MemeError, read_meme

MAX_TERMS, MAX_DEPTH = 64, 16  # of a symbolic size: terms, and floor divisions inside each other
MAX_LENGTH = 100_000  # of a list or a string


class CompileTimeError(Exception):
    """Why a compile-time function cannot be evaluated."""


def _integer(value: Any) -> int | Dim:
    if isinstance(value, Dim):
        return value
    return int(value)


def _motif_widths(name: str, path: Any) -> list[int]:
    if not isinstance(path, str):
        raise CompileTimeError(f"`{name}` takes the path of a MEME file")
    try:
        return [motif.width for motif in read_meme(path)]
    except MemeError as error:
        raise CompileTimeError(str(error)) from error
    except OSError as error:
        raise CompileTimeError(f"cannot read `{path}`: {(error.strerror or str(error)).lower()}") from error


def _motif_count(path: Any) -> int:
    return len(_motif_widths("motif_count", path))


def _motif_width(path: Any) -> int:
    """The width of the widest motif in bp."""
    return max(_motif_widths("motif_width", path))


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "max": max,
    "min": min,
    "abs": abs,
    "round": round,
    "len": len,
    "sum": sum,
    "int": _integer,
    "float": float,
    "str": str,
    "sqrt": math.sqrt,
    "log": math.log,
    "log2": math.log2,
    "log10": math.log10,
    "exp": math.exp,
    "floor": math.floor,
    "ceil": math.ceil,
    "motif_count": _motif_count,
    "motif_width": _motif_width,
}


def call_function(name: str, args: list[Any], kwargs: dict[str, Any]) -> Any:
    """The value of a function of constants. Raises CompileTimeError."""
    numbers = [item for item in args if isinstance(item, Dim)]
    if numbers and name not in ("int",):
        raise CompileTimeError(f"`{name}` of {numbers[0]} is not known at compile time")
    try:
        return FUNCTIONS[name](*args, **kwargs)
    except CompileTimeError:
        raise
    except (TypeError, ValueError, OverflowError, ZeroDivisionError) as error:
        raise CompileTimeError(f"`{name}` cannot be evaluated: {error}") from error


ARITHMETIC: dict[str, tuple[str, Callable[[Any, Any], Any]]] = {
    "+": ("add", lambda a, b: a + b),
    "-": ("sub", lambda a, b: a - b),
    "*": ("mul", lambda a, b: a * b),
    "/": ("truediv", lambda a, b: a / b),
    "//": ("floordiv", lambda a, b: a // b),
    "%": ("mod", lambda a, b: a % b),
    "**": ("pow", lambda a, b: a**b),
    "==": ("eq", lambda a, b: a == b),
    "!=": ("ne", lambda a, b: a != b),
    "<": ("lt", lambda a, b: a < b),
    "<=": ("le", lambda a, b: a <= b),
    ">": ("gt", lambda a, b: a > b),
    ">=": ("ge", lambda a, b: a >= b),
    "and": ("logical_and", lambda a, b: a and b),
    "or": ("logical_or", lambda a, b: a or b),
}


def binary(operator: str, left: Any, right: Any) -> Any:
    """The value of an operator on constants and dimensions. Raises CompileTimeError."""
    symbolic = next((item for item in (left, right) if isinstance(item, Dim)), None)
    if symbolic is not None and symbolic.value is None:
        return _symbolic(operator, left, right, symbolic)
    left = left.value if isinstance(left, Dim) else left
    right = right.value if isinstance(right, Dim) else right
    if operator in ("and", "or") and not (isinstance(left, bool) and isinstance(right, bool)):
        raise CompileTimeError(f"`{operator}` takes true or false on both sides")
    if operator == "**" and isinstance(right, int | float) and abs(right) > 64:
        raise CompileTimeError("the exponent is too large")
    if operator in ("+", "*") and isinstance(left, str | list | PathText) != isinstance(
        right, str | list | PathText
    ):
        raise CompileTimeError(f"`{operator}` does not take {type(left).__name__} and {type(right).__name__}")
    if operator == "*" and any(isinstance(item, str | list) for item in (left, right)):
        raise CompileTimeError("a list or a string cannot be multiplied")
    try:
        return _within_limits(ARITHMETIC[operator][1](left, right))
    except ZeroDivisionError as error:
        raise CompileTimeError("division by zero") from error
    except (TypeError, OverflowError) as error:
        raise CompileTimeError(f"`{operator}` cannot combine these values") from error


def _within_limits(value: Any) -> Any:
    """A value of a size that people mean. Raises CompileTimeError for any other."""
    if isinstance(value, int) and value.bit_length() > 63:
        raise CompileTimeError("this integer is beyond 64 bits")
    if isinstance(value, str | list) and len(value) > MAX_LENGTH:
        raise CompileTimeError(f"this holds more than {MAX_LENGTH:,} items")
    if isinstance(value, complex):
        raise CompileTimeError("the root of a negative number")
    if isinstance(value, Dim) and (len(value.terms) > MAX_TERMS or value.depth > MAX_DEPTH):
        raise CompileTimeError("this size is too complicated to be compared with others")
    return value


def _symbolic(operator: str, left: Any, right: Any, symbolic: Dim) -> Any:
    operands = [item for item in (left, right) if isinstance(item, bool) or not isinstance(item, int | Dim)]
    if operands:
        raise CompileTimeError(
            f"`{operator}` of the size {symbolic} and this value is not known at compile time"
        )
    if operator in ("+", "-", "*", "//", "%"):
        if operator in ("//", "%") and right == 0:
            raise CompileTimeError("division by zero")
        result = _within_limits(ARITHMETIC[operator][1](Dim.of(left), Dim.of(right)))
        return result.value if result.value is not None else result
    if operator in ("==", "!=") and Dim.of(left) == Dim.of(right):
        return operator == "=="
    raise CompileTimeError(f"`{left} {operator} {right}` is not known before run time: {symbolic} is free")

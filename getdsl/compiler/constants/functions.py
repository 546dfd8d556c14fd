"""Functions of compile-time values: numbers, lists, strings."""

from __future__ import annotations

import math
import operator as operators
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from typing import TypeGuard

from getdsl.compiler.constants.constant import Constant
from getdsl.compiler.graph.callee import Callee
from getdsl.compiler.graph.dimensions import Dim

MAX_TERMS, MAX_DEPTH = 64, 16  # of a symbolic size: terms, and floor divisions inside each other
MAX_LENGTH = 100_000  # of a list or a string


class CompileTimeError(Exception):
    """Why a compile-time function cannot be evaluated."""


class UnknownSizeError(CompileTimeError):
    """It needs a size that is not known."""


def _integer(value: int | float | str | Dim) -> int | Dim:
    return value if isinstance(value, Dim) else int(value)


def motif_widths(path: str) -> Sequence[int]:
    """The widths in bp of a MEME file's motifs. Raises CompileTimeError."""
    return [width for _, _, width in _motifs(path)]


def _motifs(path: str) -> Sequence[tuple[str, str | None, int]]:
    """The motifs' names, second names and widths. Raises CompileTimeError."""
    from getdsl.formats.meme import MemeError

    try:
        state = os.stat(path)
        return _read_motifs(path, state.st_mtime_ns, state.st_size)
    except MemeError as error:
        raise CompileTimeError(str(error)) from error
    except OSError as error:
        raise CompileTimeError(f"cannot read `{path}`: {(error.strerror or str(error)).lower()}") from error


@cache
def _read_motifs(path: str, changed: int, size: int) -> tuple[tuple[str, str | None, int], ...]:
    from getdsl.formats.meme import read_meme

    return tuple((motif.name, motif.alt, motif.width) for motif in read_meme(path))


def _motif_file(name: str, path: object) -> str:
    if not isinstance(path, str):
        raise CompileTimeError(f"`{name}` takes the path of a MEME file")
    return path


def _motif_count(path: object, clusters: str | None = None) -> int:
    """How many motifs a file holds, or how many clusters of a table they are in. Raises CompileTimeError."""
    motifs = _motifs(_motif_file("motif_count", path))
    if clusters is None:
        return len(motifs)
    from getdsl.formats.motifs.clusters import clusters_of
    from getdsl.formats.text import FormatError

    try:
        return len(clusters_of(clusters, [(name, alt) for name, alt, _ in motifs])[0])
    except FormatError as error:
        raise CompileTimeError(str(error)) from error


def _motif_width(path: object, kernel_size: int | None = None) -> int:
    """The width of the widest motif in bp. Raises CompileTimeError with its name where it fits no kernel."""
    file = _motif_file("motif_width", path)
    name, _, width = max(_motifs(file), key=lambda motif: motif[2])
    if kernel_size is not None and width > kernel_size:
        raise CompileTimeError(f"{file}: motif {name} is {width} bp wide, and kernel_size is {kernel_size}")
    return width


def _is_list(value: object) -> bool:
    return isinstance(value, list)


def _pair(value: Constant) -> list[Constant]:
    """A number for both axes of a map, or a list with one for each. Raises CompileTimeError."""
    items: list[Constant] = value if isinstance(value, list) else [value, value]
    if len(items) != 2:
        raise CompileTimeError(f"a list for the two axes of a map has 2 numbers, and this has {len(items)}")
    return items


FUNCTIONS: Mapping[str, Callable[..., Constant]] = {
    "max": max,
    "min": min,
    "abs": abs,
    "round": round,
    "len": len,
    "sum": sum,
    "is_list": _is_list,
    "pair": _pair,
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


def call_function(name: str, args: Sequence[Constant], kwargs: Mapping[str, Constant]) -> Constant:
    """The value of a function of constants. Raises CompileTimeError."""
    _refuse_callees(name, (*args, *kwargs.values()))
    numbers = [item for item in args if isinstance(item, Dim)]
    if numbers and name not in ("int",):
        raise UnknownSizeError(f"`{name}` of {numbers[0]} is not known at compile time")
    try:
        return FUNCTIONS[name](*args, **kwargs)
    except CompileTimeError:
        raise
    except (TypeError, ValueError, OverflowError, ZeroDivisionError) as error:
        raise CompileTimeError(f"`{name}` cannot be evaluated: {error}") from error


def _refuse_callees(name: str, operands: Iterable[Constant]) -> None:
    """An operation or a block has a name, and is no text."""
    found = next((item for item in operands if isinstance(item, Callee)), None)
    if found is not None:
        raise CompileTimeError(f"`{name}` does not take the {found.kind} `{found}`")


def _both(left: bool, right: bool) -> bool:
    return left and right


def _either(left: bool, right: bool) -> bool:
    return left or right


ARITHMETIC: Mapping[str, tuple[str, Callable[..., Constant]]] = {  # with the operation on tensors
    "+": ("add", operators.add),
    "-": ("sub", operators.sub),
    "*": ("mul", operators.mul),
    "/": ("truediv", operators.truediv),
    "//": ("floordiv", operators.floordiv),
    "%": ("mod", operators.mod),
    "**": ("pow", operators.pow),
    "==": ("eq", operators.eq),
    "!=": ("ne", operators.ne),
    "<": ("lt", operators.lt),
    "<=": ("le", operators.le),
    ">": ("gt", operators.gt),
    ">=": ("ge", operators.ge),
    "and": ("logical_and", _both),
    "or": ("logical_or", _either),
}


def binary(operator: str, left: Constant, right: Constant) -> Constant:
    """The value of an operator on constants and dimensions. Raises CompileTimeError."""
    symbolic = next((item for item in (left, right) if isinstance(item, Dim)), None)
    if symbolic is not None and symbolic.value is None:
        return _symbolic(operator, left, right, symbolic)
    left = left.value if isinstance(left, Dim) else left
    right = right.value if isinstance(right, Dim) else right
    _refuse_operands(operator, left, right)
    try:
        return _within_limits(ARITHMETIC[operator][1](left, right))
    except ZeroDivisionError as error:
        raise CompileTimeError("division by zero") from error
    except (TypeError, OverflowError) as error:
        raise CompileTimeError(f"`{operator}` cannot combine these values") from error


def _refuse_operands(operator: str, left: Constant, right: Constant) -> None:
    """Raises CompileTimeError for what Python would take and people do not mean."""
    if operator not in ("==", "!="):
        _refuse_callees(operator, (left, right))
    if operator in ("and", "or") and not (isinstance(left, bool) and isinstance(right, bool)):
        raise CompileTimeError(f"`{operator}` takes true or false on both sides")
    if operator == "**" and isinstance(right, int | float) and abs(right) > 64:
        raise CompileTimeError("the exponent is too large")
    if operator in ("+", "*"):
        _refuse_lists(operator, left, right)


def _refuse_lists(operator: str, left: Constant, right: Constant) -> None:
    """Lists and strings are added to their like, and never multiplied."""
    several = [isinstance(item, str | list) for item in (left, right)]
    if any(several) and not all(several):
        raise CompileTimeError(f"`{operator}` does not take {type(left).__name__} and {type(right).__name__}")
    if operator == "*" and any(several):
        raise CompileTimeError("a list or a string cannot be multiplied")


def _within_limits(value: Constant) -> Constant:
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


def _symbolic(operator: str, left: Constant, right: Constant, symbolic: Dim) -> Constant:
    if not (_is_size(left) and _is_size(right)):
        raise UnknownSizeError(
            f"`{operator}` of the size {symbolic} and this value is not known at compile time"
        )
    if operator in ("+", "-", "*", "//", "%"):
        if operator in ("//", "%") and right == 0:
            raise CompileTimeError("division by zero")
        result = _within_limits(ARITHMETIC[operator][1](Dim.of(left), Dim.of(right)))
        return result.value if isinstance(result, Dim) and result.value is not None else result
    if operator in ("==", "!=") and Dim.of(left) == Dim.of(right):
        return operator == "=="
    raise UnknownSizeError(f"`{left} {operator} {right}` is not known before run time: {symbolic} is free")


def _is_size(value: Constant) -> TypeGuard[int | Dim]:
    return isinstance(value, int | Dim) and not isinstance(value, bool)

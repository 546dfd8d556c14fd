"""Fourier transforms. A complex number is a last axis of two floats: its real part, and its imaginary."""

from __future__ import annotations

from collections.abc import Iterator

from getdsl.compiler.graph.bounds import AtLeast, Need
from getdsl.compiler.graph.dimensions import Dim
from getdsl.compiler.graph.types import TensorType
from getdsl.compiler.operations import dtypes, kept
from getdsl.compiler.operations.elementwise import broadcast
from getdsl.compiler.operations.operand import Floats, Operand, Shape, ShapeError, axis
from getdsl.compiler.operations.registry import operation
from getdsl.diagnostics.mistakes import operands

Length = int | Dim | None


def _length(x: TensorType, n: Length, dim: Operand) -> tuple[int, Dim]:
    position = axis(dim, len(x.shape))
    return position, x.shape[position] if n is None else Dim.of(n)


def whole_spectrum(x: TensorType, n: Length = None, dim: Operand = -1) -> Shape:
    position, length = _length(x, n, dim)
    return (*x.shape[:position], length, *x.shape[position + 1 :], Dim.of(2))


def half_spectrum(x: TensorType, n: Length = None, dim: Operand = -1) -> Shape:
    position, length = _length(x, n, dim)
    return (*x.shape[:position], length // 2 + 1, *x.shape[position + 1 :], Dim.of(2))


def some_values(x: TensorType, n: Length = None, dim: Operand = -1) -> Iterator[Need]:
    """Of nothing MKL makes no spectrum."""
    for side in (_length(x, n, dim)[1], *x.shape):
        yield AtLeast(side, 1, operands.SPECTRUM, operands.SIZE)


def _hold_complex(x: TensorType) -> None:
    if not x.shape or x.shape[-1] != 2:
        raise ShapeError(operands.not_complex(x.plain()))


def back(x: Floats, n: int | Dim, dim: Operand = -1) -> Shape:
    _hold_complex(x)
    position = axis(dim, len(x.shape) - 1)
    return (*x.shape[:position], Dim.of(n), *x.shape[position + 1 : -1])


def some_frequencies(x: Floats, n: int | Dim, dim: Operand = -1) -> Iterator[Need]:
    axis(dim, len(x.shape) - 1)
    yield AtLeast(Dim.of(n), 1, operands.SPECTRUM, operands.COUNT)
    for side in x.shape:
        yield AtLeast(side, 1, operands.SPECTRUM, operands.SIZE)


def complex_pairs(left: Floats, right: Floats) -> Shape:
    _hold_complex(left)
    _hold_complex(right)
    return broadcast(left, right)


operation(
    "fft",
    "The frequencies along an axis of n values, as many pairs of floats; without n all of the axis.",
    "fft(x, dim = 1)",
    shape=whole_spectrum,
    dtype=dtypes.floating,
    cost=kept.nothing,
    needs=some_values,
)
operation(
    "rfft",
    "The first n // 2 + 1 frequencies of `fft`, which tell the others. A larger n pads with zeros.",
    "rfft(x, dim = 1)",
    shape=half_spectrum,
    dtype=dtypes.floating,
    cost=kept.nothing,
    needs=some_values,
)
operation(
    "irfft",
    "The n values along an axis whose `rfft` x is; `dim` counts without the axis of pairs.",
    "irfft(rfft(x, dim = 1), R, dim = 1)",
    shape=back,
    dtype=dtypes.floating,
    cost=kept.nothing,
    needs=some_frequencies,
)
operation(
    "complex_product",
    "The products of complex numbers, pairs of floats on the last axis.",
    "complex_product(rfft(x, dim = 1), rfft(y, dim = 1))",
    shape=complex_pairs,
    dtype=dtypes.floating,
    cost=kept.each_for_the_other,
)

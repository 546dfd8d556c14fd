"""Sums of products by the names of their axes: `einsum`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from string import ascii_letters

from getdsl.compiler.graph.dimensions import Dim
from getdsl.compiler.graph.types import TensorType
from getdsl.compiler.operations import dtypes, kept, reaching
from getdsl.compiler.operations.axis_patterns import (
    DOTS,
    Group,
    axes_of_dots,
    names_of,
    read_side,
    shown,
    spread,
)
from getdsl.compiler.operations.operand import Operand, Shape, ShapeError
from getdsl.compiler.operations.registry import Typed, operation
from getdsl.diagnostics.mistakes import axis_patterns as mistakes
from getdsl.diagnostics.mistakes import operands as operand_mistakes

USAGE = 'einsum("b i d, b j d -> b i j", q, k)'


@dataclass(frozen=True)
class Product:
    """The axes of each tensor and of the result, by their names, and how wide each is."""

    terms: tuple[list[str], ...]
    result: list[str]
    sizes: Mapping[str, Dim]

    def equation(self) -> str:
        """It as PyTorch writes it, a letter an axis."""
        letters = dict(zip(self.sizes, ascii_letters, strict=False))
        terms = ("".join(letters[name] for name in term) for term in (*self.terms, self.result))
        *factors, result = terms
        return f"{','.join(factors)}->{result}"


def product_of(pattern: str, tensors: list[TensorType]) -> Product:
    """What a pattern says of tensors. Raises ShapeError."""
    if any(x.dims is None for x in tensors):
        raise ShapeError(mistakes.unknown_axes(pattern))
    *sides, last = _sides(pattern, len(tensors))
    count = _axes_of_dots(sides, tensors, pattern)
    terms = [names_of(spread(side, count)) for side in sides]
    result = names_of(spread(last, count))
    sizes = _sizes(terms, tensors)
    unknown = next((name for name in result if name not in sizes), None)
    if unknown is not None:
        raise ShapeError(mistakes.unknown_result_axis(shown(unknown), pattern))
    if len(sizes) > len(ascii_letters):
        raise ShapeError(mistakes.too_many_letters(len(ascii_letters)))
    return Product(tuple(terms), result, sizes)


def _sides(pattern: str, tensors: int) -> list[tuple[Group, ...]]:
    """The axes of each tensor, and of the result."""
    left, arrow, right = pattern.partition("->")
    if not arrow or "->" in right:
        raise ShapeError(mistakes.one_arrow(pattern, USAGE))
    terms = left.split(",")
    if len(terms) != tensors:
        raise ShapeError(mistakes.tensors_and_terms(tensors, len(terms), pattern))
    terms.append(right)
    if not any(" " in term.strip() for term in terms):
        terms = [_spaced(term) for term in terms]
    return [_axes(read_side(term, str(place), pattern), pattern) for place, term in enumerate(terms)]


def _spaced(term: str) -> str:
    """A term of one letter an axis as one of names."""
    return " ".join(re.findall(r"\.{3}|.", term.strip()))


def _axes_of_dots(sides: list[tuple[Group, ...]], tensors: list[TensorType], pattern: str) -> int:
    """How many axes `...` stands for, in each tensor as many."""
    counts = [
        (axes_of_dots(side, x, pattern), (DOTS,) in side) for side, x in zip(sides, tensors, strict=True)
    ]
    found = {count for count, dots in counts if dots}
    if len(found) > 1:
        raise ShapeError(mistakes.dots_of_ranks(pattern))
    return next(iter(found), 0)


def _axes(groups: tuple[Group, ...], pattern: str) -> tuple[Group, ...]:
    if any(len(group) != 1 or "#" in group[0] for group in groups):
        raise ShapeError(mistakes.brackets_in_a_product(pattern))
    return groups


def _sizes(terms: list[list[str]], tensors: list[TensorType]) -> dict[str, Dim]:
    sizes: dict[str, Dim] = {}
    first: dict[str, TensorType] = {}
    for term, x in zip(terms, tensors, strict=True):
        for name, side in zip(term, x.shape, strict=True):
            if sizes.setdefault(name, side) != side:
                told = (sizes[name], first[name].plain(), side, x.plain())
                raise ShapeError(mistakes.two_sizes(shown(name), *told))
            first.setdefault(name, x)
    return sizes


def _parted(operands: Iterable[Operand | Typed]) -> tuple[str, list[Operand | Typed]]:
    """The pattern and the rest. Raises ShapeError where there is not one pattern."""
    texts = [item for item in operands if isinstance(item, str)]
    rest: list[Operand | Typed] = [item for item in operands if not isinstance(item, str)]
    if len(texts) != 1 or not rest:
        raise ShapeError(mistakes.one_pattern(USAGE))
    return texts[0], rest


def contracted(*operands: Operand) -> Shape:
    pattern, rest = _parted(operands)
    tensors = [item for item in rest if isinstance(item, TensorType)]
    if len(tensors) < len(rest):
        raise ShapeError(mistakes.one_pattern(USAGE))
    for tensor in tensors:
        if tensor.dtype != "float":
            raise ShapeError(operand_mistakes.wrong_dtype("einsum", tensor.plain(), ("float",)))
    product = product_of(pattern, tensors)
    return tuple(product.sizes[name] for name in product.result)


def einsum(call: Callable[..., Typed], *operands: Operand | Typed) -> Typed:
    """The pattern first, as PyTorch writes it."""
    pattern, tensors = _parted(operands)
    product = product_of(pattern, [tensor.type for tensor in tensors])  # type: ignore[union-attr]  # held by the rule
    return call("einsum", product.equation(), *tensors)


operation(
    "einsum",
    "The sum of products of floats along the axes that the result leaves out, by a pattern.",
    'einsum("b i d, b j d -> b i j", x, y)',
    shape=contracted,
    dtype=dtypes.floating,
    cost=kept.contraction,
    reach=reaching.contracted,
    spelled=einsum,
)

"""Random numbers, drawn anew in each step of training.

In evaluation they are the mean of what is drawn, so that a model's outputs are the same each time, unless
`evaluation = "draw"`.
"""

from __future__ import annotations

from collections.abc import Callable

from getdsl.compiler.graph.types import TensorType
from getdsl.compiler.operations import dtypes, kept
from getdsl.compiler.operations.operand import Number, Operand, Shape, ShapeError
from getdsl.compiler.operations.registry import operation
from getdsl.diagnostics.mistakes import operands

MEAN, DRAW = "mean", "draw"


def normal(x: TensorType, mean: Number = 0.0, std: Number = 1.0, evaluation: str = MEAN) -> Shape:
    _hold(isinstance(std, int | float) and std < 0, operands.spread_negative())
    return _like(x, evaluation)


def uniform(x: TensorType, low: Number = 0.0, high: Number = 1.0, evaluation: str = MEAN) -> Shape:
    numbers = isinstance(low, int | float) and isinstance(high, int | float)
    _hold(numbers and low > high, operands.bounds_crossed(low, high))  # type: ignore[operator]
    return _like(x, evaluation)


def bernoulli(x: TensorType, p: Number = 0.5, evaluation: str = MEAN) -> Shape:
    _hold(isinstance(p, int | float) and not 0 <= p <= 1, operands.no_probability(p))
    return _like(x, evaluation)


def _like(x: TensorType, evaluation: Operand) -> Shape:
    _hold(evaluation not in (MEAN, DRAW), operands.no_evaluation(evaluation, (MEAN, DRAW)))
    return x.shape


def _hold(wrong: bool, message: operands.Misfit) -> None:
    if wrong:
        raise ShapeError(message)


def _row(name: str, doc: str, shape: Callable[..., Shape]) -> None:
    operation(
        name,
        f'{doc} In evaluation their mean, or drawn too where `evaluation = "draw"`.',
        f"{name}(x)",
        shape=shape,
        dtype=dtypes.floating,
        cost=kept.nothing,
        gradient=False,
    )


_row("normal_like", "Floats of the shape of x, drawn from a normal distribution in training.", normal)
_row("uniform_like", "Floats of the shape of x, drawn between two bounds in training.", uniform)
_row(
    "bernoulli_like",
    "Floats of the shape of x, each 1 with the probability p in training, else 0.",
    bernoulli,
)

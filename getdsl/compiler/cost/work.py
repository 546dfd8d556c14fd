"""What a step costs, as the rules say it: multiplications, and what is kept for the backward pass."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from getdsl.compiler.cost.products import Product
from getdsl.compiler.trace import Step

ANY: tuple[str, ...] = ()  # any operand at all
Layout = Literal["packed", "permuted", "sliced"]  # in order; all there, in another order; with gaps


@dataclass(frozen=True, slots=True)
class Kept:
    """A tensor that autograd saves where one of the operands in `needs` requires a gradient.

    `tensor` is an operand's name, an output's name behind a ">", or the size of a new one, of `itemsize`
    bytes. With `copied` a tensor that is not packed is saved as a packed copy.
    """

    tensor: str | Product
    needs: tuple[str, ...] = ANY
    itemsize: int = 4
    copied: bool = False


@dataclass(frozen=True, slots=True)
class Work:
    """Floating-point operations, two for each multiply-add of a matrix product, convolution or attention.

    `backward` lists what is spent where the gradient of one of the named operands is asked for.
    `view` names the operand whose memory the first output shares.
    """

    forward: tuple[Product, ...] = ()
    backward: tuple[tuple[tuple[str, ...], Product], ...] = ()
    kept: tuple[Kept, ...] = ()
    view: str | None = None
    layout: Layout = "packed"


Rule = Callable[[Step], Work]
NOTHING = Work()
RULES: dict[str, Rule] = {}  # by the operation's name or the class of a block's body


def rule(*names: str) -> Callable[[Rule], Rule]:
    """Registers what the operations or blocks of these names cost."""

    def register(function: Rule) -> Rule:
        for name in names:
            assert name not in RULES, name
            RULES[name] = function
        return function

    return register

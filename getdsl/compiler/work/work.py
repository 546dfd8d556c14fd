"""What a step costs, as the rules say it: multiplications, and what is kept for the backward pass."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Literal

from getdsl.compiler.work.products import Product
from getdsl.compiler.work.step import Step

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
    `view` names the operand whose memory the first output shares; with `restrides` it must be packed for
    that, or is copied.
    """

    forward: tuple[Product, ...] = ()
    backward: tuple[tuple[tuple[str, ...], Product], ...] = ()
    kept: tuple[Kept, ...] = ()
    view: str | None = None
    layout: Layout = "packed"
    restrides: bool = False


NOTHING = Work()


def all_reached(step: Step, output: str) -> Collection[str]:
    return ()


@dataclass(frozen=True, slots=True)
class Rule:
    """What is known of an operation or of a block's body without running it.

    `work` is what a step of it costs; `unreached` names the operands to which an output sends no gradient.
    """

    work: Callable[[Step], Work]
    unreached: Callable[[Step, str], Collection[str]] = all_reached

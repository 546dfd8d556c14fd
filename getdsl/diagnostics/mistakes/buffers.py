"""Tensors that are computed once."""

from __future__ import annotations

from getdsl.diagnostics.code import Code
from getdsl.diagnostics.diagnostic import Diagnostic
from getdsl.text.source import Span

GET222 = Code(
    "GET222",
    "a buffer is not made of constants",
    "`Buffer(expression)` is computed once, when the model is made, stands in the state dict and is never "
    "trained. So it reads no inputs and no weights, and all of its sizes are numbers.",
)


def one_expression(place: Span) -> Diagnostic:
    return GET222.at(place, "`Buffer` takes one expression", help="the call is `Buffer(arange(512))`")


def no_tensor(found: str, place: Span) -> Diagnostic:
    return GET222.at(
        place, f"a buffer is a tensor, not {found}", help="`full([4], 0.5)` makes one of a number"
    )


def no_constant(name: str, kind: str, place: Span) -> Diagnostic:
    """`kind` is what else than an operation a buffer would read: an input, a parameter or a module."""
    return GET222.at(
        place,
        f"a buffer is computed once, and the {kind} `{name}` is not known then",
        help="leave `Buffer` out: `name = expression` is computed in each step",
    )


def open_size(type: object, place: Span) -> Diagnostic:
    return GET222.at(
        place,
        f"a buffer has sizes that are numbers, and this is {type}, of sizes that the batch tells",
        help="give it the largest size and slice it: `Buffer(arange(512))[0:R]`",
    )


def read_outside(place: Span) -> Diagnostic:
    return GET222.at(
        place, "a file is read once, into a buffer", help='the call is `Buffer(read("spline.npy"))`'
    )

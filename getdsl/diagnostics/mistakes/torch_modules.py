"""Modules of `torch.nn` that faces name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from getdsl.diagnostics.code import Code
from getdsl.diagnostics.diagnostic import Diagnostic
from getdsl.diagnostics.listing import joined
from getdsl.diagnostics.suggest import suggestion_or_list
from getdsl.text.source import Span

GET223 = Code(
    "GET223",
    "a face does not say what its module of torch.nn does",
    '`block GRU from "torch.nn:GRU"` takes a module of PyTorch: `call(…)` is how it is made, of params and '
    "sizes, `apply(…)` what it is given where that is not the inputs in their order, and `take N` which of "
    "several results is the output. PyTorch is asked what the module owns and returns, and the face is held "
    "against it.",
)


def outside_torch(target: str, place: Span) -> Diagnostic:
    return GET223.at(
        place,
        f'`from` names a module of torch.nn, as "torch.nn:GRU", not "{target}"',
        help='Python of your own is named with `extern "module:Class"`, and runs where it is trusted',
    )


def without_from(word: str, place: Span) -> Diagnostic:
    return GET223.at(
        place,
        f"`{word}` belongs to a block of a module of torch.nn",
        help='begin the block with `block Name from "torch.nn:…" {`',
    )


def open_size(word: str, size: str, place: Span) -> Diagnostic:
    return GET223.at(
        place,
        f"`{word}` takes constants, and {size} is only known at run time",
        help="give the axis a size, or make the size a param of the block",
    )


def no_plain_data(word: str, found: str, place: Span) -> Diagnostic:
    return GET223.at(
        place,
        f"`{word}` takes numbers, texts, truth values and lists of them, not {found}",
        help="name an input in `apply` only" if word == "call" else "name an input, or give a constant",
    )


def one_output(module: str, place: Span) -> Diagnostic:
    return GET223.at(
        place,
        f"the block of torch.nn.{module} has more than one output",
        help="declare one, and choose it with `take`; another block can take another result",
    )


def other_shape(module: str, declared: str, found: str, sizes: Mapping[str, int], place: Span) -> Diagnostic:
    values = joined(f"{name} = {size}" for name, size in sizes.items())
    return GET223.at(
        place,
        f"torch.nn.{module} returns {found}, and its face declares {declared}",
        notes=[f"where {values}"] if values else [],
        help="mend the output's type, or what `call` and `take` say",
    )


def of_problem(
    problem: str, module: str, answer: Mapping[str, Any], take: int | None, place: Span
) -> Diagnostic:
    """What PyTorch says against a face, by the name of the problem."""
    name, text, count = f"torch.nn.{module}", answer.get("text", ""), answer.get("count", 0)
    last = count - 1
    messages = {
        "absent": (
            f"torch.nn has no module `{module}`",
            suggestion_or_list(module, answer.get("known", ()), "modules"),
        ),
        "refused": (
            f"{name} does not take these arguments: {text}",
            f"`call` gives what it takes: {answer.get('takes', '')}",
        ),
        "lazy": (
            f"{name} does not know the sizes of its weights before it runs",
            "name the module that is told its sizes, without `Lazy`",
        ),
        "unfit": (
            f"{name} does not take these inputs: {text}",
            "mend the types of the inputs, or say with `apply(…)` what the module is given",
        ),
        "several": (f"{name} returns {count} results", f"say which with `take 0` to `take {last}`"),
        "single": (f"{name} returns one tensor, and there is nothing to take", "leave out `take`"),
        "beyond": (
            f"`take {take}`, and {name} returns {count} results",
            f"results count from 0: `take 0` to `take {last}`",
        ),
        "no tensor": (
            f"what is taken of {name} is a {text} and no tensor",
            "take another result",
        ),
    }
    message, help = messages.get(
        problem,
        (
            f"PyTorch gives no answer about {name}",
            "see whether `python -c 'import torch'` works, and check again",
        ),
    )
    return GET223.at(place, message, help=help)

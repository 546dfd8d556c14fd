"""Calls: their params and inputs, and values that cannot be called."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from getdsl.diagnostics.code import Code
from getdsl.diagnostics.diagnostic import Diagnostic, Label
from getdsl.diagnostics.fixes import Help, written
from getdsl.diagnostics.listing import joined
from getdsl.diagnostics.rewrites import argument_once, without_argument
from getdsl.diagnostics.suggest import meant_or_list
from getdsl.text.source import Span

GET212 = Code(
    "GET212",
    "a param has the wrong type",
    "Each param of a model or block declares its type; the value given does not have it.",
)


def wrong_param(
    param: str,
    owner: str,
    expected: str,
    found: str,
    place: Span,
    declared: Span | None,
    help: str | Help | None,
) -> Diagnostic:
    return GET212.at(
        place,
        f"`{param}` of `{owner}` is {expected}, not {found}",
        labels=[Label(declared, "declared here")] if declared else [],
        help=help,
    )


def without_quotes(name: str, place: Span) -> Help:
    """The help for a text that should have been the operation or block of that name."""
    return written(f"write it without quotes: `{name}`", place, name)


def one_of(value: str, place: Span, literals: Iterable[str]) -> Help:
    """The help for a text that is none of those that a param takes."""
    return meant_or_list(value, place, literals, "choices")


def size_at_run_time(size: object) -> str:
    """The help for a size in a param's place."""
    return f"{size} is a size that is only known at run time; params are constants"


def tensor_as_param(param: str, block: str, found: str, usage: str, place: Span) -> Diagnostic:
    return GET212.at(
        place, f"the param `{param}` of `{block}` is a constant, not {found}", help=f"the call is `{usage}`"
    )


def wrong_init(name: str, place: Span, known: Iterable[str]) -> Diagnostic:
    """`name` is what stands there, empty where it is no name."""
    return GET212.at(
        place,
        "`init` is zeros, ones, a number, normal(std), trunc_normal(std), uniform(low, high) or "
        "xavier_uniform",
        help=meant_or_list(name, place, known, "initialisers") if name else None,
    )


GET213 = Code(
    "GET213",
    "an argument is missing",
    "A block needs all of its inputs and every param without a default. Inputs come first, then params.",
)


def missing_param(param: str, owner: str, doc: str, place: Span, declared: Span | None) -> Diagnostic:
    """`declared` is the param's own place, where `place` is that of a call."""
    about = f": {doc}" if doc else ""
    return GET213.at(
        place,
        f"`{owner}` needs `{param}`{about}",
        labels=[Label(declared, "declared here")] if declared else [],
        help=f"give it: `{param} = …`" if declared else f"give it a default, or `--set {param}=…`",
    )


def missing_input(
    block: str, name: str, type: str, instead: str | None, usage: str, place: Span, declared: Span
) -> Diagnostic:
    """`instead` is what was given in the input's place."""
    found = f", not {instead}" if instead is not None else ""
    return GET213.at(
        place,
        f"`{block}` needs the input `{name}: {type}`{found}",
        labels=[Label(declared, "declared here")],
        help=f"inputs come before params: `{usage}`",
    )


def missing_conditional_input(block: str, name: str, type: str, place: Span, declared: Span) -> Diagnostic:
    return GET213.at(
        place,
        f"`{block}` needs the input `{name}: {type}` with these params",
        labels=[Label(declared, "declared here")],
        help=f"give it by name: `{name} = …`",
    )


def no_tensor_given(name: str, block: str, found: str, place: Span) -> Diagnostic:
    return GET213.at(place, f"the input `{name}` of `{block}` is a tensor, not {found}")


GET214 = Code(
    "GET214",
    "an argument does not exist",
    "The call gives more arguments than there are, one that is unknown, or one twice. `getdsl blocks "
    "NAME` shows a block's.",
)


def wrong_arguments(
    operation: str,
    problem: str,
    usage: str,
    place: Span,
    surplus: Span | None = None,
    near: Help | None = None,
) -> Diagnostic:
    """`problem` is what Python says of a call with these arguments.

    `surplus` is the first that is too much, `near` what a misspelt name was meant to be.
    """
    text = f"the call is `{usage}`"
    help = near or (without_argument(surplus, text) if surplus is not None else text)
    return GET214.at(place, _arguments(operation, problem), help=help)


def _arguments(operation: str, problem: str) -> str:
    """Python's words for a call that does not fit, in ours."""
    if "missing a required argument" in problem:
        return f"`{operation}` lacks the argument {problem.rsplit(':', 1)[-1].strip()}".replace("'", "`")
    if "unexpected keyword argument" in problem:
        return f"`{operation}` has no argument {problem.rsplit('argument', 1)[-1].strip()}".replace("'", "`")
    if "too many positional" in problem:
        return f"too many arguments for `{operation}`"
    return f"`{operation}`: {problem}"


def too_many_params(block: str, wanted: int, found: int, usage: str, place: Span) -> Diagnostic:
    """`place` is the first that all the params are given before."""
    return GET214.at(
        place,
        f"`{block}` takes {wanted} param{'s' if wanted != 1 else ''}, got {found}",
        help=without_argument(place, f"the call is `{usage}`"),
    )


def no_such_param(block: str, param: str, place: Span, known: Iterable[str]) -> Diagnostic:
    return GET214.at(
        place,
        f"`{block}` has no param `{param}`",
        help=meant_or_list(param, place, known, "its params and inputs"),
    )


def given_twice(block: str, param: str, place: Span, second: Span, first: Span | None) -> Diagnostic:
    """`second` is the argument at whose name `place` is, and `first` the value that was given before."""
    return GET214.at(
        place,
        f"`{param}` of `{block}` is given twice",
        labels=[Label(first, "first here")] if first else [],
        help=argument_once((second, first), "keep one of them") if first else None,
    )


def too_many_inputs(module: str, wanted: int, found: int, place: Span) -> Diagnostic:
    return GET214.at(place, f"`{module}` takes {wanted} input{'s' if wanted != 1 else ''}, got {found}")


def no_such_input(module: str, name: str, place: Span, known: Iterable[str]) -> Diagnostic:
    return GET214.at(
        place,
        f"`{module}` has no input `{name}`",
        notes=["its params were given where it was bound"],
        help=meant_or_list(name, place, known, "its inputs"),
    )


def conditional_input(block: str, name: str, place: Span, declared: Span) -> Diagnostic:
    return GET214.at(
        place,
        f"`{block}` has no input `{name}` with these params",
        labels=[Label(declared, "declared under a condition that does not hold")],
        help=f"leave `{name}` away, or set the params that it depends on",
    )


PARAMETER_CALL = "the call is `Parameter([1, 1, 64], init = zeros)`"


def no_parameter_argument(name: str, place: Span) -> Diagnostic:
    return GET214.at(place, f"`Parameter` has no argument `{name}`", help=PARAMETER_CALL)


def wrong_parameter_call(place: Span) -> Diagnostic:
    return GET214.at(place, "`Parameter` takes a shape and an `init`", help=PARAMETER_CALL)


def wrong_given(place: Span) -> Diagnostic:
    return GET214.at(place, "`given` takes the name of an optional input")


GET215 = Code(
    "GET215",
    "a block's condition does not hold",
    "A block states what its params must satisfy with `require`; these values do not.",
)


def requirement(
    block: str, message: str, place: Span, declared: Span | None, given: Mapping[str, str]
) -> Diagnostic:
    """A `require` that does not hold; `given` are the params that it reads."""
    values = joined(f"{name} = {value}" for name, value in given.items())
    return GET215.at(
        place,
        f"`{block}`: {message}",
        labels=[Label(declared, "required here")] if declared else [],
        notes=[f"where {values}"] if values else [],
    )


GET312 = Code(
    "GET312",
    "a block leaves something out",
    "A window or a kernel that does not fit into what is left at the end of an axis is not computed, so the "
    "last positions count for nothing. Often that is meant; it is told where the sizes are known.",
)


def worth_a_note(block: str, message: str, place: Span, sizes: Mapping[str, str]) -> Diagnostic:
    """A `require … note` that does not hold; `sizes` are those that it compares."""
    values = joined(f"{name} = {value}" for name, value in sizes.items())
    return GET312.at(
        place,
        f"`{block}`: {message}",
        notes=[f"where {values}"] if values else [],
        help="if they should count, pad, or cut the input to a length that divides",
        severity="note",
    )


GET218 = Code(
    "GET218",
    "a value is used as something that it is not",
    "A tensor cannot be called, a block without its call is no tensor, a number cannot be indexed.",
)


def not_an_expression(what: str, place: Span) -> Diagnostic:
    return GET218.at(place, f"{what} cannot stand in an expression here")


def must_be_called(name: str, place: Span) -> Diagnostic:
    return GET218.at(place, f"`{name}` must be called here", help=f"write `{name}(…)`")


def operation_takes_no(operation: str, found: str, place: Span, *, module: bool) -> Diagnostic:
    hint = "; apply it first: `x -> name`" if module else ""
    return GET218.at(place, f"`{operation}` cannot take {found}{hint}")


def cannot_be_indexed(found: str, place: Span) -> Diagnostic:
    return GET218.at(place, f"{found} cannot be indexed")


def cannot_be_called(found: str, place: Span) -> Diagnostic:
    return GET218.at(place, f"{found} cannot be called")


AFTER_ARROW = "after `->` stands a block, an operation or a module"


def cannot_flow_into(found: str, place: Span) -> Diagnostic:
    return GET218.at(place, f"data cannot flow into {found}", help=AFTER_ARROW)


def nothing_to_flow_into(place: Span) -> Diagnostic:
    return GET218.at(place, AFTER_ARROW)


def source_in_expression(name: str, place: Span) -> Diagnostic:
    return GET218.at(place, f"`{name}` is a data source; it stands in `data`")

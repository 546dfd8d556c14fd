"""The report of an input that does not fit, with where it came from."""

from __future__ import annotations

from getdsl.compiler.elaborate.faces import Bound
from getdsl.compiler.elaborate.frame import Frame
from getdsl.compiler.elaborate.patterns import Mismatch, Pattern, Unifier
from getdsl.compiler.elaborate.values import Tensor
from getdsl.compiler.graph.dimensions import ParamInt
from getdsl.diagnostics import Label
from getdsl.diagnostics.mistakes import shapes
from getdsl.grammar import syntax
from getdsl.text.source import Span


def report_mismatch(
    caller: Frame,
    bound: Bound,
    item: syntax.Input,
    pattern: Pattern,
    actual: Tensor,
    mismatch: Mismatch,
    unifier: Unifier,
) -> None:
    """Says in the caller's frame what an input is given and what it takes."""
    origin = mismatch.found.origin if mismatch.found is not None else None
    found = f"{actual.type.plain()}{_came_from(origin)}"
    away = (actual.span.file, actual.span.start) != (bound.span.file, bound.span.start)
    labels = [Label(_tail(actual.span, bound.span), found)] if away else []
    shown = f"input {item.name}: {pattern}" + ("" if away else f", got {found}")
    where = shapes.bindings_line(actual.type.symbols, _constants(bound, origin, unifier))
    mistake = shapes.unfit_input(
        bound.name,
        mismatch.text,
        bound.span,
        shown,
        labels=labels,
        where=where,
        helps=_helps(caller, actual, mismatch, origin) or _unopened(caller, actual),
        width=_width_given(caller, bound, item, mismatch),
    )
    open_sizes = mismatch.found is not None and actual.type.symbols
    caller.unsettled(mistake) if open_sizes else caller.wrong(mistake)


def _came_from(origin: ParamInt | None) -> str:
    """Which param a size is, and where that stands."""
    if origin is None:
        return ""
    return f", from {origin.name} = {int(origin)}" + (f" (line {origin.span.line})" if origin.span else "")


def _constants(bound: Bound, origin: ParamInt | None, unifier: Unifier) -> dict[str, object]:
    """The sizes that are known: the param that gave one, and the block's symbols."""
    constants: dict[str, object] = {origin.name: int(origin)} if origin is not None else {}
    known = {symbol.name: dim for symbol, dim in unifier.bindings.items()}
    return constants | {
        f"{bound.definition.name}'s {name}": str(dim) for name, dim in known.items() if str(dim) != name
    }


def _helps(caller: Frame, actual: Tensor, mismatch: Mismatch, origin: ParamInt | None) -> list[str]:
    if not mismatch.last_axis:
        return []
    helps = [shapes.pass_param(origin.name)] if origin is not None and _is_own(caller, origin) else []
    if mismatch.expected is not None and mismatch.expected.value is not None:
        helps.append(shapes.project_first(actual.ref.node, mismatch.expected))
    return helps


def _is_own(caller: Frame, origin: ParamInt) -> bool:
    """Whether a size is a param of the caller, and not what it gave to a param of a block."""
    declared = caller.params.declared.get(origin.name)
    return declared is not None and declared.name_span == origin.span


def _width_given(
    caller: Frame, bound: Bound, item: syntax.Input, mismatch: Mismatch
) -> tuple[Span, str] | None:
    """Where the call gives the param that is the input's width, and what it should give.

    That is the input's own width: by the name of the caller's param that it comes from, or as a number. One
    that another call gave may be what is wrong.
    """
    match item.type.expr:
        case syntax.List(items=(*_, syntax.Name(id=param))) if mismatch.last_axis:
            pass
        case _:
            return None
    given, found = bound.given.get(param), mismatch.found
    if given is None or given.span is None or found is None or found.value is None:
        return None
    if given.span.file is not bound.span.file:
        return None
    if found.origin is None:
        return given.span, str(found.value)
    return (given.span, found.origin.name) if _is_own(caller, found.origin) else None


def _unopened(caller: Frame, actual: Tensor) -> list[str]:
    """The help where a size of the data is known only once a file is opened."""
    types = caller.batch.types if caller.batch is not None else None
    keys = [
        symbol.owner[0] for symbol in actual.type.symbols if symbol.owner and symbol.owner[0] in (types or ())
    ]
    return [shapes.say_the_size(key) for key in sorted(set(keys))]


def _tail(span: Span, other: Span) -> Span:
    """The last step of a chain, which is what made the tensor; at most its first line."""
    text = span.text
    cut = text.rfind("->")
    if cut >= 0 and not (span.start <= other.start < span.end):
        rest = text[cut + 2 :]
        start = span.start + cut + 2 + (len(rest) - len(rest.lstrip()))
        return Span(span.file, start, span.end)
    return span

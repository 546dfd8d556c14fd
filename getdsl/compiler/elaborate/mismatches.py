"""The report of an input that does not fit, with where it came from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from getdsl.compiler.elaborate.faces import Bound
from getdsl.compiler.elaborate.patterns import Mismatch, Pattern, Unifier
from getdsl.compiler.elaborate.values import Tensor
from getdsl.diagnostics import Label
from getdsl.diagnostics.mistakes import shapes
from getdsl.grammar import syntax
from getdsl.text.source import Span

if TYPE_CHECKING:
    from getdsl.compiler.elaborate.body import Body


def report_mismatch(
    caller: Body,
    bound: Bound,
    item: syntax.Input,
    pattern: Pattern,
    actual: Tensor,
    mismatch: Mismatch,
    unifier: Unifier,
) -> None:
    origin = mismatch.found.origin if mismatch.found is not None else None
    came = ""
    if origin is not None:
        came = f", from {origin.name} = {int(origin)}" + (
            f" (line {origin.span.line})" if origin.span else ""
        )
    helps = []
    if origin is not None and mismatch.last_axis:
        helps.append(shapes.pass_param(origin.name))
    if mismatch.last_axis and mismatch.expected is not None and mismatch.expected.value is not None:
        helps.append(shapes.project_first(actual.ref.node, mismatch.expected))
    known = {symbol.name: dim for symbol, dim in unifier.bindings.items()}
    from getdsl.compiler.elaborate.body import bindings_line

    symbols = set(actual.type.symbols)
    constants: dict[str, object] = {origin.name: int(origin)} if origin is not None else {}
    constants |= {
        f"{bound.definition.name}'s {name}": str(dim) for name, dim in known.items() if str(dim) != name
    }
    labels = []
    if (actual.span.file, actual.span.start) != (bound.span.file, bound.span.start):
        labels.append(Label(_tail(actual.span, bound.span), f"{actual.type.plain()}{came}"))
    shown = f"input {item.name}: {pattern}" + ("" if labels else f", got {actual.type.plain()}{came}")
    where = bindings_line(symbols, constants)
    caller.wrong(
        shapes.unfit_input(
            bound.name, mismatch.text, bound.span, shown, labels=labels, where=where, helps=helps
        )
    )


def _tail(span: Span, other: Span) -> Span:
    """The last step of a chain, which is what made the tensor; at most its first line."""
    text = span.text
    cut = text.rfind("->")
    if cut >= 0 and not (span.start <= other.start < span.end):
        rest = text[cut + 2 :]
        start = span.start + cut + 2 + (len(rest) - len(rest.lstrip()))
        return Span(span.file, start, span.end)
    return span

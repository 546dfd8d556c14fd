"""How the call around a place is written, and which of its arguments is in hand."""

from __future__ import annotations

import inspect
from typing import NamedTuple

from getdsl.compiler.elaborate.faces import params_of, required_inputs
from getdsl.compiler.operations import OPERATIONS
from getdsl.compiler.program import Program
from getdsl.grammar import syntax
from getdsl.lsp.completion.bodies import Names
from getdsl.lsp.completion.context import Open, context_at
from getdsl.lsp.features.hover import param
from getdsl.text.source import squeezed


class Argument(NamedTuple):
    """One that a call takes: its name, how it is shown, and what its doc says."""

    name: str
    shown: str
    doc: str = ""


class Signature(NamedTuple):
    name: str
    arguments: tuple[Argument, ...]
    doc: str
    active: int | None  # the number of the argument in hand

    @property
    def label(self) -> str:
        return f"{self.name}({', '.join(item.shown for item in self.arguments)})"


def signature(program: Program, offset: int) -> Signature | None:
    """The innermost call around a place, where it is of a block, a source or an operation."""
    assert program.unit is not None
    text = program.unit.file.source.text
    context = context_at(text, offset)
    call = next((item for item in reversed(context.brackets) if item.char in "({"), None)
    if context.inside == "comment" or call is None or call.char != "(" or not call.callee:
        return None
    names = Names(program, text, offset, context.bodies[0] if context.bodies else None)
    block = names.called(call.callee)
    if block is not None:
        arguments = _of_block(block, flows=call.flows)
        return Signature(block.name, arguments, block.doc or "", _active(call, arguments))
    row = OPERATIONS.get(call.callee)
    if row is None:
        return None
    arguments = tuple(map(_of_operation, row.signature.parameters.values()))
    return Signature(row.name, arguments[call.flows :], row.doc, _active(call, arguments[call.flows :]))


def _of_block(block: syntax.Definition, *, flows: bool) -> tuple[Argument, ...]:
    inputs = [
        Argument(item.name, f"{item.name}: {squeezed(item.type.span.text)}")
        for item in required_inputs(block)[flows:]
    ]
    params = [Argument(item.name, param(item), item.doc or "") for item in params_of(block).values()]
    return (*inputs, *params)


def _of_operation(item: inspect.Parameter) -> Argument:
    star = "*" if item.kind is item.VAR_POSITIONAL else ""
    default = "" if item.default is item.empty else f" = {str(item.default).lower()}"
    return Argument(item.name, f"{star}{item.name}{default}")


def _active(call: Open, arguments: tuple[Argument, ...]) -> int | None:
    """The argument that is named, or else the next by position; the last of `*operands` goes on."""
    named = call.words[0] if len(call.words) > 1 and call.words[1] == "=" else None
    names = [item.name for item in arguments]
    if named is not None:
        return names.index(named) if named in names else None
    if call.commas < len(names):
        return call.commas
    return len(names) - 1 if names and arguments[-1].shown.startswith("*") else None

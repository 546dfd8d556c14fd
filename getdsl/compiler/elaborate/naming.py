"""Which block call of a binding takes the binding's name, and so names its weights."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from getdsl.compiler.elaborate.reserved import RESERVED_MODULE_NAMES
from getdsl.compiler.program import Program
from getdsl.diagnostics.mistakes import names as mistakes
from getdsl.grammar import syntax
from getdsl.text.source import Span

if TYPE_CHECKING:
    from getdsl.compiler.elaborate.body import Body

_LIBRARY: dict[int, bool] = {}  # by the ids of the library's definitions, which are never freed


def owns_weights(program: Program, definition: syntax.Definition) -> bool:
    """Whether a block may have weights: an extern that declares state, or a body that binds any."""
    home = program.home(definition)
    found = _LIBRARY if home is not program or program.unit is None else program.weighted
    if id(definition) not in found:
        found[id(definition)] = False  # a block inside itself adds nothing
        found[id(definition)] = any(_has_state(home, statement) for statement in definition.body)
    return found[id(definition)]


def _has_state(program: Program, statement: syntax.Node) -> bool:
    for node in syntax.walk(statement):
        if isinstance(node, syntax.State):
            return True
        if isinstance(node, syntax.Call) and isinstance(node.callee, syntax.Name):
            if node.callee.id == "Parameter":
                return True
            callee = program.find(node.callee.id)
            if callee is not None and callee.kind != "source" and owns_weights(program, callee):
                return True
    return False


def block_calls(
    program: Program, expr: syntax.Node, is_module: Callable[[str], bool]
) -> Iterator[tuple[syntax.Call, str, bool]]:
    """The calls that make a module: the call, the block's name, and whether it has weights."""
    for node in syntax.walk(expr):
        if isinstance(node, syntax.Arrow) and isinstance(node.target, syntax.Name):
            definition = program.find(node.target.id)
            if definition is not None and definition.kind != "source" and not is_module(node.target.id):
                yield (
                    syntax.Call(node.target.span, node.target, (), ()),
                    node.target.id,
                    owns_weights(program, definition),
                )
        if isinstance(node, syntax.Call) and isinstance(node.callee, syntax.Name):
            name = node.callee.id
            if is_module(name):
                continue
            if name == "Parameter":
                yield node, name, True
                continue
            definition = program.find(name)
            if definition is not None and definition.kind != "source":
                yield node, name, owns_weights(program, definition)


def plan(
    program: Program, expr: syntax.Expr, name: str | None, is_module: Callable[[str], bool]
) -> dict[syntax.Expr, str | None]:
    """For each block call of a binding, by the node that names the block, its module's name.

    The one with weights takes the binding's name; without one the outermost does; the others
    are called after the binding and the block. None marks a call that must be bound first: it
    is reported here.
    """
    calls = list(block_calls(program, expr, is_module))
    owners = [call for call, _, weighted in calls if weighted]
    names: dict[syntax.Expr, str | None] = {}
    if name is None:
        for call, block, weighted in calls:
            if weighted:
                _report_unbound(program, call, block)
            names[call.callee] = None if weighted else block.lower()
        return names
    named = owners[-1] if owners else next((call for call, _, _ in calls if _is_outermost(call, expr)), None)
    for call, block, weighted in calls:
        if call is named:
            names[call.callee] = name
        elif weighted:
            names[call.callee] = None
            assert named is not None
            program.diagnostics.add(
                mistakes.two_owners(name, block, call.span.text, call.callee.span, named.callee.span)
            )
        else:
            names[call.callee] = f"{name}_{block.lower()}"
    return names


def _is_outermost(call: syntax.Call, expr: syntax.Expr) -> bool:
    """Whether a call's result is the binding's value."""
    last = expr.target if isinstance(expr, syntax.Arrow) else expr
    return call.span.start == last.span.start


def _report_unbound(program: Program, call: syntax.Call, block: str) -> None:
    program.diagnostics.add(mistakes.weights_without_name(block, call.span.text, call.callee.span))


def claim(body: Body, weighted: bool, wanted: str, span: Span) -> str | None:
    """The name of a new module or parameter: the wanted one, or one like it where it has no weights."""
    first = wanted.split(".")[0]
    if first in RESERVED_MODULE_NAMES:
        body.wrong(mistakes.reserved_module(first, span))
        return None
    if wanted not in body.modules and wanted not in body.parameters and wanted not in body.blocks_by_module:
        body.modules_made.add(first)
        if weighted:
            body.weights_first.setdefault(first, span)
        return wanted
    if not weighted:
        return body.fresh_module(wanted)
    owner = body.modules.get(wanted) or body.parameters.get(wanted) or body.blocks_by_module[wanted]
    earlier = owner.span
    body.modules_made.add(first)
    owned = first in body.weights_first
    body.wrong(mistakes.other_block(wanted, span, earlier, owned=owned))
    return None

"""Which block call of a binding takes the binding's name, and so names its weights."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from getdsl.compiler.program import Program
from getdsl.diagnostics import Label
from getdsl.grammar import syntax

_WEIGHTS: dict[int, bool] = {}
_KEPT: list[syntax.Definition] = []  # keeps the ids in _WEIGHTS from being used again


def owns_weights(program: Program, definition: syntax.Definition) -> bool:
    """Whether a block may have weights: an extern that declares state, or a body that binds any."""
    known = _WEIGHTS.get(id(definition))
    if known is None:
        _WEIGHTS[id(definition)] = False  # a block inside itself adds nothing
        known = any(_has_state(program, statement) for statement in definition.body)
        _WEIGHTS[id(definition)] = known
        _KEPT.append(definition)
    return known


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
    """The calls in an expression that make a module: the call, the block's name, and whether it has weights."""
    for node in syntax.walk(expr):
        if isinstance(node, syntax.Arrow) and isinstance(node.target, syntax.Name):
            definition = program.find(node.target.id)
            if definition is not None and definition.kind != "source" and not is_module(node.target.id):
                yield syntax.Call(node.target.span, node.target, (), ()), node.target.id, owns_weights(program, definition)
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
) -> dict[int, str | None]:
    """For each block call of a binding, by the place it is written at, its module's name.

    The one with weights takes the binding's name; without one the outermost does; the others
    are called after the binding and the block. None marks a call that must be bound first: it
    is reported here.
    """
    calls = list(block_calls(program, expr, is_module))
    owners = [call for call, _, weighted in calls if weighted]
    names: dict[int, str | None] = {}
    if name is None:
        for call, block, weighted in calls:
            if weighted:
                _report_unbound(program, call, block)
            names[call.span.start] = None if weighted else block.lower()
        return names
    named = owners[-1] if owners else next((call for call, _, _ in calls if _is_outermost(call, expr)), None)
    for call, block, weighted in calls:
        if call is named:
            names[call.span.start] = name
        elif weighted:
            names[call.span.start] = None
            assert named is not None
            program.diagnostics.report(
                "GET206",
                f"two blocks with weights in the binding of `{name}`",
                call.callee.span,
                f"`{block}` has weights of its own",
                labels=[Label(named.callee.span, f"takes the name `{name}`")],
                help=f"bind it first: `first = … -> {call.span.text}`",
            )
        else:
            names[call.span.start] = f"{name}_{block.lower()}"
    return names


def _is_outermost(call: syntax.Call, expr: syntax.Expr) -> bool:
    """Whether a call's result is the binding's value."""
    last = expr.target if isinstance(expr, syntax.Arrow) else expr
    return call.span.start == last.span.start


def _report_unbound(program: Program, call: syntax.Call, block: str) -> None:
    program.diagnostics.report(
        "GET206",
        f"`{block}` has weights and no name",
        call.callee.span,
        help=f"bind it first, its name names its weights: `name = … -> {call.span.text}`",
    )

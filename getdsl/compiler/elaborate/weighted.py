"""Which blocks may have weights."""

from __future__ import annotations

from getdsl.compiler.elaborate.param_kinds import takes
from getdsl.compiler.program import Program
from getdsl.grammar import syntax

_LIBRARY: dict[int, bool] = {}  # by the ids of the library's definitions, which are never freed


def owns_weights(known: dict[int, bool], program: Program, definition: syntax.Definition) -> bool:
    """Whether a block may have weights: an extern that declares state, or a body that binds any.

    `known` remembers what was found of the blocks of one spec, by their ids.
    """
    home = program.home(definition)
    found = _LIBRARY if home is not program or program.unit is None else known
    if id(definition) not in found:
        found[id(definition)] = False  # a block inside itself adds nothing
        found[id(definition)] = any(_has_state(known, home, statement) for statement in definition.body)
    return found[id(definition)]


def _has_state(known: dict[int, bool], program: Program, statement: syntax.Node) -> bool:
    return any(_is_state(known, program, node) for node in syntax.walk(statement))


def _is_state(known: dict[int, bool], program: Program, node: syntax.Node) -> bool:
    match node:
        case syntax.State() | syntax.Origin() | syntax.Call(callee=syntax.Name(id="Parameter" | "Buffer")):
            return True
        case syntax.Param(type=type):  # a block that it is given may have some
            return takes(type.expr, ("block",))
        case syntax.Call(callee=syntax.Name(id=name)) | syntax.Arrow(target=syntax.Name(id=name)):
            callee = program.find(name)
            return callee is not None and callee.kind != "source" and owns_weights(known, program, callee)
    return False

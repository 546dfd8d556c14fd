"""Which model extends which."""

from __future__ import annotations

from getdsl.compiler.program import Program
from getdsl.diagnostics.mistakes import names as mistakes
from getdsl.grammar import syntax


def lineage(program: Program, model: syntax.Definition) -> list[syntax.Definition] | None:
    """The model, its parent, its parent's parent, …; None after a report."""
    if id(model) not in program.lineages:
        found = _lineage(program, model)
        if found is None:
            return None
        program.lineages[id(model)] = found
    return program.lineages[id(model)]


def _lineage(program: Program, model: syntax.Definition) -> list[syntax.Definition] | None:
    chain = {id(model): model}
    child = model
    while child.extends is not None:
        parent = _parent(program, child)
        if parent is None:
            return None
        if id(parent) in chain:
            _report_circle(program, [*chain.values()], parent, child)
            return None
        chain[id(parent)] = child = parent
    return [*chain.values()]


def _parent(program: Program, child: syntax.Definition) -> syntax.Definition | None:
    """The model that one extends; None after a report."""
    assert child.extends is not None
    parent = program.find(child.extends)
    if parent is not None and parent.kind == "model":
        return parent
    models = ((name, item) for name, item in program.visible().items() if item.kind == "model")
    known = [name for name, item in models if item is not child]
    program.diagnostics.add(mistakes.no_such_parent(child.extends, child.extends_span, known))
    return None


def _report_circle(
    program: Program, chain: list[syntax.Definition], parent: syntax.Definition, child: syntax.Definition
) -> None:
    """Reports a circle that `child` closes, once however many models lead into it."""
    names = [item.name for item in chain[chain.index(parent) :]]
    if frozenset(names) not in program.cycles:
        program.cycles.add(frozenset(names))
        program.diagnostics.add(mistakes.models_in_circle([*names, parent.name], child.extends_span))

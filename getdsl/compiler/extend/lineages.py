"""Which model extends which."""

from __future__ import annotations

from getdsl.compiler.program import Program
from getdsl.diagnostics.mistakes import names as mistakes
from getdsl.grammar import syntax

Chain = list[syntax.Definition]


def lineage(program: Program, model: syntax.Definition) -> Chain | None:
    """The model, its parent, its parent's parent, …; None after a report."""
    chain, parent = _climb(program, model)
    if chain[-1].extends is None:
        return chain
    if parent is None:
        _report_orphan(program, chain[-1])
    else:
        _report_circle(program, chain[chain.index(parent) :])
    return None


def sound_lineage(program: Program, model: syntax.Definition) -> Chain | None:
    """The same without a report."""
    chain, _ = _climb(program, model)
    return chain if chain[-1].extends is None else None


def possible_parents(program: Program, child: syntax.Definition) -> list[str]:
    """The names of the models that one can extend: all others that it sees."""
    models = ((name, item) for name, item in program.visible().items() if item.kind == "model")
    return [name for name, item in models if item is not child]


def _climb(program: Program, model: syntax.Definition) -> tuple[Chain, syntax.Definition | None]:
    """A model and its ancestors up to one that extends nothing, nothing that is there, or one of them.

    Which one of them comes second.
    """
    if id(model) in program.lineages:
        return program.lineages[id(model)], None
    chain = {id(model): model}
    child = model
    while child.extends is not None:
        parent = program.find(child.extends)
        if parent is None or parent.kind != "model":
            return [*chain.values()], None
        if id(parent) in chain:
            return [*chain.values()], parent
        chain[id(parent)] = child = parent
    program.lineages[id(model)] = [*chain.values()]
    return program.lineages[id(model)], None


def _report_orphan(program: Program, child: syntax.Definition) -> None:
    assert child.extends is not None
    if program.unread:  # it may be in one of those files
        return
    known = possible_parents(program, child)
    program.diagnostics.add(mistakes.no_such_parent(child.extends, child.extends_span, known))


def _report_circle(program: Program, circle: Chain) -> None:
    """Reports a circle at its last model, once however many models lead into it."""
    names = [item.name for item in circle]
    if frozenset(names) not in program.cycles:
        program.cycles.add(frozenset(names))
        place = circle[-1].extends_span
        program.diagnostics.add(mistakes.models_in_circle([*names, names[0]], place))

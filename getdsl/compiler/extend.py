"""`extends`: a child's statements over its parent's, in the order that their names depend on."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

from getdsl.compiler.program import Program
from getdsl.diagnostics import Label, suggestion_or_list
from getdsl.grammar import syntax


def flatten(program: Program, model: syntax.Definition) -> syntax.Definition | None:
    """The model with its ancestors' statements merged in; None after a report."""
    chain = lineage(program, model)
    if chain is None:
        return None
    if len(chain) == 1:
        for statement in model.body:
            if isinstance(statement, syntax.Remove):
                program.diagnostics.report(
                    "GET209",
                    "`remove` takes away what a parent declares, and this model extends none",
                    statement.span,
                )
        return model
    body = chain[-1].body
    for child in reversed(chain[:-1]):
        body = _merge(program, body, child)
    return replace(model, body=_ordered(program, body), extends=None)


def lineage(program: Program, model: syntax.Definition) -> list[syntax.Definition] | None:
    """The model, its parent, its parent's parent, …; None after a report."""
    chain = [model]
    while chain[-1].extends is not None:
        child = chain[-1]
        assert child.extends is not None
        parent = program.find(child.extends)
        if parent is None or parent.kind != "model":
            known = [
                name for name, item in program.visible().items() if item.kind == "model" and item is not child
            ]
            program.diagnostics.report(
                "GET209",
                f"there is no model `{child.extends}` to extend",
                child.extends_span,
                help=suggestion_or_list(child.extends, known, "models"),
            )
            return None
        if parent in chain:
            cycle = chain[chain.index(parent) :]
            names = " -> ".join(item.name for item in (*cycle, parent))
            if frozenset(item.name for item in cycle) in program.cycles:
                return None
            program.cycles.add(frozenset(item.name for item in cycle))
            program.diagnostics.report(
                "GET209", f"models extend each other in a circle: {names}", child.extends_span
            )
            return None
        chain.append(parent)
    return chain


def declared_name(statement: syntax.Statement) -> str | None:
    """What a statement declares, so that a child's replaces its parent's: outputs apart from the rest."""
    if isinstance(statement, syntax.Output):
        return f"output {statement.name or ''}"
    if isinstance(statement, syntax.Param | syntax.Input | syntax.Binding) and not getattr(
        statement, "indices", ()
    ):
        return statement.name
    return None


def _merge(
    program: Program, parent: tuple[syntax.Statement, ...], child: syntax.Definition
) -> tuple[syntax.Statement, ...]:
    replaced: dict[str, list[syntax.Statement]] = {}
    for statement in child.body:
        name = declared_name(statement)
        if name is not None:
            replaced.setdefault(name, []).append(statement)
    parent_names = {declared_name(statement) for statement in parent}
    removed = _removals(program, child, parent_names) | _spoiled(child)
    merged: list[syntax.Statement] = []
    placed: set[str] = set()
    for statement in parent:
        name = declared_name(statement)
        if name in removed:
            continue
        if name is not None and name in replaced:
            if name not in placed:
                merged.extend(replaced[name])
                placed.add(name)
            continue
        merged.append(statement)
    for statement in child.body:
        if declared_name(statement) not in placed and not isinstance(statement, syntax.Remove):
            merged.append(statement)
    return tuple(merged)


def _spoiled(child: syntax.Definition) -> set[str]:
    """What the child meant to replace, in statements that could not be parsed."""
    broken = [item for item in child.body if isinstance(item, syntax.Broken)]
    return {
        f"output {name}" if item.span.text.startswith("output") else name
        for item in broken
        for name in item.names
    }


def _removals(program: Program, child: syntax.Definition, parent_names: set[str | None]) -> set[str]:
    removed: set[str] = set()
    for statement in child.body:
        if isinstance(statement, syntax.Remove):
            matches = {statement.name, f"output {statement.name}"} & parent_names
            if not matches:
                known = [name.removeprefix("output ") for name in parent_names if name]
                program.diagnostics.report(
                    "GET209",
                    f"the parent has no `{statement.name}` to remove",
                    statement.name_span,
                    help=suggestion_or_list(statement.name, known, "what it declares"),
                )
            removed |= {name for name in matches if name}
    return removed


def _binds(statement: syntax.Statement) -> set[str]:
    return {
        node.name
        for node in syntax.walk(statement)
        if isinstance(node, syntax.Binding | syntax.Param | syntax.Input)
    } | {name for node in syntax.walk(statement) if isinstance(node, syntax.Broken) for name in node.names}


def _uses(statement: syntax.Statement) -> set[str]:
    used = {node.id for node in syntax.walk(statement) if isinstance(node, syntax.Name)}
    if (
        isinstance(statement, syntax.Output)
        and statement.value is None
        and statement.type is None
        and statement.name
    ):
        used.add(statement.name)
    return used


def _written_above(body: tuple[syntax.Statement, ...], places: list[int], number: int) -> list[int]:
    here = body[number].span
    return [
        place
        for place in places
        if body[place].span.file is here.file and body[place].span.start < here.start
    ]


def _ordered(program: Program, body: tuple[syntax.Statement, ...]) -> tuple[syntax.Statement, ...]:
    """The statements so that each follows what it uses, otherwise as they stood."""
    import networkx

    binders: dict[str, list[int]] = {}
    for number, statement in enumerate(body):
        for name in _binds(statement):
            binders.setdefault(name, []).append(number)
    dag: networkx.DiGraph[int] = networkx.DiGraph()
    dag.add_nodes_from(range(len(body)))
    for places in binders.values():
        dag.add_edges_from(pairwise(places))
    for number, statement in enumerate(body):
        for name in _uses(statement):
            places = binders.get(name, [])
            # a statement in its parent's place still sees what its own file binds above it
            above = _written_above(body, places, number) or [place for place in places if place < number]
            own = number in places
            if above:
                dag.add_edge(above[-1], number)
                following = [place for place in places if place > max(number, above[-1])]
                if following:
                    dag.add_edge(number, following[0])
            elif places and not own:
                dag.add_edge(places[0], number)
    statements = dict(enumerate(body))
    while not networkx.is_directed_acyclic_graph(dag):
        cycle = [edge[0] for edge in networkx.find_cycle(dag)]
        _report_cycle(program, [body[number] for number in cycle])
        for number in cycle:
            statements[number] = syntax.Broken(body[number].span, tuple(sorted(_binds(body[number]))))
        dag.remove_edges_from([edge for edge in dag.edges if edge[1] in cycle])
    return tuple(statements[number] for number in networkx.lexicographical_topological_sort(dag))


def _report_cycle(program: Program, cycle: list[syntax.Statement]) -> None:
    """Reports a cycle at the statement of it that is written first."""
    first = min(range(len(cycle)), key=lambda number: cycle[number].span.start)
    cycle = [*cycle[first:], *cycle[:first]]
    names = [min(_binds(statement), default="?") for statement in cycle]
    program.diagnostics.report(
        "GET208",
        f"bindings need each other in a circle: {' -> '.join([*names, names[0]])}",
        cycle[0].span,
        labels=[Label(statement.span, "") for statement in cycle[1:4]],
    )

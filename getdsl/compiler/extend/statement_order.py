"""The order of merged statements, in which each follows what it uses."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from itertools import pairwise

from getdsl.compiler.program import Program
from getdsl.diagnostics.mistakes import names as mistakes
from getdsl.grammar import syntax

Body = Sequence[syntax.Statement]
OUTPUT = "output "  # before the name of one, among the names that statements declare
Edge = tuple[int, int]  # of two statements' numbers, the first before the second


def ordered(program: Program, body: tuple[syntax.Statement, ...]) -> tuple[syntax.Statement, ...]:
    """The statements so that each follows what it uses, otherwise as they stood."""
    edges = list(_edges(body))
    if all(before < after for before, after in edges):
        return body
    return _sorted(program, body, edges)


def stays_in_order(bodies: Sequence[Body]) -> bool:
    """Whether merging the first few of these bodies, eldest first, keeps statements below what they use.

    True is certain, False is not. A name keeps the slot of the eldest statement that declares it, as long
    as nothing is taken away; so it is enough that each name is bound in a slot above all that use it.
    """
    statements = [statement for body in bodies for statement in body]
    if any(isinstance(statement, syntax.Remove | syntax.Broken) for statement in statements):
        return False
    if _opens_up(bodies):
        return False
    slots = _slots(statements)
    bound = [binds(statement) for statement in statements]
    first: dict[str, int] = {}
    for number in sorted(range(len(statements)), key=slots.__getitem__):
        for name in bound[number]:
            first.setdefault(name, slots[number])
    return all(
        max(first.get(name, 0), above.get(name, 0)) <= slots[number]
        for number, above in _written_above(statements, bound, slots)
        for name in uses(statements[number])
    )


def _opens_up(bodies: Sequence[Body]) -> bool:
    """Whether a child takes a name out of an `if` or a loop of its parents'."""
    inside: set[str] = set()
    for body in bodies:
        if inside & {declared_name(statement) for statement in body}:
            return True
        for statement in body:
            if declared_name(statement) is None:
                inside.update(declared_names(statement))
    return False


def _slots(statements: list[syntax.Statement]) -> list[int]:
    """The number of the slot that each statement stands in, when all have been merged."""
    named: dict[str, int] = {}
    names = (declared_name(statement) for statement in statements)
    return [number if name is None else named.setdefault(name, number) for number, name in enumerate(names)]


def declared_name(statement: syntax.Statement) -> str | None:
    """What a statement declares, so that a child's replaces its parent's: outputs apart from the rest."""
    if isinstance(statement, syntax.Output):
        key = statement.key
        name = key.value if isinstance(key, syntax.String) else statement.name or ""
        return f"{OUTPUT}{name}" if not is_computed(statement) else None
    if isinstance(statement, syntax.Binding):
        return None if statement.indices else statement.name
    return statement.name if isinstance(statement, syntax.Param | syntax.Input) else None


def is_computed(node: syntax.Node) -> bool:
    """Whether it is an output whose name is known in a step of a loop only: `output [name] = …`."""
    return isinstance(node, syntax.Output) and not isinstance(node.key, syntax.String | None)


def makes_family(statement: syntax.Statement) -> bool:
    """Whether such outputs stand in it."""
    inside = syntax.walk(statement) if isinstance(statement, syntax.If | syntax.For) else [statement]
    return any(map(is_computed, inside))


def declared_names(statement: syntax.Statement) -> list[str]:
    """What a statement declares, or those inside it do where it is an `if` or a loop, each once."""
    if not isinstance(statement, syntax.If | syntax.For):
        name = declared_name(statement)
        return [] if name is None else [name]
    nodes = (node for node in syntax.walk(statement) if isinstance(node, syntax.Binding | syntax.Output))
    inside = map(declared_name, nodes)
    return [*dict.fromkeys(name for name in inside if name is not None)]


def binds(statement: syntax.Statement) -> set[str]:
    """The names that a statement binds, those in its own body too."""
    found: set[str] = set()
    for node in syntax.walk(statement):
        if isinstance(node, syntax.Binding | syntax.Param | syntax.Input):
            found.add(node.name)
        elif isinstance(node, syntax.Broken):
            found.update(node.names)
    return found


def uses(statement: syntax.Statement) -> set[str]:
    """The names that a statement needs."""
    used = {node.id for node in syntax.walk(statement) if isinstance(node, syntax.Name)}
    if isinstance(statement, syntax.Output) and statement.name and not (statement.value or statement.type):
        used.add(statement.name)
    return used


def _edges(body: Body) -> Iterator[Edge]:
    bound = [binds(statement) for statement in body]
    binders: dict[str, list[int]] = {}
    for number, names in enumerate(bound):
        for name in names:
            binders.setdefault(name, []).append(number)
    for places in binders.values():
        yield from pairwise(places)
    # a statement in its parent's place still sees what its own file binds above it
    found: dict[int, list[Edge]] = {}
    for number, above in _written_above(body, bound, range(len(body))):
        found[number] = [
            edge
            for name in sorted(uses(body[number]))
            for edge in _edges_of_use(number, binders.get(name, []), above.get(name))
        ]
    for number in range(len(body)):
        yield from found[number]


def _edges_of_use(number: int, places: list[int], above: int | None) -> Iterator[Edge]:
    """What a use of a name asks for: `places` are its binders, `above` the one that is written above."""
    before = bisect_left(places, number)
    if above is None and before:
        above = places[before - 1]
    if above is not None:
        yield above, number
        following = bisect_right(places, max(number, above))
        if following < len(places):
            yield number, places[following]
    elif places and places[0] != number:
        yield places[0], number


def _written_above(
    body: Body, bound: list[set[str]], places: Sequence[int]
) -> Iterator[tuple[int, dict[str, int]]]:
    """Each statement's number with the last of the places that bind a name above it in its own file."""
    by_file: dict[int, list[int]] = {}
    for number, statement in enumerate(body):
        by_file.setdefault(id(statement.span.file), []).append(number)
    for numbers in by_file.values():
        above: dict[str, int] = {}
        for number in sorted(numbers, key=lambda each: body[each].span.start):
            yield number, above
            for name in bound[number]:
                above[name] = max(places[number], above.get(name, 0))


def _sorted(
    program: Program, body: tuple[syntax.Statement, ...], edges: list[Edge]
) -> tuple[syntax.Statement, ...]:
    """The statements in an order that all edges allow; those in a circle are reported, and become broken."""
    import networkx

    dag: networkx.DiGraph[int] = networkx.DiGraph()
    dag.add_nodes_from(range(len(body)))
    dag.add_edges_from(edges)
    statements = dict(enumerate(body))
    while not networkx.is_directed_acyclic_graph(dag):
        cycle = [edge[0] for edge in networkx.find_cycle(dag)]
        _report_cycle(program, [body[number] for number in cycle])
        for number in cycle:
            statements[number] = syntax.Broken(body[number].span, tuple(sorted(binds(body[number]))))
        dag.remove_edges_from([edge for edge in dag.edges if edge[1] in cycle])
    return tuple(statements[number] for number in networkx.lexicographical_topological_sort(dag))


def _report_cycle(program: Program, cycle: list[syntax.Statement]) -> None:
    """Reports a cycle at the statement of it that is written first."""
    first = min(range(len(cycle)), key=lambda number: cycle[number].span.start)
    cycle = [*cycle[first:], *cycle[:first]]
    names = [min(binds(statement), default="?") for statement in cycle]
    others = [statement.span for statement in cycle[1:4]]
    program.diagnostics.add(mistakes.bindings_in_circle(names, cycle[0].span, others))

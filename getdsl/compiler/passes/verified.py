"""The verifier of the product: the rules of graphs, and of what operations make of their operands."""

from __future__ import annotations

from getdsl.compiler.graph.graph import Graph, Node
from getdsl.compiler.graph.operands import Argument, Ref
from getdsl.compiler.graph.verify import Verifier
from getdsl.compiler.operations import OPERATIONS, ShapeError
from getdsl.compiler.operations.operand import Operand


def verifier() -> Verifier:
    """A verifier that has seen nothing yet. One serves a whole spec, whose blocks it sees once."""
    return Verifier(operation_problem)


def operation_problem(graph: Graph, node: Node) -> str | None:
    """What is wrong with an operation: there is none such, it does not take this, or its type is another."""
    if node.target not in OPERATIONS:
        return f": there is no operation `{node.target}`"
    whole = node.target == "getitem"  # whose tuple is an index, not a list of tensors
    args = [_typed(graph, item, whole=whole) for item in node.args]
    kwargs = {name: _typed(graph, item) for name, item in node.kwargs.items()}
    try:
        found = OPERATIONS[node.target].type_where_it_fits(args, kwargs)
    except (ShapeError, TypeError) as error:
        return f": {error}"
    declared = node.outputs[""]
    if found.dims is None or declared.dims is None:
        return None
    if found.dims == declared.dims and found.dtype == declared.dtype:
        return None
    return f" is declared {declared.plain()} and is {found.plain()}"


def _typed(graph: Graph, item: Argument, *, whole: bool = False) -> Operand:
    """An argument as the rules of operations take it: a type in the place of a tensor, lists as lists."""
    if isinstance(item, Ref):
        return graph.type_of(item)
    if isinstance(item, tuple):
        parts = [_typed(graph, each) for each in item]
        return tuple(parts) if whole else parts
    return item

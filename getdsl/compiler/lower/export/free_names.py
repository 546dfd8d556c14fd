"""The names that a definition reads from its module."""

from __future__ import annotations

import ast
from collections.abc import Iterator

Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
Comprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp


def free_names(node: ast.AST, local: frozenset[str] = frozenset()) -> Iterator[ast.Name]:
    """Each reading of a name that no function around it binds."""
    if isinstance(node, ast.Name):
        if isinstance(node.ctx, ast.Load) and node.id not in local:
            yield node
        return
    inner = local | _bound(node)
    outside = set(map(id, _outside(node)))
    for child in ast.iter_child_nodes(node):
        yield from free_names(child, local if id(child) in outside else inner)


def _outside(node: ast.AST) -> Iterator[ast.AST]:
    """The parts of a function that are read where it stands: what decorates it, and what it returns."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        yield from node.decorator_list
        if node.returns is not None:
            yield node.returns


def _bound(node: ast.AST) -> frozenset[str]:
    """What a function or a comprehension binds."""
    if not isinstance(node, Function | Comprehension):
        return frozenset()
    arguments = (item.arg for item in ast.walk(node) if isinstance(item, ast.arg))
    stored = (
        item.id for item in ast.walk(node) if isinstance(item, ast.Name) and isinstance(item.ctx, ast.Store)
    )
    inside = (item.name for item in ast.walk(node) if isinstance(item, ast.FunctionDef) and item is not node)
    return frozenset((*arguments, *stored, *inside))

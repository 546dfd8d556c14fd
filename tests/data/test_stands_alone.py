"""A reader that stands alone makes batches of nothing that it found when it was opened."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import getdsl

READERS = Path(getdsl.__file__).parent / "data" / "readers"
OF_STORED_VALUES = ("tensor", "drawn", "reverse_complement")


def readers() -> Iterator[tuple[str, ast.ClassDef]]:
    for path in sorted(READERS.glob("*.py")):
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.ClassDef) and any(ast.unparse(base) == "Reader" for base in node.bases):
                yield path.name, node


def stands_alone(reader: ast.ClassDef) -> bool:
    return any(ast.unparse(item) == "stands_alone = True" for item in reader.body)


def found_on_opening(reader: ast.ClassDef) -> set[str]:
    """What batches are made of that only `open` sets."""
    methods = {item.name: item for item in reader.body if isinstance(item, ast.FunctionDef)}
    made = _attributes(methods.get("__init__"), ast.Store) | methods.keys()
    opened = _attributes(methods.get("open"), ast.Store) - made
    seen: set[str] = set()
    waiting = {name for name in OF_STORED_VALUES if name in methods}
    used: set[str] = set()
    while waiting:
        name = waiting.pop()
        seen.add(name)
        read = _attributes(methods[name], ast.Load)
        used |= read
        waiting |= (read & methods.keys()) - seen
    return used & opened


def _attributes(method: ast.FunctionDef | None, context: type[ast.expr_context]) -> set[str]:
    """The attributes of `self` that a method sets, or reads."""
    nodes = ast.walk(method) if method is not None else ()
    return {
        node.attr
        for node in nodes
        if isinstance(node, ast.Attribute)
        and isinstance(node.ctx, context)
        and ast.unparse(node.value) == "self"
    }


def test_what_stands_alone_needs_no_opening() -> None:
    claims = {name: found_on_opening(reader) for name, reader in readers() if stands_alone(reader)}
    assert claims
    assert {name: found for name, found in claims.items() if found} == {}


def test_the_lint_finds_what_is_opened() -> None:
    code = """
class Wrong(Reader):
    stands_alone = True
    def __init__(self): self.known = 1
    def open(self, context): self._table = self.known = context
    def tensor(self, values, shifts): return self._inner(values) + self.known
    def _inner(self, values): return self._table
"""
    (reader,) = ast.parse(code).body
    assert isinstance(reader, ast.ClassDef)
    assert stands_alone(reader)
    assert found_on_opening(reader) == {"_table"}

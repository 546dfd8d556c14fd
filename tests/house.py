"""What is measured of the package's own source: who imports whom, and how long its parts are."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import networkx


def modules(package: Path) -> dict[str, Path]:
    """The modules of a package by their dotted names."""
    found = {}
    for path in sorted(package.rglob("*.py")):
        parts = [package.name, *path.relative_to(package).with_suffix("").parts]
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imports(package: Path) -> networkx.DiGraph[str]:
    """An edge from each module to each that it imports, in functions and for type checkers too.

    What is imported brings the packages around it; those around the importer itself are no edges.
    """
    known = modules(package)
    graph: networkx.DiGraph[str] = networkx.DiGraph()
    graph.add_nodes_from(known)
    for name, path in known.items():
        for imported in _imported(path, name, path.name == "__init__.py", known):
            parts = imported.split(".")
            around = (".".join(parts[:depth]) for depth in range(1, len(parts) + 1))
            graph.add_edges_from((name, each) for each in around if not f"{name}.".startswith(f"{each}."))
    return graph


def _imported(path: Path, name: str, is_package: bool, known: dict[str, Path]) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in known)
        elif isinstance(node, ast.ImportFrom):
            base = name.split(".")[: len(name.split(".")) - node.level + is_package] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            for alias in node.names:
                inner = f"{module}.{alias.name}"
                if inner in known:
                    yield inner
                elif module in known:
                    yield module


def circles(package: Path) -> list[list[str]]:
    """Groups of modules that import each other, in whatever way."""
    components = networkx.strongly_connected_components(imports(package))
    return sorted(sorted(group) for group in components if len(group) > 1)


def lengths(path: Path, kinds: tuple[type[ast.stmt], ...]) -> dict[str, int]:
    """Lines of each function or class of a file, decorators left out, by its dotted name."""
    found: dict[str, int] = {}

    def visit(node: ast.AST, prefix: str) -> None:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                name = f"{prefix}{child.name}"
                if isinstance(child, kinds):
                    assert child.end_lineno is not None
                    found[name] = child.end_lineno - child.lineno + 1
                visit(child, f"{name}.")
            else:
                visit(child, prefix)

    visit(ast.parse(path.read_text(encoding="utf-8")), "")
    return found

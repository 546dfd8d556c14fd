"""docs/operations.md says what the table of operations says. GETDSL_UPDATE=1 writes it anew."""

import os
from pathlib import Path

from getdsl.compiler.operations import OPERATIONS, combining, elementwise, indexing, reductions, shaping
from getdsl.compiler.operations.registry import Operation

PAGE = Path(__file__).parents[1] / "docs" / "operations.md"
HEAD = """# Operations

What a `.get` file can do with tensors. Generated from `getdsl/compiler/operations/` by
`tests/test_operations_page.py`. In the examples x and y are `[B, R, 8]`, mask is `bool[B, R]`. One operand of
an operator may be a number, and shapes broadcast as in NumPy, from the right.
"""
THEMES = {
    elementwise: "Element by element",
    reductions: "Reductions",
    shaping: "Axes",
    indexing: "Parts",
    combining: "Joining, pairs and new tensors",
}


def page() -> str:
    lines = [HEAD]
    for room, title in THEMES.items():
        lines += [f"## {title}", "", "| call | | gradient | example |", "|---|---|---|---|"]
        lines += [cells(row) for row in OPERATIONS.values() if row.shape.__module__ == room.__name__]
        lines.append("")
    return "\n".join(lines)


def cells(row: Operation) -> str:
    constant = " and ".join(f"`{name}`" for name in row.constant)
    gradient = "no" if not row.gradient else f"but for {constant}" if constant else "yes"
    return f"| `{row.usage()}` | {row.doc} | {gradient} | `{row.example}` |"


def test_the_page_is_up_to_date() -> None:
    if os.environ.get("GETDSL_UPDATE") == "1":
        PAGE.write_text(page())
    assert PAGE.read_text() == page(), "`make docs` writes it anew"
    assert all(f"`{row.usage()}`" in page() for row in OPERATIONS.values())

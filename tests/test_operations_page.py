"""docs/operations.md says what the table of operations says. GETDSL_UPDATE=1 writes it anew."""

import os
from pathlib import Path

from getdsl.compiler.operations import (
    OPERATIONS,
    activations,
    combining,
    contracting,
    drawing,
    elementwise,
    indexing,
    ordering,
    patterned,
    placing,
    reading,
    reductions,
    shaping,
    sliding,
    spectra,
)
from getdsl.compiler.operations.registry import Operation

PAGE = Path(__file__).parents[1] / "docs" / "operations.md"
HEAD = """# Operations

What a `.get` file can do with tensors. Generated from `getdsl/compiler/operations/` by
`tests/test_operations_page.py`. In the examples x and y are `[B, R, 8]`, mask is `bool[B, R]`, ids are
`int[B, R]`. One operand of an operator may be a number, and shapes broadcast as in NumPy, from the right.
"""
NOTES = {
    patterned: """
A pattern names the axes before and after the arrow. `(h d)` is one axis made of two, of which one size is
given, `1` an axis of width 1, a number one of that width, `...` all axes that are not named. What an axis is
made of has to divide it, and messages name the axis. In the graph stand `unflatten`, `permute`, `flatten` and
the like.
""",
    contracting: """
The pattern may stand first, last or behind an arrow's tensor: `q -> einsum("b i d, b j d -> b i j", k)`.
Names are parted by spaces; a pattern without spaces is NumPy's, one letter an axis.
""",
    placing: """
A place that an axis does not have ends the run with a message that says which, and where it stands. `one_hot`
alone makes zeros of it, as of N among the bases.
""",
    spectra: """
They compute in float32. A convolution as long as its input, as state-space models have it, is
`irfft(complex_product(rfft(x, n = 2 * R, dim = 1), rfft(y, n = 2 * R, dim = 1)), 2 * R, dim = 1)[:, :R]`.
""",
    reading: """
Only inside of `Buffer`: the file is read once, when the model is made, and the checkpoint holds its values.
Paths are relative to the spec. Arrays are of floats, integers or truth values, at most 1 GiB; pickles are
never read.
""",
    drawing: """
Draws follow the run's seed, and a run that is resumed goes on with those that would have come. In evaluation
a variational model's `mean + exp(0.5 * log_variance) * normal_like(mean)` is its mean.
""",
}
THEMES = {
    elementwise: "Element by element",
    reductions: "Reductions",
    shaping: "Axes",
    indexing: "Parts",
    combining: "Joining, pairs and new tensors",
    activations: "Activations with settings, and choices",
    patterned: "By patterns of named axes",
    contracting: "Sums of products",
    placing: "By places: tables, groups, classes",
    ordering: "Order",
    sliding: "Along an axis",
    spectra: "Frequencies",
    drawing: "Random numbers",
    reading: "Files of data",
}


def page() -> str:
    lines = [HEAD]
    for room, title in THEMES.items():
        lines += [
            f"## {title}",
            "",
            *([NOTES[room]] if room in NOTES else []),
            "| call | | gradient | example |",
            "|---|---|---|---|",
        ]
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

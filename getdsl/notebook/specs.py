"""Checked specs: what goes in and comes out, the text, and a row a step."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from getdsl.compiler.spec import Checked, Spec
from getdsl.diagnostics.text import counted
from getdsl.highlighting.html import highlighted
from getdsl.notebook.diagnostics import told
from getdsl.notebook.framed import folded, framed, rows, shown, title
from getdsl.text.visible import visible

if TYPE_CHECKING:
    from getdsl.compiler.lower.model import Model

SHORT = 40  # lines of a text that is shown without a click


def checked(result: Checked) -> str:
    """What was found, and the spec where there is one."""
    wrong = list(told(result.diagnostics))
    if result.spec is None:
        return framed([*wrong, f'<p class="soft">{counted(result.diagnostics)}</p>'])
    return framed([*wrong, *outline(result.spec), text(result.spec), steps(result.spec)])


def spec(spec: Spec) -> str:
    return framed([*outline(spec), text(spec), steps(spec)])


def model(model: Model) -> str:
    """A compiled spec: how many weights it has, and where they are."""
    first, _, _ = repr(model).partition("\n")
    return framed(
        [f'<p class="soft">{shown(first)}</p>', *outline(model.spec), text(model.spec), steps(model.spec)]
    )


def outline(spec: Spec) -> Iterator[str]:
    """The model's name and doc, its inputs and its outputs."""
    yield title(
        spec.model, f"{spec.parameters:,} parameters", spec.path.name if spec.path is not None else ""
    )
    if spec.doc:
        yield f"<p>{shown(' '.join(spec.doc.split()))}</p>"
    outputs = {name: type.plain() for name, type in spec.graph.output_types().items()}
    yield rows((), [*_types("input", spec.graph.inputs), *_types("output", outputs)])


def text(spec: Spec) -> str:
    """The file with its colours."""
    lines = spec.text.count("\n") + 1
    name = spec.path.name if spec.path is not None else "the text"
    shown_text = highlighted(visible(spec.text).strip("\n"))
    return folded(f"{name}, {lines:,} lines", f"<pre>{shown_text}</pre>", opened=lines <= SHORT)


def steps(spec: Spec) -> str:
    """A row for each step of the model, with its shape and what it costs."""
    from getdsl.compiler.cost.summary import HEADER, spec_rows

    lines = list(spec_rows(spec))
    return folded(f"{len(lines):,} steps", rows(HEADER, lines, range(3, len(HEADER))))


def _types(what: str, types: Mapping[str, object]) -> Iterable[tuple[str, str, str]]:
    return ((what, name, str(type)) for name, type in types.items())

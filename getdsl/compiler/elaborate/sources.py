"""Sources that `data` calls: blocks of kind `source`, with their arguments and what they yield."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from getdsl.compiler import library
from getdsl.compiler.constants.paths import PathText
from getdsl.compiler.elaborate.arguments import take_params
from getdsl.compiler.elaborate.bodies import run_body
from getdsl.compiler.elaborate.engine import Engine
from getdsl.compiler.elaborate.frame import Frame
from getdsl.compiler.elaborate.open_frames import frame_of_source, plain_frame
from getdsl.compiler.elaborate.resolve import resolve_all
from getdsl.compiler.elaborate.values import Given, Value
from getdsl.compiler.graph.dimensions import Dim
from getdsl.compiler.graph.types import TensorType
from getdsl.compiler.program import Program
from getdsl.diagnostics import mistakes
from getdsl.grammar import syntax
from getdsl.text.source import SourceFile, Span

CELLTYPE = "{celltype}"  # in a path or a name: each sample's cell type
GENOME, REGIONS, NEGATIVES, SAMPLES, READER = "genome", "regions", "negatives", "samples", ""
"""The one output of a source of a genome, of regions, of regions beside others, of samples, and of a reader;
other sources yield whole batches."""


@dataclass(frozen=True)
class Source:
    """A source with its arguments, and the types that its face declares."""

    name: str
    extern: str
    params: Mapping[str, Any]
    outputs: Mapping[str, TensorType]
    span: Span
    in_library: bool
    extern_file: SourceFile | None = None  # that names the extern
    whole_windows: bool = False  # a reader whose face writes the axes of a window, not `...`

    @property
    def per_celltype(self) -> bool:
        """Whether a path or a name in its params holds `{celltype}`."""
        return any(map(_names_celltype, self.params.values()))

    def paths(self, celltypes: Sequence[str] = ()) -> list[PathText]:
        """The files that its params name, one for each cell type where a path holds `{celltype}`."""
        return [path for value in self.params.values() for path in _paths(value, celltypes)]


def read_source(
    engine: Engine,
    program: Program,
    expr: syntax.Expr,
    constants: Mapping[str, Value],
    path: str,
    lead: tuple[Dim, ...] = (),
) -> Source | None:
    """The source that a setting of `data` calls, at `path`; None after a report.

    `lead` are the axes of a sample, for which `...` stands in the face.
    """
    named = _named(program, expr)
    if named is None:
        return None
    call, definition = named
    outer = plain_frame(engine, program, "data", constants)
    args = [Given(engine.evaluate(outer, arg), arg.span) for arg in call.args]
    keywords = {
        item.name: Given(engine.evaluate(outer, item.value), item.value.span) for item in call.keywords
    }
    given = take_params(outer, definition, args, keywords, call)
    if given is None:
        return None
    frame = frame_of_source(engine, program, definition, given, call.span, path, lead)
    if not _elaborated(engine, frame, definition):
        return None
    declared = frame.draft.declared
    return Source(
        definition.name,
        declared.extern or "",
        frame.params.values,
        dict(declared.outputs),
        call.span,
        program.unit is None or program.unit_of(definition) is None,
        declared.extern_file,
        _of_windows(definition),
    )


def _named(program: Program, expr: syntax.Expr) -> tuple[syntax.Call, syntax.Definition] | None:
    """The call of a source, and what it names; None after a report."""
    if isinstance(expr, syntax.Name):  # `Coordinates` for `Coordinates()`
        expr = syntax.Call(expr.span, expr, (), ())
    if not isinstance(expr, syntax.Call) or not isinstance(expr.callee, syntax.Name):
        program.diagnostics.add(mistakes.sections.not_a_source(expr.span))
        return None
    definition = program.find(expr.callee.id)
    if definition is None or definition.kind != "source":
        known = [name for name in library.index() if (found := program.find(name)) and found.kind == "source"]
        program.diagnostics.add(mistakes.data.no_such_source(expr.callee.id, expr.callee.span, known))
        return None
    return expr, definition


def _of_windows(definition: syntax.Definition) -> bool:
    """Whether a reader writes its axes out, as [B, R, R], where others say `...` for the sample's."""
    types = [
        item.type for item in syntax.walk(definition) if isinstance(item, syntax.Output) and not item.name
    ]
    return any(
        not any(isinstance(part, syntax.Ellipsis) for part in syntax.walk(type.expr))
        for type in types
        if type is not None
    )


def _elaborated(engine: Engine, frame: Frame, definition: syntax.Definition) -> bool:
    """Runs a source's face; False after a report."""
    before = frame.mistakes
    if not resolve_all(engine, frame):
        return False
    run_body(engine, frame, definition)
    return frame.mistakes == before


def _names_celltype(value: object) -> bool:
    if isinstance(value, list):
        return any(map(_names_celltype, value))
    return isinstance(value, str) and CELLTYPE in value


def _paths(value: object, celltypes: Sequence[str]) -> list[PathText]:
    if isinstance(value, list):
        return [path for item in value for path in _paths(item, celltypes)]
    if not isinstance(value, PathText):
        return []
    if CELLTYPE not in value:
        return [value]
    return [PathText(value.replace(CELLTYPE, name)) for name in celltypes]


def is_missing(path: str) -> bool:
    """Whether there is nothing at a path."""
    return not Path(path).exists()

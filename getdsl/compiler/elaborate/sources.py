"""The data source of a spec, as its face declares it: what each batch holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
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
from getdsl.compiler.graph.symbols import Symbol
from getdsl.compiler.graph.types import TensorType
from getdsl.compiler.program import Program
from getdsl.diagnostics import mistakes
from getdsl.grammar import syntax
from getdsl.text.source import SourceFile, Span


@dataclass(frozen=True)
class Source:
    """A data source with its arguments; `outputs` are in the model's symbols where inputs tie them."""

    name: str
    extern: str
    params: Mapping[str, Any]
    outputs: Mapping[str, TensorType]
    span: Span
    in_library: bool
    extern_file: SourceFile | None = None  # that names the extern


def read_source_call(
    engine: Engine, program: Program, expr: syntax.Expr, constants: Mapping[str, Value]
) -> Source | None:
    """The source that `data { source = Name(…) }` names; None after a report."""
    named = _named(program, expr)
    if named is None:
        return None
    call, callee, definition = named
    outer = plain_frame(engine, program, "data", constants)
    args = [Given(engine.evaluate(outer, arg), arg.span) for arg in call.args]
    keywords = {
        item.name: Given(engine.evaluate(outer, item.value), item.value.span) for item in call.keywords
    }
    given = take_params(outer, definition, args, keywords, call)
    frame = _elaborated(engine, program, definition, given, call) if given is not None else None
    if frame is None:
        return None
    declared = frame.draft.declared
    return Source(
        definition.name,
        declared.extern or "",
        frame.params.values,
        dict(declared.outputs),
        callee.span,
        program.unit is None or program.unit_of(definition) is None,
        declared.extern_file,
    )


def _named(program: Program, expr: syntax.Expr) -> tuple[syntax.Call, syntax.Name, syntax.Definition] | None:
    """The call of a source, and what it names; None after a report."""
    if not isinstance(expr, syntax.Call) or not isinstance(expr.callee, syntax.Name):
        program.diagnostics.add(mistakes.sections.not_a_source(expr.span))
        return None
    definition = program.find(expr.callee.id)
    if definition is None or definition.kind != "source":
        known = [name for name in library.index() if (found := program.find(name)) and found.kind == "source"]
        program.diagnostics.add(mistakes.data.no_such_source(expr.callee.id, expr.callee.span, known))
        return None
    return expr, expr.callee, definition


def _elaborated(
    engine: Engine,
    program: Program,
    definition: syntax.Definition,
    given: Mapping[str, Given],
    call: syntax.Call,
) -> Frame | None:
    """The frame of a source's face, run; None after a report."""
    frame = frame_of_source(engine, program, definition, given, call.span)
    before = frame.mistakes
    if not resolve_all(engine, frame):
        return None
    run_body(engine, frame, definition)
    return frame if frame.mistakes == before else None


def tie_to_model(source: Source, model: Frame) -> Source:
    """Holds the model's inputs against what the source yields, and puts its symbols in the model's terms."""
    program, bindings = model.program, dict[Symbol, Dim]()
    derived = model.prepare.draft.outputs if model.prepare is not None else {}
    for node in model.draft.nodes.values():
        if node.kind != "input" or node.target in derived:
            continue
        wanted = node.outputs[""]
        given = source.outputs.get(node.target)
        if given is None:
            program.diagnostics.add(
                mistakes.data.input_without_data(node.target, source.name, node.span, source.outputs)
            )
            continue
        problem = _conflict(wanted, given, bindings)
        if problem:
            program.diagnostics.add(
                mistakes.data.input_unlike_data(node.target, wanted, source.name, given, problem, node.span)
            )
    outputs = {name: type.substitute(bindings) for name, type in source.outputs.items()}
    return replace(source, outputs=outputs)


def _conflict(wanted: TensorType, given: TensorType, bindings: dict[Symbol, Dim]) -> str | None:
    """Why a source's type cannot feed an input; ' ' is a difference that speaks for itself."""
    if len(wanted.shape) != len(given.shape) or (wanted.dtype == "bool") != (given.dtype == "bool"):
        return " "
    for mine, theirs in zip(wanted.shape, given.shape, strict=True):
        if theirs.value is None:
            _solve(theirs, mine, bindings)
        elif mine.value is not None and mine != theirs:
            return f" ({mine} and {theirs} differ)"
    return None


def _solve(theirs: Dim, mine: Dim, bindings: dict[Symbol, Dim]) -> None:
    """Binds the one symbol of a source's side, where it is not bound."""
    symbols = list(theirs.symbols)
    if len(symbols) == 1 and symbols[0] not in bindings:
        solved = theirs.solve(symbols[0], mine)
        if solved is not None:
            bindings[symbols[0]] = solved


def missing_files(source: Source) -> list[str]:
    """Paths among a source's params where there is nothing."""
    return [
        str(value)
        for value in source.params.values()
        if isinstance(value, PathText) and not value.startswith("getdsl:") and not Path(value).exists()
    ]

"""The data source of a spec, as its face declares it: what each batch holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from getdsl.compiler import library
from getdsl.compiler.constants.overrides import Overrides
from getdsl.compiler.constants.paths import PathText
from getdsl.compiler.elaborate.arguments import take_params
from getdsl.compiler.elaborate.body import Body
from getdsl.compiler.elaborate.faces import params_of
from getdsl.compiler.elaborate.params import Given, ParamScope
from getdsl.compiler.graph.dimensions import Dim
from getdsl.compiler.graph.graph import Graph
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
    program: Program, expr: syntax.Expr, overrides: Overrides, constants: dict[str, Any]
) -> Source | None:
    """The source that `data { source = Name(…) }` names; None after a report."""
    if not isinstance(expr, syntax.Call) or not isinstance(expr.callee, syntax.Name):
        program.diagnostics.add(mistakes.sections.not_a_source(expr.span))
        return None
    definition = program.find(expr.callee.id)
    if definition is None or definition.kind != "source":
        known = [name for name in library.index() if (found := program.find(name)) and found.kind == "source"]
        program.diagnostics.add(mistakes.data.no_such_source(expr.callee.id, expr.callee.span, known))
        return None
    outer = Body(program, "data", ParamScope("data", {}, {}, overrides, ""), overrides)
    outer.scope.update(constants)
    args = [Given(outer.evaluator.evaluate(arg), arg.span) for arg in expr.args]
    keywords = {
        item.name: Given(outer.evaluator.evaluate(item.value), item.value.span) for item in expr.keywords
    }
    given = take_params(outer, definition, args, keywords, expr)
    if given is None:
        return None
    scope = ParamScope(definition.name, params_of(definition), given, overrides, "data.source.", expr.span)
    inner = Body(program, definition.name, scope, overrides)
    scope.body = inner
    before = len(program.diagnostics.errors)
    if not scope.resolve_all():
        return None
    inner.note_bindings(definition)
    inner.run([item for item in definition.body if not isinstance(item, syntax.Param)])
    if len(program.diagnostics.errors) > before:
        return None
    own = program.unit is not None and program.unit_of(definition) is not None
    return Source(
        definition.name,
        inner.extern or "",
        scope.values,
        dict(inner.output_types),
        expr.callee.span,
        not own,
        inner.extern_file,
    )


def tie_to_model(program: Program, source: Source, graph: Graph, derived: set[str]) -> Source:
    """Holds the model's inputs against what the source yields, and puts its symbols in the model's terms."""
    bindings: dict[Symbol, Dim] = {}
    for node in graph.nodes.values():
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
    """Why a source's type cannot feed an input; '' is a difference that speaks for itself."""
    if len(wanted.shape) != len(given.shape) or (wanted.dtype == "bool") != (given.dtype == "bool"):
        return " "
    for mine, theirs in zip(wanted.shape, given.shape, strict=True):
        if theirs.value is None:
            symbols = list(theirs.symbols)
            if len(symbols) == 1 and symbols[0] not in bindings:
                solved = theirs.solve(symbols[0], mine)
                if solved is not None:
                    bindings[symbols[0]] = solved
        elif mine.value is not None and mine != theirs:
            return f" ({mine} and {theirs} differ)"
    return None


def missing_files(source: Source) -> list[str]:
    """Paths among a source's params where there is nothing."""
    return [
        str(value)
        for value in source.params.values()
        if isinstance(value, PathText) and not value.startswith("getdsl:") and not Path(value).exists()
    ]

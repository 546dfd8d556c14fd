"""`extern "module:Class"` and `weight w: [8]`: a body in Python, and the tensors that it keeps."""

from __future__ import annotations

from typing import cast

from getdsl.compiler.elaborate.engine import RULES, Engine
from getdsl.compiler.elaborate.frame import Frame
from getdsl.compiler.elaborate.written_types import read_pattern
from getdsl.compiler.graph.graph import StateKind, StateTensor
from getdsl.diagnostics.mistakes import shapes
from getdsl.grammar import syntax


@RULES.statement(syntax.Extern)
def extern(engine: Engine, frame: Frame, statement: syntax.Extern) -> None:
    declared = frame.draft.declared
    declared.extern, declared.extern_file = statement.target, statement.span.file


@RULES.statement(syntax.State)
def state(engine: Engine, frame: Frame, statement: syntax.State) -> None:
    pattern = read_pattern(engine, frame, statement.type, new_symbols=False)
    if pattern is None:
        return
    free = next((dim for dim in pattern.dims if dim.value is None), None)
    if free is not None:
        place = frame.params.call_span or statement.span
        frame.unsettled(shapes.open_weights(frame.name, free, place, statement.type.span))
        return
    shape = tuple(dim.value or 0 for dim in pattern.dims)
    kind = cast(StateKind, statement.kind)  # the grammar knows no other
    frame.draft.declared.state.append(StateTensor(statement.name, shape, kind))

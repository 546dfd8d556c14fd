"""The statements of a body, one after the other."""

from __future__ import annotations

from getdsl.compiler.elaborate.engine import Engine
from getdsl.compiler.elaborate.frame import Frame
from getdsl.diagnostics.mistakes import shapes
from getdsl.grammar import syntax


def run_body(engine: Engine, frame: Frame, definition: syntax.Definition) -> None:
    """Elaborates a definition, up to a requirement that does not hold."""
    for statement in definition.body:
        before = frame.mistakes
        engine.execute(frame, (statement,))
        if isinstance(statement, syntax.Require) and frame.mistakes > before:
            frame.draft.declared.poisoned.add("")  # what follows from wrong arguments would be reported again
            return
    for axis in frame.draft.open_axes:
        missing = sorted(str(symbol) for symbol in axis.dim.symbols if symbol not in frame.draft.symbols)
        if missing:
            frame.wrong(shapes.unsolved_axis(axis.axis, axis.input, axis.dim, missing, axis.span))

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
    _report_open_axes(frame)


def _report_open_axes(frame: Frame) -> None:
    """Reports sizes that no axis of an input tells; of a block that is called, those that it uses."""
    draft = frame.draft
    for axis in draft.open_axes:
        open_sizes = [symbol for symbol in axis.dim.symbols if symbol not in draft.symbols]
        missing = sorted(str(symbol) for symbol in open_sizes)
        if missing and axis.axis is not None:
            free = str(axis.dim) == " * ".join(missing) and "".join(missing) not in map(str, draft.symbols)
            wrong = shapes.unsolved_axis(axis.axis, axis.input, axis.dim, missing, axis.span, free=free)
            frame.wrong(wrong)
        elif missing and (frame.inputs is None or any(map(draft.uses, open_sizes))):
            frame.unsettled(shapes.lengths_of_no_axis(axis.input, axis.dim, missing[0], axis.span))

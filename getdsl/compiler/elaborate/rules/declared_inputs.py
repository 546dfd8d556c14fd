"""`input x: [B, 8]`: free in a model, given in a block that is called, derived where it has a value."""

from __future__ import annotations

from getdsl.compiler.constants.markers import ABSENT, POISON
from getdsl.compiler.elaborate.draft import OpenAxis
from getdsl.compiler.elaborate.engine import RULES, Engine
from getdsl.compiler.elaborate.frame import Frame
from getdsl.compiler.elaborate.naming import names_of
from getdsl.compiler.elaborate.resolve import resolve
from getdsl.compiler.elaborate.values import Tensor, Value, describe
from getdsl.compiler.elaborate.written_types import read_pattern
from getdsl.compiler.graph.dimensions import Dim
from getdsl.compiler.graph.types import TensorType
from getdsl.diagnostics.mistakes import names, operands, shapes, values
from getdsl.grammar import syntax


@RULES.statement(syntax.Input)
def input(engine: Engine, frame: Frame, statement: syntax.Input) -> None:
    earlier = frame.scope.values.get(statement.name)
    if earlier is ABSENT or isinstance(earlier, Tensor):
        first = frame.scope.later.get(statement.name, statement)
        both = (statement.span, first.span)
        frame.wrong(names.input_twice(statement.name, statement.name_span, first.name_span, both))
    elif frame.inputs is not None:
        frame.scope.values[statement.name] = _given(frame, statement, frame.inputs.get(statement.name))
    elif statement.type.optional:
        frame.scope.values[statement.name] = ABSENT
    else:
        _free(engine, frame, statement)


def _given(frame: Frame, statement: syntax.Input, type: TensorType | None) -> Value:
    """An input of a block, of the type that its call gives."""
    if type is None:
        return ABSENT if statement.type.optional else POISON
    value = frame.draft.add_input(statement.name, type, statement.span)
    frame.draft.measure(value.ref, type)
    if type.of is not None:
        frame.draft.open_axes.append(OpenAxis(statement.name, None, type.of, statement.type.span))
    return value


def _free(engine: Engine, frame: Frame, statement: syntax.Input) -> None:
    """An input of a model, whose symbols the batch settles."""
    name = statement.name
    type = _declared(engine, frame, statement)
    if type is None:
        frame.scope.poison([name])
        return
    if statement.value is not None:
        _derive(engine, frame, statement, statement.value, type)
    frame.scope.values[name] = value = frame.draft.add_input(name, type, statement.span)
    frame.draft.measure(value.ref, type)
    frame.draft.note_open_axes(name, type, statement.type.span)


def _declared(engine: Engine, frame: Frame, statement: syntax.Input) -> TensorType | None:
    pattern = read_pattern(engine, frame, statement.type, new_symbols=True)
    if pattern is not None and pattern.lead:
        frame.wrong(shapes.open_input(statement.type.span))
        return None
    return pattern.type() if pattern is not None else None


def _measure(frame: Frame, prepare: Frame, size: Dim | int) -> None:
    """Lets the graph of derived inputs read the input of the batch that tells a size."""
    for symbol in size.symbols if isinstance(size, Dim) else ():
        source = frame.draft.symbols.get(symbol)
        node = frame.draft.nodes[source.ref.node] if source is not None else None
        if node is None or symbol in prepare.draft.symbols or node.target in prepare.draft.outputs:
            continue
        key, type = f"batch.{node.target}", node.outputs[""]
        if key not in prepare.scope.values:
            assert node.span is not None
            hint = f"batch_{node.target}"
            prepare.scope.values[key] = prepare.draft.add_input(key, type, node.span, hint=hint)
        value = prepare.scope.values[key]
        assert isinstance(value, Tensor)
        prepare.draft.measure(value.ref, type)


def _derive(
    engine: Engine, frame: Frame, statement: syntax.Input, expr: syntax.Expr, type: TensorType
) -> None:
    """Computes an input from the raw batch, in the graph that prepares it."""
    prepare = frame.prepare
    if prepare is None:
        frame.wrong(values.derived_in_block(expr.span))
        return
    read = {node.id for node in syntax.walk(expr) if isinstance(node, syntax.Name)}
    values_read = {name: frame.scope.values[name] for name in read & frame.scope.values.keys()}
    sizes = {name: value for name, value in values_read.items() if isinstance(value, Dim | int)}
    params = {name: resolve(engine, frame, name) for name in frame.params.declared if name in read}
    prepare.scope.values.update(sizes | params)
    for size in sizes.values():
        _measure(frame, prepare, size)
    inside = prepare.naming(names_of(engine, frame, expr, None))
    value = engine.evaluate(inside, expr, statement.name)
    if value is POISON:
        return
    if not isinstance(value, Tensor):
        frame.wrong(operands.derived_no_tensor(statement.name, describe(value), expr.span))
        return
    found = value.type
    if found.dims is not None and len(found.dims) != len(type.shape):
        name, place = f"`{statement.name}`", statement.type.span
        frame.wrong(shapes.not_as_declared(name, type, found.plain(), place, expr.span))
    prepare.draft.outputs[statement.name] = value.ref
    prepare.draft.derived[statement.name] = expr

"""Expressions to values: constants are folded, tensors become nodes of the graph."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from getdsl.compiler.constants.functions import ARITHMETIC, FUNCTIONS, CompileTimeError, binary, call_function
from getdsl.compiler.constants.markers import ABSENT, BATCH, ELLIPSIS, POISON, contains_poison
from getdsl.compiler.elaborate.values import (
    Family,
    ModuleValue,
    Part,
    Tensor,
    Value,
    contains_tensor,
    describe,
)
from getdsl.compiler.graph.dimensions import Dim
from getdsl.compiler.graph.graph import Ref, SliceArgument
from getdsl.compiler.operations import OPERATIONS, ShapeError
from getdsl.diagnostics import Label, mistakes, suggestion
from getdsl.grammar import syntax
from getdsl.text.source import Span

if TYPE_CHECKING:
    from getdsl.compiler.elaborate.body import Body

CONSTANTS = {"true": True, "false": False, "none": None}
SPECIAL_CALLS = ("given", "Parameter", "size")


class Evaluator:
    """Evaluates the expressions of one body, adding nodes to its graph."""

    def __init__(self, body: Body) -> None:
        self.body = body

    def evaluate(self, expr: syntax.Expr, hint: str | None = None) -> Value:
        """The value of an expression; POISON after a mistake that was reported. `hint` names its node."""
        match expr:
            case syntax.Name():
                return self.name(expr)
            case syntax.Number(value=value) | syntax.String(value=value):
                return value
            case syntax.Call():
                return self.call(expr, (), hint)
            case syntax.Arrow():
                return self.arrow(expr, hint)
            case syntax.Binary():
                return self.binary(expr, hint)
            case syntax.Index():
                return self.index(expr, hint)
            case syntax.Attribute():
                return self.attribute(expr)
            case syntax.List(items=items):
                return [
                    ELLIPSIS if isinstance(item, syntax.Ellipsis) else self.evaluate(item) for item in items
                ]
            case syntax.Unary():
                return self.unary(expr, hint)
            case syntax.Choice():
                return self.choice(expr, hint)
            case syntax.Dict(pairs=pairs):
                return {pair.key: self.evaluate(pair.value) for pair in pairs}
            case syntax.Coalesce():
                return self.coalesce(expr, hint)
        what = (
            "a range"
            if isinstance(expr, syntax.Range)
            else "alternatives"
            if isinstance(expr, syntax.Union)
            else "this"
        )
        return self.body.wrong(mistakes.calls.not_an_expression(what, expr.span))

    # -- names

    def name(self, expr: syntax.Name) -> Value:
        if expr.id in CONSTANTS:
            return CONSTANTS[expr.id]
        if expr.id == "batch":
            if self.body.batch is not None:
                return BATCH
            return self.body.wrong(mistakes.values.batch_in_model(expr.span))
        found = self.body.lookup(expr)
        return self.unknown(expr) if found is None else found[0]

    def unknown(self, expr: syntax.Name) -> Value:
        if expr.id in ("True", "False", "None"):
            return self.body.wrong(mistakes.names.python_constant(expr.id, expr.span))
        later = self.body.bound_later.get(expr.id)
        if later is not None:
            return self.body.wrong(mistakes.names.used_before(expr.id, expr.span, later))
        if self.body.program.find(expr.id) is not None or expr.id in OPERATIONS or expr.id in FUNCTIONS:
            return self.body.wrong(mistakes.calls.must_be_called(expr.id, expr.span))
        if expr.id[0].isupper() and len(expr.id) <= 2:
            known = self.body.known_symbols()
            return self.body.wrong(mistakes.shapes.unbound_symbol(expr.id, expr.span, known))
        return self.body.wrong(mistakes.names.unknown_name(expr.id, expr.span, self.body.names()))

    # -- operators

    def tensors(
        self,
        name: str,
        args: list[Value],
        kwargs: dict[str, Value],
        span: Span,
        hint: str | None,
        place: Span | None = None,
    ) -> Value:
        """Adds an operation's node; its result, or POISON after a report at `place`, the call in a chain."""
        place = place or span
        if contains_poison(args) or contains_poison(list(kwargs.values())):
            return POISON
        for value in (*args, *kwargs.values()):
            if isinstance(value, ModuleValue | Part) or value is BATCH or value is ABSENT:
                return self.body.wrong(
                    mistakes.calls.operation_takes_no(
                        name, describe(value), place, module=isinstance(value, ModuleValue)
                    )
                )
        operation = OPERATIONS[name]
        try:
            type = operation.result(
                [_types(item) for item in args], {k: _types(v) for k, v in kwargs.items()}
            )
        except TypeError as error:
            return self.body.wrong(mistakes.calls.wrong_arguments(name, str(error), operation.usage(), place))
        except ShapeError as error:
            return self.shape_error(error, place, [*args, *kwargs.values()])
        ref = self.body.add_operation(hint or name, name, args, kwargs, type, span)
        return Tensor(ref, type, span)

    def shape_error(self, error: ShapeError, span: Span, operands: Sequence[Value]) -> Value:
        labels = []
        for operand in _flatten(operands):
            if isinstance(operand, Tensor) and operand.span.start != span.start:
                labels.append(Label(operand.span, str(operand.type.plain())))
        return self.body.wrong(
            mistakes.operands.do_not_fit(
                span, error.message, labels, self.body.bindings_note(_flatten(operands))
            )
        )

    def binary(self, expr: syntax.Binary, hint: str | None) -> Value:
        left = self.evaluate(expr.left)
        if expr.operator in ("and", "or") and isinstance(left, bool) and left is (expr.operator == "or"):
            return left
        right = self.evaluate(expr.right)
        if left is POISON or right is POISON:
            return POISON
        if contains_tensor([left, right]):
            if ABSENT in (left, right):
                return self.body.wrong(mistakes.values.absent_used(expr.span))
            return self.tensors(ARITHMETIC[expr.operator][0], [left, right], {}, expr.span, hint)
        return self.constant(lambda: binary(expr.operator, left, right), expr.span)

    def constant(self, compute: Any, span: Span) -> Value:
        try:
            return compute()
        except CompileTimeError as error:
            return self.body.wrong(mistakes.values.not_constant(str(error), span))

    def unary(self, expr: syntax.Unary, hint: str | None) -> Value:
        value = self.evaluate(expr.operand)
        if value is POISON:
            return POISON
        if isinstance(value, Tensor):
            return self.tensors(
                "neg" if expr.operator == "-" else "logical_not", [value], {}, expr.span, hint
            )
        if expr.operator == "not":
            if isinstance(value, bool):
                return not value
            return self.body.wrong(mistakes.values.no_truth(describe(value), expr.span))
        if isinstance(value, bool) or not isinstance(value, int | float | Dim):
            return self.body.wrong(mistakes.values.no_number(describe(value), expr.span))
        return -value

    def condition(self, expr: syntax.Expr) -> bool | None:
        """A compile-time truth value, or None after a report."""
        value = self.evaluate(expr)
        if isinstance(value, bool):
            return value
        if value is not POISON:
            self.body.wrong(
                mistakes.values.condition_unknown(
                    describe(value), expr.span, tensor=isinstance(value, Tensor)
                )
            )
        return None

    def choice(self, expr: syntax.Choice, hint: str | None) -> Value:
        condition = self.condition(expr.condition)
        if condition is None:
            return POISON
        return self.evaluate(expr.yes if condition else expr.no, hint)

    def coalesce(self, expr: syntax.Coalesce, hint: str | None) -> Value:
        batch = self.body.batch
        keys = {
            node.name
            for node in syntax.walk(expr.value)
            if isinstance(node, syntax.Attribute)
            and isinstance(node.value, syntax.Name)
            and node.value.id == "batch"
        }
        if not keys or batch is None:
            return self.body.wrong(mistakes.values.coalesce_without_key(expr.span))
        batch.optional |= keys
        return self.evaluate(expr.fallback if keys & batch.absent else expr.value, hint)

    # -- indexing and attributes

    def index(self, expr: syntax.Index, hint: str | None) -> Value:
        value = self.evaluate(expr.value)
        if value is POISON:
            return POISON
        items = [self.index_item(item) for item in expr.items]
        if any(item is POISON for item in items):
            return POISON
        if isinstance(value, Tensor):
            return self.tensors("getitem", [value, tuple(items)], {}, expr.span, hint)
        if isinstance(value, Part) and len(items) == 1 and isinstance(items[0], int):
            return self.part(value.tensor, f"{value.path}.{items[0]}", expr.span)
        if isinstance(value, Family) and len(items) == 1 and isinstance(items[0], int):
            if items[0] in value.items:
                return value.items[items[0]]
            if value.name in self.body.broken_names:
                return POISON
            return self.body.wrong(mistakes.names.not_in_family(value.name, items[0], expr.span, value.items))
        if isinstance(value, list) and len(items) == 1 and isinstance(items[0], int):
            if -len(value) <= items[0] < len(value):
                return value[items[0]]
            return self.body.wrong(mistakes.values.beyond_list(items[0], len(value), expr.span))
        return self.body.wrong(mistakes.calls.cannot_be_indexed(describe(value), expr.span))

    def index_item(self, item: syntax.Expr) -> Value:
        if isinstance(item, syntax.Ellipsis):
            return Ellipsis
        if isinstance(item, syntax.Slice):
            start = self.evaluate(item.start) if item.start is not None else None
            stop = self.evaluate(item.stop) if item.stop is not None else None
            return POISON if POISON in (start, stop) else SliceArgument(start, stop)
        value = self.evaluate(item)
        return value.value if isinstance(value, Dim) and value.value is not None else value

    def attribute(self, expr: syntax.Attribute) -> Value:
        value = self.evaluate(expr.value)
        if value is POISON:
            return POISON
        if value is BATCH:
            return self.body.batch_value(expr.name, expr.span)
        if isinstance(value, Tensor) and value.module is not None:
            outputs = self.body.nodes[value.ref.node].outputs
            if expr.name in outputs:
                return Tensor(Ref(value.ref.node, expr.name), outputs[expr.name], expr.span)
            return self.part(value, expr.name, expr.span)
        if isinstance(value, Part):
            return self.body.part_output(value, expr.name, expr.span)
        return self.body.wrong(mistakes.values.no_attribute(describe(value), expr.name, expr.span))

    def part(self, tensor: Tensor, path: str, span: Span) -> Value:
        assert tensor.module is not None
        inside = self.body.modules[tensor.module].graph
        paths = [name for name, _ in inside.walk_modules()] if inside is not None else []
        if any(name == path or name.startswith(f"{path}.") for name in paths):
            return Part(tensor, path)
        outputs = self.body.nodes[tensor.ref.node].outputs
        known = [*filter(None, outputs), *(name.split(".")[0] for name in paths)]
        return self.body.wrong(mistakes.values.no_such_part(tensor.module, path, span, known))

    # -- calls

    def arrow(self, expr: syntax.Arrow, hint: str | None) -> Value:
        source = self.evaluate(expr.source)
        target = expr.target
        if isinstance(target, syntax.Call):
            return self.call(target, (source,), hint, expr.span)
        if isinstance(target, syntax.Name | syntax.Attribute | syntax.Index):
            if (
                isinstance(target, syntax.Name)
                and self.body.lookup(target) is None
                and self.callable(target.id)
            ):
                call = syntax.Call(target.span, target, (), ())
                return self.call(call, (source,), hint, expr.span)
            module = self.evaluate(target)
            if isinstance(module, ModuleValue):
                return self.body.apply_module(module, [source], {}, expr.span, hint, [expr.source.span])
            if module is not POISON:
                self.body.wrong(mistakes.calls.cannot_flow_into(describe(module), target.span))
            return POISON
        return self.body.wrong(mistakes.calls.nothing_to_flow_into(target.span))

    def callable(self, name: str) -> bool:
        return self.body.program.find(name) is not None or name in OPERATIONS or name in FUNCTIONS

    def call(
        self, expr: syntax.Call, flowing: tuple[Value, ...], hint: str | None, whole: Span | None = None
    ) -> Value:
        span = whole or expr.span
        callee = expr.callee
        if not isinstance(callee, syntax.Name):
            value = self.evaluate(callee)
            if value is not POISON:
                self.body.wrong(mistakes.calls.cannot_be_called(describe(value), callee.span))
            return POISON
        found = self.body.lookup(callee)
        if found is not None and not self.callable(callee.id):
            return self.call_value(found[0], expr, flowing, span, hint)
        if found is not None and isinstance(found[0], ModuleValue):
            return self.call_value(found[0], expr, flowing, span, hint)
        if callee.id in SPECIAL_CALLS:
            return self.body.special_call(expr, hint)
        definition = self.body.program.find(callee.id)
        if definition is not None and definition.kind == "source":
            return self.body.wrong(mistakes.calls.source_in_expression(callee.id, callee.span))
        if definition is not None:
            return self.body.call_block(definition, expr, flowing, span, hint)
        if callee.id not in OPERATIONS and callee.id not in FUNCTIONS:
            return self.nothing_to_call(callee)
        return self.call_operation(callee.id, expr, flowing, span, hint)

    def nothing_to_call(self, callee: syntax.Name) -> Value:
        """POISON; what is called may be told to be wrong elsewhere."""
        if callee.id in self.body.broken_names:
            return POISON
        known = {*self.body.program.names(), *OPERATIONS, *FUNCTIONS, "Parameter", "given"}
        near = suggestion(callee.id, known)
        if near is None and self.body.program.incomplete:
            return POISON
        return self.body.wrong(mistakes.names.no_such_block(callee.id, callee.span, near))

    def call_operation(
        self, name: str, expr: syntax.Call, flowing: tuple[Value, ...], span: Span, hint: str | None
    ) -> Value:
        """An operation of tensors, or a function of constants."""
        args = [*flowing, *(self.evaluate(arg) for arg in expr.args)]
        kwargs = {keyword.name: self.evaluate(keyword.value) for keyword in expr.keywords}
        if contains_poison(args) or contains_poison(list(kwargs.values())):
            return POISON
        constant = not contains_tensor([args, *kwargs.values()])
        if name in FUNCTIONS and (constant or name not in OPERATIONS):
            return self.constant(lambda: call_function(name, args, kwargs), span)
        return self.tensors(name, args, kwargs, span, hint, expr.span)

    def call_value(
        self, value: Value, expr: syntax.Call, flowing: tuple[Value, ...], span: Span, hint: str | None
    ) -> Value:
        if value is POISON:
            return POISON
        if not isinstance(value, ModuleValue):
            return self.body.wrong(mistakes.calls.cannot_be_called(describe(value), expr.callee.span))
        args = [*flowing, *(self.evaluate(arg) for arg in expr.args)]
        kwargs = {keyword.name: self.evaluate(keyword.value) for keyword in expr.keywords}
        return self.body.apply_module(value, args, kwargs, span, hint, [arg.span for arg in expr.args])


def _types(value: Value) -> Any:
    """A value as a shape rule sees it."""
    if isinstance(value, Tensor):
        return value.type
    if isinstance(value, list):
        return [_types(item) for item in value]
    return value


def _flatten(values: Sequence[Value]) -> list[Value]:
    flat: list[Value] = []
    for value in values:
        flat.extend(_flatten(value) if isinstance(value, list | tuple) else [value])
    return flat

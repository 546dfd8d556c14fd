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
from getdsl.diagnostics import Label, suggestion, suggestion_or_list
from getdsl.diagnostics.mistakes import calls, names
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
        self.report = body.report

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
        return self.wrong("GET218", f"{what} cannot stand in an expression here", expr.span)

    def wrong(self, code: str, message: str, span: Span, text: str = "", **more: Any) -> Value:
        self.report(code, message, span, text, **more)
        return POISON

    # -- names

    def name(self, expr: syntax.Name) -> Value:
        if expr.id in CONSTANTS:
            return CONSTANTS[expr.id]
        if expr.id == "batch":
            if self.body.batch is not None:
                return BATCH
            return self.wrong(
                "GET219",
                "`batch` can be read in derived inputs, `loss` and `metrics` only",
                expr.span,
                help="declare an input, which binds to the batch key of its name: `input name: [B, …]`",
            )
        found = self.body.lookup(expr)
        return self.unknown(expr) if found is None else found[0]

    def unknown(self, expr: syntax.Name) -> Value:
        if expr.id in ("True", "False", "None"):
            return self.wrong(
                "GET204", f"unknown name `{expr.id}`", expr.span, help=f"write `{expr.id.lower()}`"
            )
        later = self.body.bound_later.get(expr.id)
        if later is not None:
            return self.wrong(
                "GET208",
                f"`{expr.id}` is used before it is bound",
                expr.span,
                labels=[Label(later, "bound here")],
                help="move the binding up; two bindings that need each other make a cycle",
            )
        if self.body.program.find(expr.id) is not None or expr.id in OPERATIONS or expr.id in FUNCTIONS:
            return self.wrong(
                "GET218", f"`{expr.id}` must be called here", expr.span, help=f"write `{expr.id}(…)`"
            )
        if expr.id[0].isupper() and len(expr.id) <= 2:
            known = self.body.known_symbols()
            return self.wrong(
                "GET303",
                f"the symbol `{expr.id}` is bound by no input",
                expr.span,
                help=suggestion(expr.id, known)
                or (
                    f"bound here: {', '.join(sorted(known))}"
                    if known
                    else "declare an input that has this axis"
                ),
            )
        return self.wrong(
            "GET204", f"unknown name `{expr.id}`", expr.span, help=suggestion(expr.id, self.body.names())
        )

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
                extra = "; apply it first: `x -> name`" if isinstance(value, ModuleValue) else ""
                return self.wrong("GET218", f"`{name}` cannot take {describe(value)}{extra}", place)
        operation = OPERATIONS[name]
        try:
            type = operation.result(
                [_types(item) for item in args], {k: _types(v) for k, v in kwargs.items()}
            )
        except TypeError as error:
            return self.wrong(
                "GET214", _call_error(name, error), place, help=f"the call is `{operation.usage()}`"
            )
        except ShapeError as error:
            return self.shape_error(error, place, [*args, *kwargs.values()])
        ref = self.body.add_operation(hint or name, name, args, kwargs, type, span)
        return Tensor(ref, type, span)

    def shape_error(self, error: ShapeError, span: Span, operands: Sequence[Value]) -> Value:
        labels = []
        for operand in _flatten(operands):
            if isinstance(operand, Tensor) and operand.span.start != span.start:
                labels.append(Label(operand.span, str(operand.type.plain())))
        return self.wrong(
            "GET302",
            error.message,
            span,
            labels=labels,
            notes=self.body.bindings_note(_flatten(operands)),
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
                return self.wrong(
                    "GET216",
                    "an optional input that may be absent is used here",
                    expr.span,
                    help="ask first: `if given(name) { … }`",
                )
            return self.tensors(ARITHMETIC[expr.operator][0], [left, right], {}, expr.span, hint)
        return self.constant(lambda: binary(expr.operator, left, right), expr.span)

    def constant(self, compute: Any, span: Span) -> Value:
        try:
            return compute()
        except CompileTimeError as error:
            return self.wrong("GET216", str(error), span)

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
            return self.wrong("GET216", f"`not` takes true or false, not {describe(value)}", expr.span)
        if isinstance(value, bool) or not isinstance(value, int | float | Dim):
            return self.wrong("GET216", f"`-` takes a number, not {describe(value)}", expr.span)
        return -value

    def condition(self, expr: syntax.Expr) -> bool | None:
        """A compile-time truth value, or None after a report."""
        value = self.evaluate(expr)
        if isinstance(value, bool):
            return value
        if value is not POISON:
            help = "use `select(mask, yes, no)` for tensors" if isinstance(value, Tensor) else None
            self.report(
                "GET216",
                f"a condition is true or false at compile time, not {describe(value)}",
                expr.span,
                help=help,
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
            return self.wrong(
                "GET219", "`??` stands after a key of the batch: `batch.key ?? fallback`", expr.span
            )
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
            return self.wrong(
                "GET204",
                f"`{value.name}[{items[0]}]` is not bound",
                expr.span,
                help=f"bound are {', '.join(map(str, value.items))}",
            )
        if isinstance(value, list) and len(items) == 1 and isinstance(items[0], int):
            if -len(value) <= items[0] < len(value):
                return value[items[0]]
            return self.wrong(
                "GET216", f"index {items[0]} is out of range for a list of {len(value)}", expr.span
            )
        return self.wrong("GET218", f"{describe(value)} cannot be indexed", expr.span)

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
        return self.wrong("GET217", f"{describe(value)} has no `{expr.name}`", expr.span)

    def part(self, tensor: Tensor, path: str, span: Span) -> Value:
        assert tensor.module is not None
        inside = self.body.modules[tensor.module].graph
        paths = [name for name, _ in inside.walk_modules()] if inside is not None else []
        if any(name == path or name.startswith(f"{path}.") for name in paths):
            return Part(tensor, path)
        outputs = self.body.nodes[tensor.ref.node].outputs
        return self.wrong(
            "GET217",
            f"`{tensor.module}` has no output or part `{path}`",
            span,
            help=suggestion_or_list(
                path, [*filter(None, outputs), *(name.split(".")[0] for name in paths)], "outputs and parts"
            ),
        )

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
                self.report(
                    "GET218",
                    f"data cannot flow into {describe(module)}",
                    target.span,
                    help="after `->` stands a block, an operation or a module",
                )
            return POISON
        return self.wrong("GET218", "after `->` stands a block, an operation or a module", target.span)

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
                self.report("GET218", f"{describe(value)} cannot be called", callee.span)
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
            return self.body.wrong(calls.source_in_expression(callee.id, callee.span))
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
        return self.body.wrong(names.no_such_block(callee.id, callee.span, near))

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
            return self.wrong("GET218", f"{describe(value)} cannot be called", expr.callee.span)
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


def _call_error(name: str, error: TypeError) -> str:
    text = str(error)
    if "missing a required argument" in text:
        return f"`{name}` lacks the argument {text.rsplit(':', 1)[-1].strip()}".replace("'", "`")
    if "unexpected keyword argument" in text:
        return f"`{name}` has no argument {text.rsplit('argument', 1)[-1].strip()}".replace("'", "`")
    if "too many positional" in text:
        return f"too many arguments for `{name}`"
    return f"`{name}`: {text}"

"""Statements to a graph: one body of a model, a block, or a stage of the batch."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

from getdsl.compiler.constants.markers import ABSENT, POISON
from getdsl.compiler.constants.overrides import Overrides
from getdsl.compiler.elaborate import blocks, faces, instances, naming, parameters, parts
from getdsl.compiler.elaborate.expressions import Evaluator
from getdsl.compiler.elaborate.params import ParamScope
from getdsl.compiler.elaborate.patterns import Pattern, marked, read_pattern
from getdsl.compiler.elaborate.values import Family, ModuleValue, Part, Tensor, Value, describe
from getdsl.compiler.graph.dimensions import Dim, ParamInt
from getdsl.compiler.graph.graph import (
    Graph,
    Module,
    Node,
    Parameter,
    Ref,
    SliceArgument,
    StateTensor,
    SymbolSource,
)
from getdsl.compiler.graph.symbols import Symbol
from getdsl.compiler.graph.types import UNKNOWN, TensorType
from getdsl.compiler.program import Program
from getdsl.diagnostics import Diagnostic, Label, mistakes
from getdsl.grammar import syntax
from getdsl.text.source import SourceFile, Span

MAX_UNROLLED = 5_000  # steps of a loop
MAX_STEPS = 50_000  # of all loops of a spec


@dataclass
class Batch:
    """What a stage may read from the raw batch.

    `types` holds what the data source yields; None where that is not known, and any key may be read.
    `absent` are the optional keys that this variant of the stage is built without.
    """

    types: dict[str, TensorType] | None = None
    source: str | None = None
    absent: frozenset[str] = frozenset()
    declared: dict[str, TensorType] = field(
        default_factory=dict
    )  # of the model's inputs, which the batch holds too
    optional: set[str] = field(default_factory=set)
    ranks: dict[str, int] = field(default_factory=dict)  # of keys that are used as tensors of a known rank


@dataclass
class Body:
    """A graph under construction, and the names that its statements see."""

    program: Program
    name: str
    params: ParamScope
    overrides: Overrides
    path: str = ""
    local_inputs: dict[str, TensorType | None] | None = None  # None: inputs are free
    batch: Batch | None = None
    prepare: Body | None = None  # where derived inputs are computed
    scope: dict[str, Value] = field(default_factory=dict)
    nodes: dict[str, Node] = field(default_factory=dict)
    modules: dict[str, Module] = field(default_factory=dict)
    parameters: dict[str, Parameter] = field(default_factory=dict)
    symbols: dict[Symbol, SymbolSource] = field(default_factory=dict)
    outputs: dict[str, Ref] = field(default_factory=dict)
    output_types: dict[str, TensorType] = field(default_factory=dict)
    poisoned_outputs: set[str] = field(default_factory=set)
    state: list[StateTensor] = field(default_factory=list)
    extern: str | None = None
    extern_file: SourceFile | None = None  # that names it
    bound_later: dict[str, Span] = field(default_factory=dict)
    broken_names: set[str] = field(default_factory=set)
    blocks_by_module: dict[str, faces.Bound] = field(default_factory=dict)
    doc: str | None = None
    user_call: Span | None = None  # inside a library block: the call of the user's file that leads here
    stack: tuple[str, ...] = ()  # the blocks that this body is inside of
    lead: tuple[Dim, ...] | None = None  # what `...` stands for in this call

    def __post_init__(self) -> None:
        self.evaluator = Evaluator(self)
        self.planned: dict[syntax.Expr, str | None] = {}
        self.numbers: dict[tuple[str, str], int] = {}  # the last one given to a name, of nodes or modules
        self.weights_first: dict[str, Span] = {}
        self.free_symbols: list[tuple[str, int, Pattern, Span]] = []

    def wrong(self, mistake: Diagnostic) -> Value:
        """POISON, after a report; what is wrong inside a library block is shown at the user's call."""
        primary = mistake.primary
        if (
            self.user_call is not None
            and primary is not None
            and primary.span.file is not self.user_call.file
        ):
            labels = (primary, *mistake.labels)
            mistake = replace(mistake, primary=Label(self.user_call, "in this call"), labels=labels)
        self.program.diagnostics.add(mistake)
        return POISON

    # -- names

    def lookup(self, name: syntax.Name) -> tuple[Value] | None:
        """The value of a name, in a tuple; None where nothing here binds it."""
        if name.id in self.scope:
            return (self.scope[name.id],)
        if name.id in self.params:
            return (self.params.value(name.id),)
        if name.id in self.broken_names:
            return (POISON,)
        return None

    def names(self) -> set[str]:
        return {*self.scope, *self.params.names(), *self.bound_later, "true", "false", "none"}

    def known_symbols(self) -> set[str]:
        return {name for name, value in self.scope.items() if isinstance(value, Dim)}

    def bindings_note(self, operands: Iterable[Value]) -> list[str]:
        """The line of a shape error that says what every symbol in sight is bound to."""
        symbols: set[Symbol] = set()
        origins: dict[str, int] = {}
        for operand in operands:
            for dim in operand.type.dims or () if isinstance(operand, Tensor) else ():
                symbols |= dim.symbols
                if dim.origin is not None:
                    origins[dim.origin.name] = int(dim.origin)
        return bindings_line(symbols, origins)

    def set_lead(self, lead: tuple[Dim, ...] | None, bindings: dict[Symbol, Dim]) -> None:
        """Gives the axes of `...` symbols of this body's own; constants stay."""
        if lead is None:
            return
        local = []
        for position, dim in enumerate(lead):
            if dim.value is not None:
                local.append(dim)
            else:
                symbol = Symbol(f"N{position}_")
                local.append(Dim.symbol(symbol))
                bindings[marked(symbol)] = dim
        self.lead = tuple(local)

    def fresh(self, hint: str) -> str:
        return self._numbered("node", hint, self.nodes)

    def fresh_module(self, wanted: str) -> str:
        return self._numbered("module", wanted, self.modules)

    def _numbered(self, kind: str, wanted: str, taken: Container[str]) -> str:
        """A name that is not taken: the wanted one, or it with the next number behind it."""
        name, key = wanted, (kind, wanted)
        while name in taken:
            self.numbers[key] = self.numbers.get(key, 0) + 1
            name = f"{wanted}_{self.numbers[key]}"
        return name

    # -- nodes

    def argument(self, value: Value) -> Any:
        """A value as an argument of a node."""
        if isinstance(value, Tensor):
            return value.ref
        if isinstance(value, list | tuple):
            return tuple(self.argument(item) for item in value)
        if value is ABSENT:
            return None
        if isinstance(value, ParamInt):
            return int(value)
        if isinstance(value, Dim) and value.value is not None:
            return value.value
        if isinstance(value, SliceArgument):
            return SliceArgument(self.argument(value.start), self.argument(value.stop))
        return value

    def add_operation(
        self,
        hint: str,
        target: str,
        args: Sequence[Value],
        kwargs: dict[str, Value],
        type: TensorType,
        span: Span,
    ) -> Ref:
        name = self.fresh(hint)
        arguments = tuple(self.argument(item) for item in args)
        keywords = {key: self.argument(item) for key, item in kwargs.items()}
        self.nodes[name] = Node(name, "operation", target, {"": type}, arguments, keywords, span)
        return Ref(name, "")

    def add_input(self, name: str, type: TensorType, span: Span | None, hint: str | None = None) -> Tensor:
        node = self.fresh(hint or name)
        self.nodes[node] = Node(node, "input", name, {"": type}, span=span)
        place = span or Span(next(iter(self.program.units.values())).file.source, 0, 0)
        return Tensor(Ref(node, ""), type, place)

    # -- statements

    def run(self, statements: Sequence[syntax.Statement]) -> None:
        """Executes statements, whose names `note_bindings` has seen."""
        for statement in statements:
            if not isinstance(statement, syntax.Require):
                self.statement(statement)
                continue
            before = len(self.program.diagnostics.errors)
            self.require(statement)
            if len(self.program.diagnostics.errors) > before:
                self.poisoned_outputs.add("")  # what follows from wrong arguments would be reported again
                return
        self.check_symbols()

    def note_bindings(self, definition: syntax.Definition) -> None:
        """Notes what the statements of a definition bind, those that did not parse too."""
        bound, broken = _bindings(definition)
        self.bound_later.update(bound)
        self.broken_names.update(broken)

    def statement(self, statement: syntax.Statement) -> None:
        match statement:
            case syntax.Binding():
                self.binding(statement)
            case syntax.Input():
                self.input(statement)
            case syntax.Output():
                self.output(statement)
            case syntax.For():
                self.loop(statement)
            case syntax.If():
                condition = self.evaluator.condition(statement.condition)
                if condition is None:
                    for node in (*syntax.walk(statement),):
                        if isinstance(node, syntax.Binding):
                            self.scope[node.name] = POISON
                            self.poisoned_outputs.add("")
                else:
                    for inner in statement.yes if condition else statement.no:
                        self.statement(inner)
            case syntax.State():
                self.declare_state(statement)
            case syntax.Require():
                self.require(statement)
            case syntax.Extern(target=target):
                self.extern, self.extern_file = target, statement.span.file
            case syntax.Broken(names=names):  # what a name was before is not what follows means
                self.scope.update({name: POISON for name in names if name in self.scope})

    def require(self, statement: syntax.Require) -> None:
        condition = self.evaluator.condition(statement.condition)
        if condition is False:
            place = self.params.call_span or statement.span
            given = {
                name: self.params.shown(name)
                for name in self.params.names()
                if name in _names(statement.condition)
            }
            self.wrong(
                mistakes.calls.requirement(
                    self.name,
                    statement.message,
                    place,
                    None if place is statement.span else statement.span,
                    given,
                )
            )

    def binding(self, statement: syntax.Binding) -> None:
        indices = [self.evaluator.evaluate(index) for index in statement.indices]
        if any(isinstance(index, bool) or not isinstance(index, int) for index in indices):
            if POISON not in indices:
                self.wrong(mistakes.values.index_in_name(statement.indices[0].span))
            self.scope[statement.name] = POISON
            return
        if any(index < 0 for index in indices):
            self.wrong(mistakes.values.negative_index_in_name(statement.indices[0].span))
            self.scope[statement.name] = POISON
            return
        name = ".".join([statement.name, *(str(int(index)) for index in indices)])
        self.planned = naming.plan(self.program, statement.value, name, self.is_module)
        value = self.evaluator.evaluate(statement.value, hint=name)
        if statement.type is not None and isinstance(value, Tensor):
            self.check_declared(statement, value)
        if value is ABSENT:
            value = self.wrong(mistakes.values.absent_bound(statement.value.span))
        self.bind(statement.name, [int(index) for index in indices], value, statement.name_span)

    def bind(self, name: str, indices: list[int], value: Value, span: Span) -> None:
        owner = self.weights_first.get(name)
        if owner is not None and not indices and owner != span and name not in self.modules_made:
            self.wrong(mistakes.names.bound_again(name, span, owner))
            value = POISON
        self.modules_made.discard(name)
        if not indices:
            self.scope[name] = value
            return
        family = self.scope.get(name)
        if not isinstance(family, Family):
            family = Family(name)
            self.scope[name] = family
        for index in indices[:-1]:
            nested = family.items.get(index)
            if not isinstance(nested, Family):
                nested = family.items[index] = Family(f"{family.name}.{index}")
            family = nested
        family.items[indices[-1]] = value

    @property
    def modules_made(self) -> set[str]:
        """Names whose module the current binding made."""
        if not hasattr(self, "_made"):
            self._made: set[str] = set()
        return self._made

    def is_module(self, name: str) -> bool:
        return isinstance(self.scope.get(name), ModuleValue)

    def check_declared(self, statement: syntax.Binding, value: Tensor) -> None:
        assert statement.type is not None
        pattern = read_pattern(self, statement.type, new_symbols=False)
        if pattern is None or value.type.dims is None:
            return
        if pattern.lead or pattern.dims != value.type.dims or pattern.dtype != value.type.dtype:
            self.wrong(
                mistakes.shapes.not_as_declared(
                    f"`{statement.name}`",
                    pattern,
                    value.type.plain(),
                    statement.type.span,
                    statement.value.span,
                    self.bindings_note([value]),
                )
            )

    def loop(self, statement: syntax.For) -> None:
        values = self.loop_values(statement.range)
        if values is None:
            for node in syntax.walk(statement):
                if isinstance(node, syntax.Binding):
                    self.scope[node.name] = POISON
            return
        outer = self.scope.get(statement.variable)
        for value in values:
            self.scope[statement.variable] = value
            for inner in statement.body:
                self.statement(inner)
        self.scope.pop(statement.variable, None)
        if outer is not None:
            self.scope[statement.variable] = outer

    def loop_values(self, expr: syntax.Expr) -> list[Value] | None:
        if not isinstance(expr, syntax.Range):
            value = self.evaluator.evaluate(expr)
            if isinstance(value, list):
                return value
            if value is not POISON:
                self.wrong(mistakes.values.no_range(describe(value), expr.span))
            return None
        ends = [self.evaluator.evaluate(expr.start), self.evaluator.evaluate(expr.stop)]
        for end, place in zip(ends, (expr.start, expr.stop), strict=True):
            if end is POISON:
                return None
            if isinstance(end, bool) or not isinstance(end, int):
                self.wrong(mistakes.values.range_end(describe(end), place.span))
                return None
        if ends[1] - ends[0] > MAX_UNROLLED:
            self.wrong(mistakes.values.loop_too_long(ends[1] - ends[0], MAX_UNROLLED, expr.span))
            return None
        self.program.steps += max(0, ends[1] - ends[0])
        if self.program.steps > MAX_STEPS:
            self.wrong(mistakes.values.loops_too_long(MAX_STEPS, expr.span))
            return None
        return list(range(ends[0], ends[1]))

    # -- inputs and outputs

    def input(self, statement: syntax.Input) -> None:
        if self.local_inputs is not None:
            local = self.local_inputs.get(statement.name)
            if local is None:
                optional = statement.type.optional
                self.scope[statement.name] = ABSENT if optional else POISON
                return
            value = self.add_input(statement.name, local, statement.span)
            self.scope[statement.name] = value
            self.measure(value.ref, local)
            return
        if statement.type.optional:
            self.scope[statement.name] = ABSENT
            return
        pattern = read_pattern(self, statement.type, new_symbols=True)
        if pattern is None:
            self.scope[statement.name] = POISON
            return
        if pattern.lead:
            self.wrong(mistakes.shapes.open_input(statement.type.span))
            self.scope[statement.name] = POISON
            return
        type = pattern.type()
        if statement.value is not None:
            self.derive(statement, type)
        if statement.name in self.scope and isinstance(self.scope[statement.name], Tensor):
            self.wrong(
                mistakes.names.input_twice(
                    statement.name, statement.name_span, self.scope[statement.name].span
                )
            )
            return
        value = self.add_input(statement.name, type, statement.span)
        self.scope[statement.name] = value
        self.measure(value.ref, type)
        for axis, dim in enumerate(type.shape):
            if any(symbol not in self.symbols for symbol in dim.symbols):
                self.free_symbols.append((statement.name, axis, pattern, statement.type.span))

    def measure(self, ref: Ref, type: TensorType) -> None:
        """Notes where the new symbols of a type are found at run time."""
        for axis, dim in enumerate(type.dims or ()):
            new = [symbol for symbol in dim.symbols if symbol not in self.symbols]
            if len(new) == 1 and dim.solve(new[0], dim) is not None:
                self.symbols[new[0]] = SymbolSource(ref, axis, dim)

    def check_symbols(self) -> None:
        for name, axis, pattern, span in self.free_symbols:
            dim = pattern.dims[axis]
            missing = sorted(str(symbol) for symbol in dim.symbols if symbol not in self.symbols)
            if missing:
                self.wrong(mistakes.shapes.unsolved_axis(axis, name, dim, missing, span))

    def derive(self, statement: syntax.Input, type: TensorType) -> None:
        assert statement.value is not None
        if self.prepare is None:
            self.wrong(mistakes.values.derived_in_block(statement.value.span))
            return
        self.prepare.scope.update({k: v for k, v in self.scope.items() if isinstance(v, Dim | int)})
        self.prepare.planned = naming.plan(self.program, statement.value, None, self.is_module)
        value = self.prepare.evaluator.evaluate(statement.value, hint=statement.name)
        if value is POISON:
            return
        if not isinstance(value, Tensor):
            self.wrong(
                mistakes.operands.derived_no_tensor(statement.name, describe(value), statement.value.span)
            )
            return
        if value.type.dims is not None and len(value.type.dims) != len(type.shape):
            self.wrong(
                mistakes.shapes.not_as_declared(
                    f"`{statement.name}`", type, value.type.plain(), statement.type.span, statement.value.span
                )
            )
        self.prepare.outputs[statement.name] = value.ref

    def output(self, statement: syntax.Output) -> None:
        name = statement.name or ""
        if name in self.output_types or name in self.poisoned_outputs:
            self.wrong(mistakes.values.output_twice(name, statement.name_span))
            return
        if statement.value is not None:
            self.planned = naming.plan(self.program, statement.value, None, self.is_module)
            value = self.evaluator.evaluate(statement.value, hint=name or "output")
        elif name in self.scope:
            value = self.scope[name]
        elif statement.type is not None:
            self.declare_output(name, statement.type)
            return
        elif not name:
            self.wrong(mistakes.values.output_without_value(statement.span))
            return
        else:
            value = self.evaluator.name(syntax.Name(statement.name_span, name))
        self.give_output(name, value, statement)

    def give_output(self, name: str, value: Value, statement: syntax.Output) -> None:
        if not isinstance(value, Tensor):
            self.poisoned_outputs.add(name)
            if value is not POISON:
                self.wrong(mistakes.values.output_no_tensor(describe(value), statement.span))
            return
        if statement.type is not None:
            pattern = read_pattern(self, statement.type, new_symbols=False)
            if (
                pattern is not None
                and not pattern.lead
                and value.type.dims is not None
                and pattern.dims != value.type.dims
            ):
                self.wrong(
                    mistakes.shapes.not_as_declared(
                        "the output",
                        pattern,
                        value.type.plain(),
                        statement.type.span,
                        statement.span,
                        self.bindings_note([value]),
                    )
                )
        self.outputs[name] = value.ref
        self.output_types[name] = value.type.plain()

    def declare_output(self, name: str, type: syntax.Type) -> None:
        pattern = read_pattern(self, type, new_symbols=True)
        if pattern is None:
            self.poisoned_outputs.add(name)
            return
        self.output_types[name] = instances.expand_lead(self, pattern)

    def declare_state(self, statement: syntax.State) -> None:
        pattern = read_pattern(self, statement.type, new_symbols=False)
        if pattern is None:
            return
        sides = [dim.value for dim in pattern.dims]
        if any(side is None for side in sides):
            free = next(dim for dim in pattern.dims if dim.value is None)
            self.wrong(
                mistakes.shapes.open_weights(
                    self.name, free, self.params.call_span or statement.span, statement.type.span
                )
            )
            return
        kind: Any = statement.kind
        self.state.append(StateTensor(statement.name, tuple(side or 0 for side in sides), kind))

    # -- blocks

    def call_block(
        self,
        definition: syntax.Definition,
        expr: syntax.Call,
        flowing: tuple[Value, ...],
        span: Span,
        hint: str | None,
    ) -> Value:
        return blocks.call(self, definition, expr, flowing, span, hint)

    def apply_module(
        self,
        module: ModuleValue,
        args: list[Value],
        kwargs: dict[str, Value],
        span: Span,
        hint: str | None,
        spans: list[Span],
    ) -> Value:
        return blocks.apply_bound(self, module, args, kwargs, span, hint, spans)

    def special_call(self, expr: syntax.Call, hint: str | None) -> Value:
        assert isinstance(expr.callee, syntax.Name)
        if expr.callee.id == "given":
            return self.given(expr)
        if expr.callee.id == "Parameter":
            return parameters.parameter(self, expr)
        return self.wrong(mistakes.names.no_such_operation(expr.callee.id, expr.callee.span))

    def given(self, expr: syntax.Call) -> Value:
        if len(expr.args) != 1 or expr.keywords or not isinstance(expr.args[0], syntax.Name):
            return self.wrong(mistakes.calls.wrong_given(expr.span))
        name = expr.args[0].id
        if self.local_inputs is not None and name in self.local_inputs:
            return self.local_inputs[name] is not None
        if name in self.scope:
            return self.scope[name] is not ABSENT
        return self.evaluator.name(expr.args[0]) if name not in self.broken_names else POISON

    def part_output(self, part: Part, name: str, span: Span) -> Value:
        return parts.part_output(self, part, name, span)

    # -- the batch

    def batch_value(self, key: str, span: Span) -> Value:
        assert self.batch is not None
        existing = self.scope.get(f"batch.{key}")
        if existing is not None:
            return existing
        type = self.batch.declared.get(key, UNKNOWN)
        if self.batch.types is not None:
            if key not in self.batch.types:
                return self.wrong(mistakes.data.no_such_key(key, self.batch.source, span, self.batch.types))
            type = self.batch.types[key]
        value = self.add_input(f"batch.{key}", type, span, hint=f"batch_{key}")
        self.scope[f"batch.{key}"] = value
        return value

    def note_rank(self, ref: Ref, rank: int) -> None:
        """Notes the rank that a raw batch value must have, where `ref` is one."""
        target = self.nodes[ref.node].target
        if self.batch is not None and target.startswith("batch."):
            self.batch.ranks.setdefault(target.removeprefix("batch."), rank)

    # -- the result

    def graph(self) -> Graph:
        symbols = dict(self.symbols)
        return Graph(self.name, self.nodes, self.outputs, self.modules, self.parameters, symbols, self.doc)


@lru_cache(maxsize=4096)
def _bindings(definition: syntax.Definition) -> tuple[dict[str, Span], frozenset[str]]:
    bound: dict[str, Span] = {}
    broken: set[str] = set()
    for node in syntax.walk(definition):
        if isinstance(node, syntax.Binding | syntax.Input):
            bound.setdefault(node.name, node.name_span)
        elif isinstance(node, syntax.Broken):
            broken.update(node.names)
    return bound, frozenset(broken)


def bindings_line(symbols: Iterable[Symbol], constants: Mapping[str, object]) -> list[str]:
    parts = []
    free = sorted(map(str, symbols))
    if free:
        parts.append(f"{', '.join(free)} {'is' if len(free) == 1 else 'are'} free")
    parts.extend(f"{name} = {value}" for name, value in constants.items())
    return [f"where {', '.join(parts)}"] if parts else []


def _names(expr: syntax.Expr) -> set[str]:
    return {node.id for node in syntax.walk(expr) if isinstance(node, syntax.Name)}

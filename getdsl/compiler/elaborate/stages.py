"""Loss and metrics as graphs of their own, over the model's outputs and the raw batch."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from getdsl.compiler.constants.markers import POISON
from getdsl.compiler.constants.overrides import Overrides
from getdsl.compiler.elaborate import naming
from getdsl.compiler.elaborate.body import Batch, Body
from getdsl.compiler.elaborate.params import ParamScope
from getdsl.compiler.elaborate.values import ModuleValue, Tensor, Value, describe
from getdsl.compiler.elaborate.variants import Absent, Variants, told
from getdsl.compiler.graph.compose import compose
from getdsl.compiler.graph.graph import Graph, Node, Ref
from getdsl.compiler.graph.types import TensorType
from getdsl.compiler.program import Program
from getdsl.compiler.sections.declared import METRICS
from getdsl.diagnostics import SpecError, mistakes
from getdsl.grammar import syntax


@dataclass(frozen=True)
class Term:
    """A term of the loss: its expression, and the mask and weight behind it."""

    name: str
    setting: syntax.Setting
    weight: float


@dataclass(frozen=True)
class MetricTerm:
    name: str
    metrics: tuple[str, ...]
    setting: syntax.Setting


@dataclass
class Stages:
    """What is built from `loss` and `metrics`.

    `losses` and `metrics` give a graph for each set of optional batch keys (`batch.k ?? e`) that is absent.
    """

    terms: dict[str, Term] = field(default_factory=dict)
    metric_terms: dict[str, MetricTerm] = field(default_factory=dict)
    losses: Mapping[Absent, Graph] = field(default_factory=dict)
    metrics: Mapping[Absent, Graph] = field(default_factory=dict)
    optional: dict[str, int | None] = field(default_factory=dict)  # batch key -> the rank that it must have
    like: dict[str, tuple[str, TensorType]] = field(
        default_factory=dict
    )  # batch key -> the prediction it is compared with


def collect(
    section: syntax.Section | None, inherited: dict[str, syntax.Setting], program: Program
) -> dict[str, syntax.Setting]:
    """A section's terms over those of the parent's, less what it removes."""
    found = dict(inherited)
    own: dict[str, syntax.Setting] = {}
    for entry in section.entries if section is not None else ():
        if isinstance(entry, syntax.Remove):
            if found.pop(entry.name, None) is None:
                program.diagnostics.add(
                    mistakes.names.parent_lacks_term(entry.name, entry.name_span, inherited)
                )
            continue
        if not isinstance(entry, syntax.Setting):
            if not isinstance(entry, syntax.Broken):
                program.diagnostics.add(mistakes.terms.no_term(entry.span))
            continue
        if entry.name in own:
            program.diagnostics.add(
                mistakes.sections.term_twice(entry.name, entry.name_span, own[entry.name].name_span)
            )
            continue
        own[entry.name] = entry
    return found | own


class StageBuilder:
    """Builds the stages of one checked model."""

    def __init__(
        self,
        program: Program,
        model: Body,
        source_types: dict[str, TensorType] | None,
        source: str | None,
        overrides: Overrides,
    ) -> None:
        self.program = program
        self.model = model
        self.types = source_types
        self.source = source
        self.overrides = overrides
        self.stages = Stages()
        self.read: frozenset[str] = frozenset()  # optional keys, by the graph that was finished last
        self.broken: set[str] = set()  # terms that could not be parsed

    def body(self, absent: frozenset[str]) -> Body:
        """A body that sees the outputs, the modules and the batch."""
        body = Body(self.program, "loss", ParamScope("loss", {}, {}, self.overrides, ""), self.overrides)
        derived = set(self.model.prepare.outputs) if self.model.prepare is not None else set()
        inputs = {node.target: node.outputs[""] for node in self.model.nodes.values() if node.kind == "input"}
        declared = {name: type.plain() for name, type in inputs.items() if name not in derived}
        body.batch = Batch(self.types, self.source, absent, declared)
        body.modules = dict(self.model.modules)
        body.blocks_by_module = dict(self.model.blocks_by_module)
        poisoned = {name for name, value in self.model.scope.items() if value is POISON}  # modules too
        body.broken_names = self.model.broken_names | self.model.poisoned_outputs | poisoned
        body.symbols = {}
        for name, value in self.model.scope.items():
            if isinstance(value, ModuleValue):
                body.scope[name] = value
        for name, type in self.model.output_types.items():
            tensor = body.add_input(name, type, self.model.nodes[self.model.outputs[name].node].span)
            body.scope[name] = tensor
            body.measure(tensor.ref, type)
        return body

    # -- loss

    def read_terms(self, settings: Mapping[str, syntax.Setting]) -> None:
        constants = self.body(frozenset())
        for name, setting in settings.items():
            weight: Any = constants.evaluator.evaluate(setting.weight) if setting.weight is not None else 1.0
            override = self.overrides.take(f"loss.{name}.weight")
            if override is not None:
                weight = override.value
            if isinstance(weight, bool) or not isinstance(weight, int | float) or weight < 0:
                if weight is not POISON:
                    place = setting.weight.span if setting.weight is not None else setting.span
                    self.program.diagnostics.add(mistakes.terms.wrong_weight(describe(weight), place))
                weight = 1.0
            self.stages.terms[name] = Term(name, setting, float(weight))

    def losses(self) -> Mapping[Absent, Graph]:
        """The loss for each pattern of absent keys, of a graph for each term."""
        return self.variants(self.stages.terms, self.loss_of, self.with_total)

    def variants(
        self,
        names: Iterable[str],
        build: Callable[[str, Absent], Graph],
        whole: Callable[[Graph], Graph] = lambda graph: graph,
    ) -> Mapping[Absent, Graph]:
        """Graphs that are composed of one for each name, which depends on the keys that it reads alone."""
        built: dict[tuple[str, Absent], Graph] = {}
        keys: dict[str, set[str]] = {name: set() for name in names}

        def part(name: str, absent: Absent) -> Graph:
            wanted = absent & keys[name]
            if (name, wanted) not in built:
                built[name, wanted] = build(name, wanted)
                keys[name] |= self.read
            return built[name, wanted]

        for name in names:
            known: set[str] | None = None
            while known != keys[name]:  # a fallback may read further optional keys
                known = set(keys[name])
                for absent in told(known):
                    part(name, absent)
        if not built:
            return {}

        def compose_all(absent: Absent) -> Graph:
            before = len(self.program.diagnostics.errors)
            graph = whole(compose("loss", [part(name, absent) for name in names]))
            if len(self.program.diagnostics.errors) > before:  # of a pattern that check had not built
                raise SpecError(self.program.diagnostics.errors[before:])
            return graph

        return Variants(told(set().union(*keys.values())), compose_all)

    def loss_of(self, name: str, absent: Absent) -> Graph:
        """The loss of one term for a batch without the given optional keys."""
        body = self.body(absent)
        value = self.term(body, self.stages.terms[name])
        if value is not None:
            body.outputs[name] = value.ref
        return self.finish(body)

    def with_total(self, graph: Graph) -> Graph:
        """The graph with the sum of its outputs as `total`."""
        first, *others = graph.outputs.values() or (None,)
        if first is None:
            return graph
        nodes = dict(graph.nodes)
        total = first
        for number, ref in enumerate(others):
            name = f"total_{number}" if number else "total"
            node = Node(
                name, "operation", "add", {"": TensorType(())}, (total, ref), span=graph.nodes[ref.node].span
            )
            nodes[name] = node
            total = Ref(name, "")
        return replace(graph, nodes=nodes, outputs={**graph.outputs, "total": total})

    def finish(self, body: Body) -> Graph:
        """The stage's graph; modules of the model that it applied are the model's own."""
        assert body.batch is not None
        self.read = frozenset(body.batch.optional)
        for key in body.batch.optional:
            known = self.stages.optional.get(key)
            self.stages.optional[key] = body.batch.ranks.get(key) if known is None else known
        shared = frozenset(self.model.blocks_by_module)
        for name in shared & body.modules.keys():
            if body.modules[name] is not self.model.modules.get(name):
                self.model.modules[name] = body.modules[name]
        used = {node.target for node in body.nodes.values() if node.kind == "module"}
        body.modules = {name: module for name, module in body.modules.items() if name in used}
        return replace(body.graph(), shared=shared & used)

    def term(self, body: Body, term: Term) -> Tensor | None:
        """The weighted mean of a term over what its mask selects."""
        setting = term.setting
        mask = self.mask(body, setting.where)
        expr = self.operands(body, term, mask)
        if expr is None or mask is POISON:
            return None
        body.planned = naming.plan(self.program, expr, f"{term.name}_loss", body.is_module)
        value = body.evaluator.evaluate(expr, hint=f"{term.name}_loss")
        if value is POISON:
            return None
        if not isinstance(value, Tensor):
            self.program.diagnostics.add(
                mistakes.terms.no_tensor(term.name, describe(value), setting.value.span)
            )
            return None
        operation, args = ("mean", [value]) if mask is None else ("masked_mean", [value, mask])
        result = body.evaluator.tensors(operation, args, {}, setting.value.span, f"{term.name}_mean")
        if result is not POISON and term.weight != 1.0:
            result = body.evaluator.tensors(
                "mul", [result, term.weight], {}, setting.span, f"{term.name}_weighted"
            )
        return None if result is POISON else result

    def mask(self, body: Body, where: syntax.Expr | None) -> Value:
        """A boolean tensor, None without a `where`, or POISON after a report."""
        if where is None:
            return None
        mask = body.evaluator.evaluate(where)
        if mask is POISON:
            return POISON
        if not isinstance(mask, Tensor):
            self.program.diagnostics.add(mistakes.terms.no_mask(describe(mask), where.span))
            return POISON
        if mask.type.dtype != "bool":
            return body.evaluator.tensors("ne", [mask, 0], {}, where.span, "mask")
        return mask

    def operands(self, body: Body, term: Term, mask: Value) -> syntax.Expr | None:
        """The term with its prediction and target evaluated; masked targets cannot spread NaN."""
        expr = term.setting.value
        pair = compared(expr)
        if pair is None:
            return expr
        prediction, target = body.evaluator.evaluate(pair[0]), body.evaluator.evaluate(pair[1])
        if not isinstance(prediction, Tensor) or not isinstance(target, Tensor):
            for value, place in zip((prediction, target), pair, strict=True):
                if value is not POISON and not isinstance(value, Tensor):
                    self.program.diagnostics.add(
                        mistakes.terms.compares_no_tensor(describe(value), place.span)
                    )
            return None
        self.note_likeness(pair[1], term.setting, prediction, term.name)
        if prediction.type.dims is not None:
            body.note_rank(target.ref, len(prediction.type.dims))
        if isinstance(mask, Tensor):
            safe = body.evaluator.tensors("detach", [prediction], {}, pair[0].span, f"{term.name}_detached")
            target = body.evaluator.tensors(
                "masked_target", [mask, target, safe], {}, pair[1].span, f"{term.name}_target"
            )
            if target is POISON:
                return None
        body.scope[PREDICTION], body.scope[TARGET] = prediction, target
        return _with_operands(expr)

    def note_likeness(
        self, target: syntax.Expr, setting: syntax.Setting, prediction: Tensor, term: str
    ) -> None:
        """Batch keys whose types nobody declares take the prediction's shape in dummy data."""
        where = [setting.where] if setting.where is not None else []
        for expr in (target, *where):
            for node in syntax.walk(expr):
                if (
                    isinstance(node, syntax.Attribute)
                    and isinstance(node.value, syntax.Name)
                    and node.value.id == "batch"
                ):
                    self.stages.like.setdefault(node.name, (term, prediction.type.plain()))

    # -- metrics

    def read_metrics(self, settings: Mapping[str, syntax.Setting]) -> None:
        for name, setting in settings.items():
            names = self.metric_names(setting.value)
            term = self.stages.terms.get(name)
            if term is None:
                if name in self.broken:
                    continue
                self.program.diagnostics.add(
                    mistakes.terms.measures_no_term(name, setting.name_span, self.stages.terms)
                )
                continue
            if compared(term.setting.value) is None:
                self.program.diagnostics.add(
                    mistakes.terms.nothing_to_compare(term.name, setting.name_span, term.setting.value.span)
                )
                continue
            self.stages.metric_terms[name] = MetricTerm(name, tuple(dict.fromkeys(names)), setting)

    def metric_names(self, expr: syntax.Expr) -> list[str]:
        found = []
        for item in expr.items if isinstance(expr, syntax.List) else (expr,):
            if isinstance(item, syntax.Name) and item.id in METRICS:
                found.append(item.id)
            else:
                name = item.id if isinstance(item, syntax.Name) else item.span.text
                self.program.diagnostics.add(mistakes.terms.no_such_metric(name, item.span, METRICS))
        return found

    def metrics(self) -> Mapping[Absent, Graph]:
        """For each measured term `name.prediction`, `name.target` and, where masked, `name.mask`."""
        return self.variants(self.stages.metric_terms, self.pair_of)

    def pair_of(self, name: str, absent: Absent) -> Graph:
        """What one measured term compares."""
        body = self.body(absent)
        item, loss = self.stages.metric_terms[name], self.stages.terms[name].setting
        pair = compared(loss.value)
        assert pair is not None
        values = {
            "prediction": body.evaluator.evaluate(pair[0]),
            "target": body.evaluator.evaluate(pair[1]),
        }
        where = item.setting.where if item.setting.where is not None else loss.where
        values["mask"] = self.mask(body, where)
        for part, value in values.items():
            if isinstance(value, Tensor):
                body.outputs[f"{name}.{part}"] = value.ref
        return self.finish(body)


PREDICTION, TARGET = "the prediction", "the target"  # no name of a spec can be one of these


def compared(expr: syntax.Expr) -> tuple[syntax.Expr, syntax.Expr] | None:
    """The prediction and target of `Loss(prediction, target, …)` or `prediction -> Loss(target, …)`."""
    if isinstance(expr, syntax.Call) and len(expr.args) >= 2:
        return expr.args[0], expr.args[1]
    if isinstance(expr, syntax.Arrow) and isinstance(expr.target, syntax.Call) and expr.target.args:
        return expr.source, expr.target.args[0]
    return None


def _with_operands(expr: syntax.Expr) -> syntax.Expr:
    if isinstance(expr, syntax.Call):
        first, second = syntax.Name(expr.args[0].span, PREDICTION), syntax.Name(expr.args[1].span, TARGET)
        return replace(expr, args=(first, second, *expr.args[2:]))
    assert isinstance(expr, syntax.Arrow)
    assert isinstance(expr.target, syntax.Call)
    second = syntax.Name(expr.target.args[0].span, TARGET)
    target = replace(expr.target, args=(second, *expr.target.args[1:]))
    return replace(expr, source=syntax.Name(expr.source.span, PREDICTION), target=target)

"""A term of the loss to a graph: its weighted mean over what its mask selects."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from getdsl.compiler.constants.markers import POISON, Marker
from getdsl.compiler.elaborate.batch import batch_keys
from getdsl.compiler.elaborate.engine import Engine
from getdsl.compiler.elaborate.faces import inputs_of
from getdsl.compiler.elaborate.frame import Frame
from getdsl.compiler.elaborate.naming import names_of
from getdsl.compiler.elaborate.operate import operate
from getdsl.compiler.elaborate.values import Owner, Tensor, Value, describe
from getdsl.compiler.graph.graph import Graph, Node, Ref
from getdsl.compiler.graph.types import TensorType
from getdsl.compiler.stages.site import Site, TermGraph
from getdsl.compiler.stages.stages import Likeness, Term, compared
from getdsl.compiler.stages.variants import Absent
from getdsl.diagnostics.mistakes import names
from getdsl.diagnostics.mistakes import terms as mistakes
from getdsl.grammar import syntax

PREDICTION, TARGET = "the prediction", "the target"  # no name of a spec can be one of these


def read_terms(site: Site, settings: Mapping[str, syntax.Setting]) -> dict[str, Term]:
    """The terms with their weights: numbers, or None where they are computed in each step."""
    frame = site.frame(Absent())
    for setting in settings.values():
        if setting.pair is not None:
            frame.wrong(mistakes.pair_in_loss(setting.pair.span))
    return {name: Term(name, setting, _weight(site, frame, setting)) for name, setting in settings.items()}


def _weight(site: Site, frame: Frame, setting: syntax.Setting) -> float | None:
    override = site.engine.overrides.take(f"loss.{setting.name}.weight")
    weight: Value = site.engine.evaluate(frame, setting.weight) if setting.weight is not None else 1.0
    if override is not None:
        weight = override.value
    if isinstance(weight, int | float) and not isinstance(weight, bool) and weight >= 0:
        return float(weight)
    if isinstance(weight, Tensor) and _is_one_number(weight.type):
        return None
    if weight is not POISON:
        place = setting.weight.span if setting.weight is not None else setting.span
        frame.wrong(mistakes.wrong_weight(describe(weight), place))
    return 1.0


def _is_one_number(type: TensorType) -> bool:
    return type.dims is not None and type.dtype != "bool" and all(dim == 1 for dim in type.dims)


def loss_of(site: Site, term: Term, absent: Absent, like: dict[str, Likeness]) -> TermGraph:
    """The loss of one term for a batch without the given optional keys; `like` gains its targets."""
    frame = site.frame(absent)
    value = _weighted_mean(site.engine, frame, term, like)
    if isinstance(value, Tensor):
        frame.draft.outputs[term.name] = value.ref
    return site.graph_of(frame)


def with_total(graph: Graph) -> Graph:
    """The graph with the sum of its outputs as `total`."""
    first, *others = graph.outputs.values() or (None,)
    if first is None:
        return graph
    nodes, total = dict(graph.nodes), first
    for number, ref in enumerate(others):
        name = f"total_{number}" if number else "total"
        span = graph.nodes[ref.node].span
        nodes[name] = Node(name, "operation", "add", {"": TensorType(())}, (total, ref), span=span)
        total = Ref(name, "")
    return replace(graph, nodes=nodes, outputs={**graph.outputs, "total": total})


def mask_of(engine: Engine, frame: Frame, where: syntax.Expr | None) -> Tensor | Marker | None:
    """A boolean tensor, None without a `where`, or POISON after a report."""
    if where is None:
        return None
    mask = engine.evaluate(frame, where)
    if isinstance(mask, Tensor) and mask.type.dtype != "bool":
        mask = operate(frame, "ne", [mask, 0], {}, where.span, "mask")
    if isinstance(mask, Tensor):
        return mask
    return POISON if mask is POISON else frame.wrong(mistakes.no_mask(describe(mask), where.span))


def _weighted_mean(engine: Engine, frame: Frame, term: Term, like: dict[str, Likeness]) -> Value:
    setting, span = term.setting, term.setting.value.span
    mask = mask_of(engine, frame, setting.where)
    expr = _operands(engine, frame, term, mask, like)
    if expr is None or isinstance(mask, Marker):
        return POISON
    hint = f"{term.name}_loss"
    value = engine.evaluate(frame.naming(names_of(engine, frame, expr, hint)), expr, hint)
    if value is POISON:
        return POISON
    if not isinstance(value, Tensor):
        return frame.wrong(mistakes.no_tensor(term.name, describe(value), span))
    operation, args = ("mean", [value]) if mask is None else ("masked_mean", [value, mask])
    result = operate(frame, operation, args, {}, span, f"{term.name}_mean")
    weight = term.weight if term.weight is not None else _computed_weight(engine, frame, term)
    if POISON in (result, weight) or weight == 1.0:
        return POISON if weight is POISON else result
    return operate(frame, "mul", [result, weight], {}, setting.span, f"{term.name}_weighted")


def _computed_weight(engine: Engine, frame: Frame, term: Term) -> Value:
    """A weight that is made of parameters, as a scalar."""
    assert term.setting.weight is not None
    span, hint = term.setting.weight.span, f"{term.name}_weight"
    value = engine.evaluate(frame, term.setting.weight, hint)
    if not isinstance(value, Tensor) or not value.type.dims:
        return value
    return operate(frame, "mean", [value], {}, span, f"{hint}_scalar")


def _operands(
    engine: Engine, frame: Frame, term: Term, mask: Tensor | Marker | None, like: dict[str, Likeness]
) -> syntax.Expr | None:
    """The term with its prediction and target evaluated; masked targets cannot spread NaN."""
    expr = term.setting.value
    pair = compared(expr)
    if pair is None:
        return expr
    prediction, target = (engine.evaluate(frame, side) for side in pair)
    if not isinstance(prediction, Tensor) or not isinstance(target, Tensor):
        for value, side in zip((prediction, target), pair, strict=True):
            if isinstance(value, Owner):
                frame.wrong(names.block_in_stage(value.path, side.span))
            elif value is not POISON and not isinstance(value, Tensor):
                frame.wrong(mistakes.compares_no_tensor(describe(value), side.span))
        return None
    likeness_of(term.name, prediction, (pair[1], term.setting.where), like)
    if prediction.type.dims is not None:
        frame.note_rank(target.ref, len(prediction.type.dims))
    safe: Value = target
    if isinstance(mask, Tensor) and not _takes_classes(frame, expr):
        safe = _masked(frame, term, pair, mask, prediction, target)
    if safe is POISON:
        return None
    frame.scope.values.update({PREDICTION: prediction, TARGET: safe})
    return _with_operands(expr)


def _takes_classes(frame: Frame, expr: syntax.Expr) -> bool:
    """Whether the loss takes numbers of classes, which are never NaN and must stay integers."""
    call = expr.target if isinstance(expr, syntax.Arrow) else expr
    callee = call.callee if isinstance(call, syntax.Call) else None
    face = frame.program.find(callee.id) if isinstance(callee, syntax.Name) else None
    inputs = inputs_of(face) if face is not None else ()
    return any(item.name == "target" and item.type.span.text.startswith("int") for item in inputs)


def _masked(
    frame: Frame,
    term: Term,
    pair: tuple[syntax.Expr, syntax.Expr],
    mask: Tensor,
    prediction: Tensor,
    target: Tensor,
) -> Value:
    """The target where the mask selects it, and the prediction elsewhere."""
    safe = operate(frame, "detach", [prediction], {}, pair[0].span, f"{term.name}_detached")
    return operate(frame, "masked_target", [mask, target, safe], {}, pair[1].span, f"{term.name}_target")


def likeness_of(
    term: str, prediction: Tensor, exprs: Iterable[syntax.Expr | None], like: dict[str, Likeness]
) -> None:
    """Notes the keys in expressions: of those that nobody declares dummy data has the prediction's type."""
    for key in (key for expr in exprs if expr is not None for key in sorted(batch_keys(expr))):
        like.setdefault(key, (term, prediction.type.plain()))


def _with_operands(expr: syntax.Expr) -> syntax.Expr:
    """A comparison of what was evaluated already."""
    if isinstance(expr, syntax.Call):
        first, second = syntax.Name(expr.args[0].span, PREDICTION), syntax.Name(expr.args[1].span, TARGET)
        return replace(expr, args=(first, second, *expr.args[2:]))
    assert isinstance(expr, syntax.Arrow)
    assert isinstance(expr.target, syntax.Call)
    second = syntax.Name(expr.target.args[0].span, TARGET)
    target = replace(expr.target, args=(second, *expr.target.args[1:]))
    return replace(expr, source=syntax.Name(expr.source.span, PREDICTION), target=target)

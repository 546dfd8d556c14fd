"""What is measured: for each term `name.prediction`, `name.target` and, where masked, `name.mask`."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from getdsl.compiler.constants.markers import POISON
from getdsl.compiler.elaborate.frame import Frame
from getdsl.compiler.elaborate.values import Tensor, describe
from getdsl.compiler.graph.types import TensorType
from getdsl.compiler.program import Program
from getdsl.compiler.sections.measured import METRICS
from getdsl.compiler.stages.fitting_pairs import misfits
from getdsl.compiler.stages.losses import likeness_of, mask_of
from getdsl.compiler.stages.site import Site, TermGraph
from getdsl.compiler.stages.stages import Likeness, MetricTerm, Term, compared
from getdsl.compiler.stages.variants import Absent
from getdsl.diagnostics.mistakes import terms as mistakes
from getdsl.grammar import syntax


def read_metrics(
    program: Program,
    settings: Mapping[str, syntax.Setting],
    terms: Mapping[str, Term],
    broken: Collection[str],
) -> dict[str, MetricTerm]:
    """What is measured; `broken` are terms of the loss that could not be parsed."""
    found: dict[str, MetricTerm] = {}
    for name, setting in settings.items():
        metrics = tuple(dict.fromkeys(_metric_names(program, setting)))
        if setting.weight is not None:
            program.diagnostics.add(mistakes.weight_in_metrics(setting.weight.span))
        if setting.pair is not None:
            pair = setting.pair.prediction, setting.pair.target
            found[name] = MetricTerm(name, metrics, setting, pair, setting.where)
        elif name in terms:
            term = _of_a_term(program, terms[name], metrics, setting)
            found |= {name: term} if term is not None else {}
        elif name not in broken:
            only = next(iter(terms)) if len(terms) == 1 and not broken else None
            again = setting.span if only and _is_said(setting, settings.get(only)) else None
            wrong = mistakes.measures_no_term(name, setting.name_span, terms, only, again)
            program.diagnostics.add(wrong)
    return found


def _is_said(setting: syntax.Setting, other: syntax.Setting | None) -> bool:
    """Whether another entry measures all that one does, of what its term compares."""
    if other is None or other.pair is not None or setting.where is not None:
        return False
    return other.where is None and _named(setting.value) <= _named(other.value)


def _named(value: syntax.Expr) -> set[str]:
    items = value.items if isinstance(value, syntax.List) else (value,)
    return {item.span.text for item in items}


def _of_a_term(
    program: Program, term: Term, metrics: tuple[str, ...], setting: syntax.Setting
) -> MetricTerm | None:
    """Metrics of what a term of the loss compares, under its mask where they have none."""
    value = term.setting.value
    pair = compared(value)
    if pair is None:
        program.diagnostics.add(mistakes.nothing_to_compare(term.name, setting.name_span, value.span))
        return None
    call = value.target if isinstance(value, syntax.Arrow) else value
    callee = call.callee if isinstance(call, syntax.Call) else None
    loss = callee.id if isinstance(callee, syntax.Name) else ""
    where = setting.where if setting.where is not None else term.setting.where
    return MetricTerm(term.name, metrics, setting, pair, where, loss)


def _metric_names(program: Program, setting: syntax.Setting) -> list[str]:
    found, expr = [], setting.value
    items = expr.items if isinstance(expr, syntax.List) else (expr,)
    if not items:
        program.diagnostics.add(mistakes.no_metrics(setting.name, expr.span))
    for item in items:
        if isinstance(item, syntax.Name) and item.id in METRICS:
            found.append(item.id)
        else:
            name = item.id if isinstance(item, syntax.Name) else item.span.in_a_line
            program.diagnostics.add(mistakes.no_such_metric(name, item.span, METRICS))
    return found


def _known(site: Site, frame: Frame, target: Tensor) -> TensorType:
    """The type of a target; that of a raw key is what the loss makes of it."""
    node = frame.draft.nodes[target.ref.node]
    wanted = site.wanted.get(node.target.removeprefix("batch.")) if node.kind == "input" else None
    return wanted if wanted is not None and target.type.dims is None else target.type


def pair_of(site: Site, measured: MetricTerm, absent: Absent, like: dict[str, Likeness]) -> TermGraph:
    """What a measured term compares in a batch without these optional keys; `like` gains its targets."""
    frame = site.frame(absent)
    prediction, target = (site.engine.evaluate(frame, side) for side in measured.pair)
    mask = mask_of(site.engine, frame, measured.where)
    for part, value in (("prediction", prediction), ("target", target), ("mask", mask)):
        if isinstance(value, Tensor):
            frame.draft.outputs[f"{measured.name}.{part}"] = value.ref
    if isinstance(prediction, Tensor) and isinstance(target, Tensor):
        likeness_of(measured.name, prediction, (measured.pair[1], measured.where), like)
        for mistake in misfits(measured, prediction.type, _known(site, frame, target)):
            frame.wrong(mistake)
    elif measured.setting.pair is not None:
        for value, side in zip((prediction, target), measured.pair, strict=True):
            if value is not POISON and not isinstance(value, Tensor):
                frame.wrong(mistakes.measures_no_tensor(describe(value), side.span))
    return site.graph_of(frame)

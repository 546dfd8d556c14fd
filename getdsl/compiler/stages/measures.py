"""What is measured: for each term `name.prediction`, `name.target` and, where masked, `name.mask`."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from getdsl.compiler.elaborate.values import Tensor
from getdsl.compiler.program import Program
from getdsl.compiler.sections.declared import METRICS
from getdsl.compiler.stages.losses import mask_of
from getdsl.compiler.stages.site import Site, TermGraph
from getdsl.compiler.stages.stages import MetricTerm, Term, compared
from getdsl.compiler.stages.variants import Absent
from getdsl.diagnostics.mistakes import terms as mistakes
from getdsl.grammar import syntax


def read_metrics(
    program: Program,
    settings: Mapping[str, syntax.Setting],
    terms: Mapping[str, Term],
    broken: Collection[str],
) -> dict[str, MetricTerm]:
    """The measured terms; `broken` are terms of the loss that could not be parsed."""
    found: dict[str, MetricTerm] = {}
    for name, setting in settings.items():
        metrics = _metric_names(program, setting.value)
        term = terms.get(name)
        if term is None:
            if name not in broken:
                program.diagnostics.add(mistakes.measures_no_term(name, setting.name_span, terms))
        elif compared(term.setting.value) is None:
            place = term.setting.value.span
            program.diagnostics.add(mistakes.nothing_to_compare(term.name, setting.name_span, place))
        else:
            found[name] = MetricTerm(name, tuple(dict.fromkeys(metrics)), setting)
    return found


def _metric_names(program: Program, expr: syntax.Expr) -> list[str]:
    found = []
    for item in expr.items if isinstance(expr, syntax.List) else (expr,):
        if isinstance(item, syntax.Name) and item.id in METRICS:
            found.append(item.id)
        else:
            name = item.id if isinstance(item, syntax.Name) else item.span.text
            program.diagnostics.add(mistakes.no_such_metric(name, item.span, METRICS))
    return found


def pair_of(site: Site, measured: MetricTerm, term: Term, absent: Absent) -> TermGraph:
    """What one measured term compares, for a batch without the given optional keys."""
    frame = site.frame(absent)
    pair = compared(term.setting.value)
    assert pair is not None
    prediction, target = (site.engine.evaluate(frame, side) for side in pair)
    where = measured.setting.where if measured.setting.where is not None else term.setting.where
    mask = mask_of(site.engine, frame, where)
    for part, value in (("prediction", prediction), ("target", target), ("mask", mask)):
        if isinstance(value, Tensor):
            frame.draft.outputs[f"{measured.name}.{part}"] = value.ref
    return site.graph_of(frame)

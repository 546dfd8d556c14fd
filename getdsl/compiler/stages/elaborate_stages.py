"""From `loss` and `metrics` to their graphs: terms first, and all together once the model is finished."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import NamedTuple

from getdsl.compiler.elaborate.declared_data import Data
from getdsl.compiler.elaborate.engine import Engine
from getdsl.compiler.elaborate.frame import Frame
from getdsl.compiler.graph.graph import Graph, Module
from getdsl.compiler.stages.borrow import lent
from getdsl.compiler.stages.collect import (
    Sections,
    broken_terms,
    collect,
    inherited,
    parents,
    sections_of,
)
from getdsl.compiler.stages.losses import loss_of, read_terms, with_total
from getdsl.compiler.stages.measures import pair_of, read_metrics
from getdsl.compiler.stages.site import Site
from getdsl.compiler.stages.stages import Likeness, MetricTerm, Stages, Term
from getdsl.compiler.stages.targets import read_targets, refuse_elsewhere, report_unread
from getdsl.compiler.stages.term_graphs import TermGraphs
from getdsl.compiler.stages.unrolled import unrolled
from getdsl.grammar import syntax


class StageDraft(NamedTuple):
    """The terms of a spec, each with its graphs."""

    site: Site
    terms: Mapping[str, Term]
    metric_terms: Mapping[str, MetricTerm]
    like: Mapping[str, Likeness]
    losses: TermGraphs
    metrics: TermGraphs

    @property
    def applied(self) -> Mapping[str, Module]:
        """The modules that the model binds and only a stage applies."""
        return self.site.applied

    def lent(self) -> dict[str, frozenset[str]]:
        """What is read of the model's modules."""
        return lent([*self.losses, *self.metrics])

    def finished(self, model: Graph) -> Stages:
        """The stages beside the finished model."""
        diagnostics = self.site.model.program.diagnostics
        return Stages(
            self.terms,
            self.metric_terms,
            self.losses.variants(model, diagnostics, with_total),
            self.metrics.variants(model, diagnostics),
            self.site.optional,
            self.like,
            self.site.wanted,
        )


def elaborate_stages(
    engine: Engine,
    frame: Frame,
    model: syntax.Definition,
    data: Data | None,
    sections: Sections,
) -> StageDraft:
    """The terms of the spec's sections and its parents', over the model's frame."""
    program = frame.program
    assert program.unit is not None

    def plain(sections: Iterable[syntax.Section]) -> list[syntax.Section]:
        return [unrolled(engine, frame, section) for section in sections]

    written = [sections_of(sections, keyword) for keyword in ("loss", "metrics")]
    loss, metrics = (plain(each[:1]) for each in written)
    loss_above, metrics_above = (plain(parents(program, keyword, model)) for keyword in ("loss", "metrics"))
    targets = read_targets(engine, frame, data, loss_above, loss)
    refuse_elsewhere(frame, metrics)
    site = Site(engine, frame, data, {name: type for name, (type, _) in targets.items()})
    terms = read_terms(site, collect(program, loss, inherited(loss_above)))
    like: dict[str, Likeness] = {}
    settings = {name: term.setting for name, term in terms.items()}
    losses = TermGraphs(settings, lambda name, absent: loss_of(site, terms[name], absent, like))
    above = inherited(metrics_above)
    still = {name: item for name, item in above.items() if name in terms or item.pair is not None}
    measured = collect(program, metrics, still)
    metric_terms = read_metrics(program, measured, terms, broken_terms(program.unit, *written))
    pairs = TermGraphs(
        {name: _read_by(term) for name, term in metric_terms.items()},
        lambda name, absent: pair_of(site, metric_terms[name], absent, like),
    )
    read = {name for graph in (*losses, *pairs) for name in graph.inputs}
    report_unread(frame, targets, {name.removeprefix("batch.") for name in read})
    return StageDraft(site, terms, metric_terms, like, losses, pairs)


def _read_by(term: MetricTerm) -> syntax.Setting:
    """The expressions that a measured term evaluates, as one setting."""
    pair = syntax.Of(term.setting.span, *term.pair)
    return replace(term.setting, pair=pair, where=term.where)

"""From `loss` and `metrics` to their graphs: terms first, and all together once the model is finished."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from getdsl.compiler.elaborate.declared_data import Data
from getdsl.compiler.elaborate.engine import Engine
from getdsl.compiler.elaborate.frame import Frame
from getdsl.compiler.graph.graph import Graph, Module
from getdsl.compiler.stages.borrow import lent
from getdsl.compiler.stages.collect import Sections, broken_terms, collect, inherited, sections_of
from getdsl.compiler.stages.losses import Likeness, loss_of, read_terms, with_total
from getdsl.compiler.stages.measures import pair_of, read_metrics
from getdsl.compiler.stages.site import Site
from getdsl.compiler.stages.stages import MetricTerm, Stages, Term
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
    site = Site(engine, frame, data)

    def plain(section: syntax.Section) -> syntax.Section:
        return unrolled(engine, frame, section)

    written = [sections_of(sections, keyword) for keyword in ("loss", "metrics")]
    loss, metrics = ([plain(section) for section in each[:1]] for each in written)
    parents = inherited(program, "loss", model, plain), inherited(program, "metrics", model, plain)
    terms = read_terms(site, collect(program, loss, parents[0]))
    like: dict[str, Likeness] = {}
    settings = {name: term.setting for name, term in terms.items()}
    losses = TermGraphs(settings, lambda name, absent: loss_of(site, terms[name], absent, like))
    measured = collect(program, metrics, {name: item for name, item in parents[1].items() if name in terms})
    metric_terms = read_metrics(program, measured, terms, broken_terms(program.unit, *written))
    pairs = TermGraphs(
        {name: settings[name] for name in metric_terms},
        lambda name, absent: pair_of(site, metric_terms[name], terms[name], absent),
    )
    return StageDraft(site, terms, metric_terms, like, losses, pairs)

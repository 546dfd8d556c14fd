"""What can be wrong with directives before any file is read: patterns held against the model's names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from getdsl.compiler.directives.adaptable import adaptable
from getdsl.compiler.directives.covering import any_covers, covers, is_glob
from getdsl.compiler.directives.directives import Directives, Load, Lora, Pattern, Stage, is_url
from getdsl.compiler.directives.held import held
from getdsl.compiler.directives.model_names import ModelNames, prefixes
from getdsl.compiler.directives.part_weights import check_part_weights
from getdsl.compiler.directives.rename_rules import check_rules
from getdsl.compiler.graph.graph import Graph
from getdsl.compiler.sections.read_parts import PartSettings
from getdsl.compiler.sections.settings import Settings
from getdsl.diagnostics import Diagnostic, Diagnostics
from getdsl.diagnostics.mistakes import adapters, data, sections, weights
from getdsl.text.source import Span


def check_directives(
    directives: Directives,
    settings: Mapping[str, Settings],
    optimizers: Sequence[PartSettings],
    graph: Graph,
    unsure: Iterable[str],
    diagnostics: Diagnostics,
) -> None:
    """Reports what is wrong. `unsure` are names of the model that were reported already."""
    names = ModelNames(graph, unsure, diagnostics)
    for load in directives.loads:
        _load(load, names)
    if directives.lora is not None:
        _lora(directives.lora, settings["lora"], names)
    for keyword, patterns in (("freeze", directives.freeze), ("train_only", directives.train_only)):
        names.hold(patterns or (), keyword)
    if directives.freeze is not None and directives.train_only is not None:
        place, other = settings["train_only"].span, settings["freeze"].span
        diagnostics.add(weights.frozen_and_trained(place, other))
    for stage in directives.stages:
        _stage(stage, directives, names)
    if optimizers:
        check_part_weights(optimizers, names, held(directives, names.tensors))


def _stage(stage: Stage, directives: Directives, names: ModelNames) -> None:
    """A stage says one way what it trains, names parts of the model, and leaves some of it to train."""
    report = names.diagnostics
    patterns = [*(stage.freeze or ()), *(stage.train_only or ())]
    right = names.hold(stage.freeze or (), "freeze") + names.hold(stage.train_only or (), "train_only")
    if stage.freeze is not None and stage.train_only is not None:
        report.add(weights.frozen_and_trained(stage.span, stage.span, stage.name))
    elif len(right) == len(patterns):
        learning = [name for name, tensor in names.tensors.items() if tensor.kind == "weight"]
        kept = held(stage, learning) | held(directives, learning)
        if learning and kept.issuperset(learning):
            report.add(weights.stage_trains_nothing(stage.name, stage.span))


def _load(load: Load, names: ModelNames) -> None:
    report = names.diagnostics
    names.hold(load.new, "new")
    if load.into is not None and (is_glob(load.into.text) or load.into.text in names.tensors):
        report.add(weights.into_no_part(load.into.text, load.into.span, glob=is_glob(load.into.text)))
    elif load.into is not None:
        names.hold([load.into], "into")
    check_rules(load, report)
    _absent(load.request.location, load.span, report)


def _absent(location: str, span: Span, diagnostics: Diagnostics) -> None:
    if location and not is_url(location) and not Path(location).exists():
        diagnostics.add(data.absent_checkpoint(location, span))


def _lora(lora: Lora, settings: Settings, names: ModelNames) -> None:
    if lora.adapter is not None and lora.adapter_span is not None:
        _absent(lora.adapter.location, lora.adapter_span, names.diagnostics)
    if lora.on is not None:
        adapted = _adapted(lora.on, names)
        for name, table in (("rank", lora.rank), ("alpha", lora.alpha)):
            if table is not None and adapted:
                _table(name, table, adapted, settings, names)
    elif lora.adapter is None and "on" not in settings.broken:
        names.diagnostics.add(sections.lora_without_on(lora.span))


def _adapted(on: Iterable[Pattern], names: ModelNames) -> list[str]:
    """The weights that `on` names; patterns that name none are reported."""
    adapted: list[str] = []
    for pattern in names.hold(on, "on"):
        found = adaptable([pattern.text], names.tensors)
        adapted += found
        if not found:
            names.diagnostics.add(adapters.nothing_to_adapt(pattern.text, pattern.span))
    return adapted


def _table(
    setting: str,
    table: Mapping[str, float],
    adapted: Sequence[str],
    settings: Settings,
    names: ModelNames,
) -> None:
    """A table of ranks or alphas says something of each adapted weight, and nothing of others."""
    wrong = list(_strange_rows(setting, table, adapted, settings, names))
    for mistake in wrong:
        names.diagnostics.add(mistake)
    left = [name for name in adapted if not any_covers(table, name)]
    if left and setting == "rank" and not wrong:
        names.diagnostics.add(sections.weights_without_rank(left, settings.place((setting,))))


def _strange_rows(
    setting: str,
    table: Iterable[str],
    adapted: Sequence[str],
    settings: Settings,
    names: ModelNames,
) -> Iterator[Diagnostic]:
    parts = {prefix for name in adapted for prefix in prefixes(name)}
    for pattern in table:
        if not any(covers(pattern, name) for name in adapted) and not names.is_unsure(pattern):
            place = settings.places.get((setting, pattern, ""), settings.place((setting,)))
            yield weights.row_of_nothing(setting, pattern, place, adapted, parts)

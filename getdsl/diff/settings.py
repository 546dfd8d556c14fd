"""What a spec says beside its model, by section, as text that can be held against another's."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from getdsl.compiler.graph.graph import Graph
from getdsl.compiler.sections.declare import values
from getdsl.compiler.spec import Spec
from getdsl.compiler.stages.stages import MetricTerm, Term
from getdsl.diff.nodes import Change, differing, node_changes
from getdsl.diff.steps import Reading
from getdsl.diff.values import flat, value_text
from getdsl.grammar import syntax
from getdsl.text.source import squeezed

TOKEN = re.compile(r'"(?:\\.|[^"\\])*"|\d[\d_]*(?:\.\d+)?(?:[eE][+-]?\d+)?|\w+|\S')
DIRECTIVES = ("lora", "freeze", "train_only")


def section_changes(before: Spec, after: Spec) -> dict[str, list[Change]]:
    """What differs, by section; sections that do not are left out."""
    old, new = _sections(before), _sections(after)
    found = {name: _differing(name, old[name], new[name]) for name in old}
    if not found["loss"] and _computed_otherwise(before.stages.losses, after.stages.losses):
        found["loss"] = [Change("its blocks", "as they were", "computed otherwise")]
    return {name: changes for name, changes in found.items() if changes}


def _computed_otherwise(
    before: Mapping[frozenset[str], Graph], after: Mapping[frozenset[str], Graph]
) -> bool:
    """Whether terms that read the same are not the same: a block that they call has changed."""
    changes = (
        change
        for absent in before.keys() & after.keys()
        for change in node_changes(Reading(before[absent]), Reading(after[absent]))
    )
    return any(change.kind != "input" and not change.follows for change in changes)


def _sections(spec: Spec) -> dict[str, dict[str, str]]:
    return {
        "model": {"": spec.model},
        "params": {name: value_text(value) for name, value in spec.params.items()},
        "loss": dict(_loss(spec.stages.terms)),
        "metrics": {term.name: _metric(term) for term in spec.stages.metric_terms.values()},
        "data": dict(_data(spec)),
        "optimizer": dict(_optimizers(spec)),
        "schedule": dict(flat(spec.schedule)),
        "train": dict(flat(spec.train)),
        "load": dict(_loads(spec)),
        **{name: dict(_directive(name, spec)) for name in DIRECTIVES},
    }


def _differing(section: str, before: Mapping[str, str], after: Mapping[str, str]) -> list[Change]:
    """Code is held against code word by word, so that its layout does not count."""
    if section not in ("loss", "metrics"):
        return differing(before, after)
    return [
        change
        for change in differing(before, after)
        if change.before is None or change.after is None or words(change.before) != words(change.after)
    ]


def words(code: str) -> list[str]:
    """Code without its layout: numbers by their values, no comma before a bracket that closes."""
    return [_word(token) for token in TOKEN.findall(re.sub(r",\s*(?=[)\]}])", "", code))]


def _word(token: str) -> str:
    return str(float(token.replace("_", ""))) if token[0].isdigit() else token


def _loss(terms: Mapping[str, Term]) -> Iterator[tuple[str, str]]:
    for term in terms.values():
        yield term.name, f"{_code(term.setting.value)}{_where(term.setting.where)}"
        if term.weight != 1:
            yield f"{term.name} weight", term.shown_weight


def _metric(term: MetricTerm) -> str:
    pair = ", ".join(map(_code, term.pair)) if term.setting.pair is not None else ""
    of = f" of ({pair})" if pair else ""
    return f"[{', '.join(term.metrics)}]{of}{_where(term.setting.where)}"


def _where(mask: syntax.Expr | None) -> str:
    return f" where {_code(mask)}" if mask is not None else ""


def _code(expr: syntax.Expr) -> str:
    return squeezed(expr.span.text)


def _data(spec: Spec) -> Iterator[tuple[str, str]]:
    if spec.data is None:
        return
    for name, source in spec.data.sources.items():
        params = (f"{key} = {value_text(value)}" for key, value in source.params.items() if value is not None)
        yield name, f"{source.name}({', '.join(params)})"
    own = {name: value for name, value in values(spec.data_settings).items() if name not in spec.data.sources}
    yield from flat({name: value for name, value in own.items() if name != "batch"})


def _optimizers(spec: Spec) -> Iterator[tuple[str, str]]:
    yield from flat(spec.optimizer)
    for part in spec.training.parts:
        yield from flat(part.said(), part.name)


def _loads(spec: Spec) -> Iterator[tuple[str, str]]:
    for number, load in enumerate(spec.loads):
        yield f"[{number}]", value_text(load.label)
        for path, text in flat(load.table):
            yield f"[{number}].{path}", text


def _directive(name: str, spec: Spec) -> Iterator[tuple[str, str]]:
    if name in spec.settings:
        value = spec.settings[name].value
        yield from flat(value) if isinstance(value, dict) else [("", value_text(value))]

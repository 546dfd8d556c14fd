"""Optimizers of parts against the loss, the main optimizer and the training."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from getdsl.compiler.sections.facts import Facts
from getdsl.compiler.sections.optimizer import KIND, Optimizer
from getdsl.compiler.sections.part_optimizer import Clauses, PartOptimizer
from getdsl.compiler.sections.read_parts import PartSettings
from getdsl.compiler.sections.settings import Settings
from getdsl.compiler.sections.train import TrainSettings
from getdsl.compiler.sections.typed import typed
from getdsl.diagnostics import Diagnostic, Diagnostics
from getdsl.diagnostics.mistakes import optimizers as mistakes
from getdsl.text.source import Span


def check_parts(
    parts: Sequence[PartSettings],
    settings: Mapping[str, Settings],
    train: TrainSettings,
    facts: Facts,
    diagnostics: Diagnostics,
) -> tuple[PartOptimizer, ...]:
    """Reports what does not go together, and returns the optimizers of parts that are whole."""
    found = []
    for part in parts:
        call = typed(part.call.value, KIND, part.call.wrong)
        clauses = typed(part.clauses.value, Clauses, part.clauses.wrong)
        if isinstance(call, Optimizer):
            for mistake in call.check(part.call, facts):
                diagnostics.add(mistake)
        if isinstance(call, Optimizer) and isinstance(clauses, Clauses):
            found.append(PartOptimizer(part.name, call, clauses.on, clauses.minimises, clauses.every))
    if parts:
        for mistake in (*_wrong_terms(parts, facts), *_beside(parts, settings, train)):
            diagnostics.add(mistake)
    return tuple(found)


def _wrong_terms(parts: Sequence[PartSettings], facts: Facts) -> Iterator[Diagnostic]:
    """A term is there, is minimised by one, and the main optimizer keeps some."""
    if not facts.measured:
        return
    claimed: dict[str, Span] = {}
    unknown = False
    for part in parts:
        terms = part.clauses.table.get("minimises")
        for number, term in enumerate(terms if isinstance(terms, list) else ()):
            place = part.clauses.place(("minimises", number))
            if term not in facts.terms:
                unknown = True
                yield mistakes.no_such_term(part.name, str(term), place, facts.terms)
            elif term in claimed:
                yield mistakes.term_of_two(str(term), place, claimed[str(term)])
            claimed.setdefault(str(term), place)
    if facts.terms and not unknown and claimed.keys() >= set(facts.terms):
        yield mistakes.no_term_left([part.name for part in parts], parts[-1].clauses.span)


def _beside(
    parts: Sequence[PartSettings], settings: Mapping[str, Settings], train: TrainSettings
) -> Iterator[Diagnostic]:
    """The main optimizer is there, and nothing is asked of the training that takes a single one."""
    if "optimizer" not in settings:
        yield mistakes.no_main(parts[0].name, parts[0].clauses.span)
    section = settings.get("train")
    if section is None:
        return
    if train.accumulate > 1:
        yield mistakes.not_with_several("accumulate = 1", section.place(("accumulate",)))
    if train.precision == "16-mixed":
        yield mistakes.not_with_several('precision = "bf16-mixed"', section.place(("precision",)))
    if train.strategy == "fsdp" or (isinstance(train.devices, int) and train.devices > 1):
        name = "strategy" if train.strategy == "fsdp" else "devices"
        yield mistakes.not_with_several("devices = 1", section.place((name,)))

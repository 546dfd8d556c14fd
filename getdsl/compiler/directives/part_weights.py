"""Optimizers of parts against the model: each weight has one, and each optimizer has weights that learn."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from getdsl.compiler.directives.covering import covers
from getdsl.compiler.directives.directives import Pattern, patterns
from getdsl.compiler.directives.model_names import ModelNames
from getdsl.compiler.sections.read_parts import PartSettings
from getdsl.diagnostics import Diagnostic
from getdsl.diagnostics.mistakes import optimizers as mistakes


def check_part_weights(parts: Sequence[PartSettings], names: ModelNames, kept: frozenset[str]) -> None:
    """Reports what is wrong; `kept` are the tensors that directives freeze."""
    for mistake in _mistakes(parts, names, kept):
        names.diagnostics.add(mistake)


def _mistakes(parts: Sequence[PartSettings], names: ModelNames, kept: frozenset[str]) -> Iterator[Diagnostic]:
    learning = [name for name, tensor in names.tensors.items() if tensor.kind == "weight"]
    owned: dict[str, tuple[str, Pattern]] = {}
    whole = True
    for part in parts:
        written = patterns(part.clauses, ("on",))
        right = names.hold(written, "on")
        whole &= len(right) == len(written) > 0
        own = {name: item for item in right for name in names.tensors if covers(item.text, name)}
        twice = [name for name in own if name in owned]
        if twice:
            other, first = owned[twice[0]]
            yield mistakes.weights_of_two(part.name, twice, own[twice[0]].span, other, first.span)
        elif right and kept.issuperset(own.keys() & set(learning)):
            yield mistakes.trains_nothing(part.name, part.clauses.span)
        owned = {name: (part.name, item) for name, item in own.items()} | owned
    if whole and learning and set(learning) - kept <= owned.keys():
        yield mistakes.no_weight_left([part.name for part in parts], parts[-1].clauses.span)

"""What is wrong with the adapters of a plan: those of files, and those that `lora` asks for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from getdsl.compiler.directives.adaptable import adaptable
from getdsl.compiler.directives.covering import any_covers
from getdsl.compiler.directives.directives import Lora
from getdsl.compiler.directives.narrowest import narrowest
from getdsl.compiler.plan.matching.adapters import Adapters
from getdsl.compiler.plan.matching.held_adapters import base_of
from getdsl.compiler.plan.matching.matched import Leftover, Matched
from getdsl.compiler.plan.matching.rewriting import beyond_low_rank, is_minlora
from getdsl.compiler.plan.plan import Findings, Plan
from getdsl.diagnostics import Diagnostic
from getdsl.diagnostics.mistakes import adapters

Complaints = Iterator[Diagnostic]


def of_adapters(plan: Plan) -> Complaints:
    """Where files hold more than low rank, that alone: what else is noticed follows from it."""
    found = plan.findings
    beyond = [mistake for item in found.files for mistake in _beyond(item, plan)]
    yield from beyond or _of_low_rank(plan, found)


def _of_low_rank(plan: Plan, found: Findings) -> Complaints:
    if found.directives.lora is None:
        yield from _adapted_without_lora(plan)
    else:
        yield from _without_adapter(found)
        yield from _unnamed(plan, found)
        yield from _disagreements(plan, found.directives.lora, found.adapters)


def _beyond(item: Matched, plan: Plan) -> Complaints:
    file, place, config = item.load.file, item.load.span, item.header.adapter_config
    parts = {left.source.key: what for left in item.leftovers if (what := _beyond_low_rank(left))}
    if config is not None and config.others:
        yield adapters.set_otherwise(file, place, config.others)
    elif parts:
        yield adapters.beyond_low_rank(file, place, parts)
    elif absent := list(_absent_beside(item, plan)):
        yield adapters.trained_beside(file, place, absent)


def _beyond_low_rank(left: Leftover) -> str | None:
    return beyond_low_rank(left.source.key) if left.fate == "refused" else None


def _absent_beside(item: Matched, plan: Plan) -> Iterator[str]:
    """What was trained beside the adapters, as peft's config says, and is not in their file."""
    config = item.header.adapter_config
    if config is None:
        return
    for module in config.whole:
        if not any(f".{module}." in f".{name}" for name in item.tensors):
            yield module
    for base in _bases(item) if config.biases else ():
        bias = f"{base.rpartition('.')[0]}.bias"
        if bias in plan.tensors and bias not in item.tensors:
            yield bias


def _bases(item: Matched) -> list[str]:
    return list(dict.fromkeys(map(base_of, item.pieces)))


def _adapted_without_lora(plan: Plan) -> Complaints:
    for item in plan.findings.files:
        for piece in list(item.pieces.values())[:1]:
            file, place = item.load.file, item.load.span
            alpha = None if piece.recorded is not None else "1" if is_minlora(piece.source.key) else "…"
            on = _on(_bases(item), plan)
            yield adapters.adapted_without_lora(file, place, piece.source.key, piece.shape, on, alpha)


def _on(weights: Iterable[str], plan: Plan) -> list[str]:
    """What `on` must name to adapt these weights, and no other: the layers that own them, where they can."""
    chosen = list(weights)
    others = [name for name in adaptable(["*"], plan.tensors) if name not in chosen]
    layers = [name.removesuffix(".weight") for name in chosen]
    found = narrowest(layers, [name.removesuffix(".weight") for name in others])
    return narrowest(chosen, others) if any(any_covers(found, name) for name in others) else found


def _without_adapter(found: Findings) -> Complaints:
    for item in found.files[len(found.directives.loads) :]:
        if item.unread is None and not item.pieces:
            yield adapters.no_adapter(item.load.file, item.load.span)


def _unnamed(plan: Plan, found: Findings) -> Complaints:
    lora, wanted = found.directives.lora, found.adapters.wanted
    assert lora is not None
    for item in found.files:
        outside = [name for name in _bases(item) if name not in wanted]
        if outside:
            yield adapters.unnamed_adapters(
                item.load.file, lora.span, _on([*wanted, *outside], plan), outside
            )
    if found.adapters.fresh:
        adapted = [name for name in wanted if name not in found.adapters.fresh]
        yield adapters.left_out_by_file(found.adapters.fresh, lora.span, _on(adapted, plan))


def _disagreements(plan: Plan, lora: Lora, found: Adapters) -> Complaints:
    """The first of each kind, which counts the others."""
    yield from _misfits(plan, lora, found)
    yield from _other_ranks(lora, found)
    yield from _unscaled(plan, lora, found)
    for name, alpha in list(found.alphas.items())[:1]:
        yield adapters.other_alpha(name, alpha.taken, alpha.recorded, lora.span, found.alphas)


def _misfits(plan: Plan, lora: Lora, found: Adapters) -> Complaints:
    """Where a matrix was refused, that alone is told."""
    refused = {base_of(left.name) for left in plan.leftovers if left.fate == "refused"}
    misfits = {name: item for name, item in found.misfits.items() if name not in refused}
    for name, misfit in list(misfits.items())[:1]:
        shapes = {piece.source.key: piece.shape for piece in misfit.held.values()}
        yield adapters.unfit_adapter(name, plan.tensors[name].shape, shapes, lora.span, misfits)


def _other_ranks(lora: Lora, found: Adapters) -> Complaints:
    for name, rank in list(found.ranks.items())[:1]:
        yield adapters.other_rank(name, rank.asked, rank.rank, lora.rank_span or lora.span, found.ranks)
    for name, said in list(found.contradicted.items())[:1]:
        yield adapters.contradicted_rank(name, said.said, said.rank, lora.span, found.contradicted)


def _unscaled(plan: Plan, lora: Lora, found: Adapters) -> Complaints:
    """One for each file."""
    by_file: dict[int, list[str]] = {}
    for name, item in found.unscaled.items():
        by_file.setdefault(item.source.load, []).append(name)
    for number, names in by_file.items():
        first = found.unscaled[names[0]]
        file, minlora = plan.findings.files[number].load.file, is_minlora(first.source.key)
        yield adapters.without_alpha(file, names, first.rank, lora.adapter_span or lora.span, minlora=minlora)

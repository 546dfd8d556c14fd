"""What is wrong with a plan: files that do not fit, adapters that nobody asked for. A pure function of it."""

from __future__ import annotations

from collections.abc import Iterator

from getdsl.compiler.directives.covering import covers
from getdsl.compiler.plan.matching.adapters import base_of
from getdsl.compiler.plan.matching.matched import Leftover, Matched
from getdsl.compiler.plan.matching.rewriting import Rewritten
from getdsl.compiler.plan.odd_complaints import counts_from_zero, unloadable
from getdsl.compiler.plan.plan import Findings, Plan
from getdsl.compiler.plan.suggest.suggestion import Suggestion, ambiguous_lines, rename_block
from getdsl.diagnostics import Diagnostic, Diagnostics
from getdsl.diagnostics.mistakes import adapters, loads, weights

Complaints = Iterator[Diagnostic]


def complaints(plan: Plan) -> tuple[Diagnostic, ...]:
    """All that is wrong, by place; at one place, what cannot be read comes first."""
    found = Diagnostics()
    for check in (_unread, _of_files, _of_lora, _of_gradients):
        for item in check(plan):
            found.add(item)
    return tuple(found.sorted())


def _unread(plan: Plan) -> Complaints:
    directives = plan.findings.directives
    for item in plan.findings.files:
        if item.unread is not None:
            yield loads.unreadable(item.unread.why, item.load.span, item.unread.help)
        elif item.number == len(directives.loads) and not item.pieces:
            yield adapters.no_adapter(item.load.file, item.load.span)


# ---- files


def _of_files(plan: Plan) -> Complaints:
    """One diagnostic a file and kind."""
    for item in plan.findings.files:
        if item.unread is None:
            yield from _collided(item)
            yield from unloadable(item, plan)
            yield from counts_from_zero(item, plan)
            yield from _refused(item, plan)
            yield from _declared_new(item)
            yield from _unmatched(item, plan)
            yield from _unused(item)


def _collided(item: Matched) -> Complaints:
    """One for each pair of rules that make keys one."""
    groups: dict[tuple[object, ...], list[tuple[Rewritten, Rewritten]]] = {}
    for first, second in item.collided:
        groups.setdefault((*first.rules, None, *second.rules), []).append((first, second))
    for pairs in groups.values():
        first, second = pairs[0]
        earlier, later = [rule.span for rule in first.rules], [rule.span for rule in second.rules]
        place = (later or earlier or [item.load.span])[-1]
        keys = (first.key, second.key)
        yield loads.become_one(keys, second.name, place, (earlier, later), len(pairs) - 1)


def _refused(item: Matched, plan: Plan) -> Complaints:
    shapes = {name: tensor.shape for name, tensor in plan.tensors.items()}
    wrong = [
        loads.OtherShape(
            left.name,
            shapes[left.name],
            left.source.key,
            left.shape,
            [key for key, info in item.header.tensors.items() if info.shape == shapes[left.name]],
        )
        for left in item.of_fate("refused")
        if left.name in shapes and left.shape != shapes[left.name] and not _unread_of(item, left)
    ]
    if wrong:
        yield loads.other_shapes(item.load.file, item.load.span, wrong)


def _unread_of(item: Matched, left: Leftover) -> str:
    return item.header.tensors[left.source.key].unread


def _declared_new(item: Matched) -> Complaints:
    for pattern in item.load.new:
        held = [name for name in item.tensors if covers(pattern.text, name)]
        if held:
            yield loads.declared_new(pattern.text, pattern.span, item.load.file, held)


def _unmatched(item: Matched, plan: Plan) -> Complaints:
    refused = {left.name for left in item.of_fate("refused")}
    blamed = [name for name, number in plan.findings.absent.items() if number == item.number]
    absent = [name for name in blamed if name not in refused]
    unexpected = {left.source.key: left.name for left in item.of_fate("unexpected")}
    if item.load.strict and (absent or unexpected):
        renaming = _renaming(plan.suggestions.get(item.number))
        readings = item.header.readings
        yield loads.unmatched(item.load.file, item.load.span, absent, unexpected, renaming, readings)


def _renaming(suggestion: Suggestion | None) -> loads.Renaming:
    if suggestion is None:
        return loads.Renaming()
    return loads.Renaming(rename_block(suggestion), suggestion.resolved, ambiguous_lines(suggestion))


def _unused(item: Matched) -> Complaints:
    names = [left.name for left in item.leftovers]
    for pattern in item.unused_drops:
        yield loads.unused_drop(pattern.text, pattern.span, item.load.file, names)
    for rule in item.unused_rules:
        yield loads.unused_rule(rule, rule.old_span, item.load.file)


# ---- adapters


def _of_lora(plan: Plan) -> Complaints:
    found = plan.findings
    if found.directives.lora is None:
        yield from _adapted_without_lora(found)
        return
    place = found.directives.lora.span
    wanted = found.adapters.wanted
    for item in found.files:
        bases = dict.fromkeys(map(base_of, item.pieces))
        outside = [name for name in bases if name not in wanted]
        if outside:
            yield adapters.unnamed_adapters(item.load.file, place, wanted, outside)
    if found.adapters.fresh:
        yield adapters.left_out_by_file(found.adapters.fresh, place)
    yield from _disagreements(plan)


def _adapted_without_lora(found: Findings) -> Complaints:
    for item in found.files:
        for piece in list(item.pieces.values())[:1]:
            file, place = item.load.file, item.load.span
            yield adapters.adapted_without_lora(file, place, piece.source.key, piece.shape, item.pieces)


def _disagreements(plan: Plan) -> Complaints:
    """The first of each kind, which counts the others."""
    lora, found = plan.findings.directives.lora, plan.findings.adapters
    assert lora is not None
    for name, held in list(found.misfits.items())[:1]:
        shapes = {piece.source.key: piece.shape for piece in held.values()}
        yield adapters.unfit_adapter(name, plan.tensors[name].shape, shapes, lora.span, found.misfits)
    for name, (asked, rank) in list(found.ranks.items())[:1]:
        yield adapters.other_rank(name, asked, rank, lora.rank_span or lora.span, found.ranks)
    for name, (alpha, recorded) in list(found.alphas.items())[:1]:
        yield adapters.other_alpha(name, alpha, recorded, lora.span, found.alphas)


# ---- gradients


def _of_gradients(plan: Plan) -> Complaints:
    found = plan.findings
    directives = found.directives
    patterns = directives.freeze if directives.train_only is None else directives.train_only
    still = [tensor.name in found.held for tensor in plan.tensors.values() if tensor.kind == "weight"]
    if patterns and not found.adapters.found and still and all(still):
        keyword = "freeze" if directives.train_only is None else "train_only"
        yield weights.no_gradient_left(keyword, patterns[0].span)

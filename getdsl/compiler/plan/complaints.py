"""What is wrong with a plan: files that do not fit, adapters that nobody asked for. A pure function of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from getdsl.compiler.directives.covering import covers, is_glob
from getdsl.compiler.directives.narrowest import narrowest
from getdsl.compiler.plan.adapter_complaints import of_adapters
from getdsl.compiler.plan.matching.counts import uncounted
from getdsl.compiler.plan.matching.matched import PARTS, Leftover, Matched
from getdsl.compiler.plan.matching.number_kinds import OURS, accepts, plain_kind
from getdsl.compiler.plan.matching.rewriting import Rewritten
from getdsl.compiler.plan.plan import Plan
from getdsl.compiler.plan.suggest.suggestion import Suggestion, ambiguous_lines, rename_block
from getdsl.diagnostics import Diagnostic, Diagnostics
from getdsl.diagnostics.mistakes import loads, weights

Complaints = Iterator[Diagnostic]


def complaints(plan: Plan) -> tuple[Diagnostic, ...]:
    """All that is wrong, by place; at one place, what cannot be read comes first."""
    found = Diagnostics()
    for check in (_unread, _of_files, of_adapters, _of_gradients):
        for item in check(plan):
            found.add(item)
    return tuple(found.sorted())


def _unread(plan: Plan) -> Complaints:
    for item in plan.findings.files:
        if item.unread is not None:
            yield loads.unreadable(item.unread.why, item.load.span, item.unread.help)


# ---- files


def _of_files(plan: Plan) -> Complaints:
    """One diagnostic a file and kind."""
    for item in plan.findings.files:
        if item.unread is None:
            yield from _collided(item)
            yield from _counts_from_zero(item, plan)
            yield from _misordered(item)
            yield from _refused(item, plan)
            yield from _declared_new(item, plan)
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


def _counts_from_zero(item: Matched, plan: Plan) -> Complaints:
    """One for all counts of batches that begin anew beside means of a file."""
    counts = [name for name, tensor in plan.tensors.items() if tensor.origin == "new"]
    found = uncounted(counts, item.tensors)
    if found:
        yield loads.counts_from_zero(item.load.file, item.load.span, sorted(found))


def _misordered(item: Matched) -> Complaints:
    orders = {left.source.key: left.why for left in item.of_fate("refused") if _is_misordered(left, item)}
    if orders:
        yield loads.other_orders(item.load.file, item.load.span, orders)


def _refused(item: Matched, plan: Plan) -> Complaints:
    refused = item.of_fate("refused")
    shapes = [left for left in refused if _is_of_other_shape(left, item, plan)]
    if shapes:
        wrong = [_other_shape(left, item, plan) for left in shapes]
        yield loads.other_shapes(item.load.file, item.load.span, wrong, _afresh(item, shapes, plan))
    kinds = {left: kind for left in refused if (kind := _other_kind(left, item, plan)) is not None}
    if kinds:
        yield loads.other_kinds(
            item.load.file, item.load.span, list(kinds.values()), _afresh(item, list(kinds), plan)
        )


def _is_of_other_shape(left: Leftover, item: Matched, plan: Plan) -> bool:
    tensor, info = plan.tensors.get(left.name), item.header.tensors[left.source.key]
    if tensor is None or info.unread or _is_misordered(left, item):
        return False
    return left.shape != tensor.shape


def _is_misordered(left: Leftover, item: Matched) -> bool:
    """Whether a rule permutes more or fewer axes than a tensor of the file has."""
    axes = len(item.header.tensors[left.source.key].shape)
    return bool(left.source.permute) and len(left.source.permute) != axes


def _other_shape(left: Leftover, item: Matched, plan: Plan) -> loads.OtherShape:
    shape = plan.tensors[left.name].shape
    fitting = [each.source.key for each in item.leftovers if each.shape == shape]
    return loads.OtherShape(left.name, shape, left.source.key, left.shape, fitting)


def _other_kind(left: Leftover, item: Matched, plan: Plan) -> loads.OtherKind | None:
    """None where a tensor of the file is of a kind that the model takes, or no tensor of it."""
    tensor, info = plan.tensors.get(left.name), item.header.tensors[left.source.key]
    if tensor is None and not left.name.endswith(PARTS):
        return None
    wanted = tensor.dtype if tensor is not None else "float"
    if info.unread or (not accepts(wanted, info.dtype) and (tensor is None or left.shape == tensor.shape)):
        given = info.unread or plain_kind(info.dtype)
        return loads.OtherKind(left.name, left.source.key, given, OURS[wanted], bool(info.unread))
    return None


def _afresh(item: Matched, lefts: Sequence[Leftover], plan: Plan) -> loads.Afresh:
    names = [left.name for left in lefts if left.name in plan.tensors]
    return loads.Afresh(drops(item, [left.source.key for left in lefts]), narrowest(names, plan.tensors))


def _declared_new(item: Matched, plan: Plan) -> Complaints:
    for pattern in item.load.new:
        held = {name: source.key for name, source in item.tensors.items() if covers(pattern.text, name)}
        if held:
            others = [name for name in plan.tensors if covers(pattern.text, name) and name not in held]
            absent, drop = narrowest(others, plan.tensors), drops(item, held.values())
            yield loads.declared_new(pattern.text, pattern.span, item.load.file, list(held), absent, drop)


def _unmatched(item: Matched, plan: Plan) -> Complaints:
    config = item.header.adapter_config
    if not item.load.strict or (config is not None and config.others):  # whose file is told by what it is
        return
    absent = owed(item, plan)
    unexpected = [left.source.key for left in item.of_fate("unexpected")]
    if absent or unexpected:
        renaming = _renaming(plan.suggestions.get(item.number))
        afresh = loads.Afresh(drops(item, unexpected), narrowest(absent, plan.tensors))
        keys = item.header.readings
        yield loads.unmatched(item.load.file, item.load.span, absent, unexpected, renaming, afresh, keys)


def owed(item: Matched, plan: Plan) -> list[str]:
    """The tensors that this file should have given, but for those that it has under another shape."""
    refused = {left.name for left in item.of_fate("refused")}
    absent = plan.findings.absent.items()
    return [name for name, number in absent if number == item.number and name not in refused]


def drops(item: Matched, keys: Iterable[str]) -> list[str]:
    """What `drop` must name to take these keys of a file away, and no other that has a use."""
    chosen = set(keys)
    names = [name for key, name in item.names.items() if key in chosen]
    others = [name for key, name in item.names.items() if key not in chosen]
    found = narrowest(names, others)
    return [pattern if pattern in names or is_glob(pattern) else f"{pattern}.*" for pattern in found]


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


# ---- gradients


def _of_gradients(plan: Plan) -> Complaints:
    found = plan.findings
    directives = found.directives
    patterns = directives.freeze if directives.train_only is None else directives.train_only
    still = [tensor.name in found.held for tensor in plan.tensors.values() if tensor.kind == "weight"]
    if patterns and not found.adapters.found and still and all(still):
        keyword = "freeze" if directives.train_only is None else "train_only"
        yield weights.no_gradient_left(keyword, patterns[0].span)

"""What is wrong with a plan, in our words: files that do not fit, adapters that nobody asked for."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from getdsl.compiler.graph.graph import StateTensor
from getdsl.compiler.plan.directives import Directives, Lora
from getdsl.compiler.plan.folding import listed
from getdsl.compiler.plan.loading import Matched, Piece
from getdsl.compiler.plan.patterns import covers
from getdsl.compiler.plan.plan import Leftover, Suggestion
from getdsl.compiler.plan.proposal import ambiguous_lines, rename_block
from getdsl.compiler.plan.rewriting import Rewritten
from getdsl.diagnostics import Diagnostics, Label, nearest

SHOWN = 5  # names that a message lists before it counts the rest


def of_loads(
    files: Sequence[Matched],
    absent: Mapping[str, Matched],
    model: Mapping[str, StateTensor],
    suggestions: Mapping[int, Suggestion],
    diagnostics: Diagnostics,
) -> None:
    """Everything about loads that stops a run, one diagnostic a file and kind; warnings after."""
    for item in files:
        if item.header.format == "unread":
            continue
        _collided(item, diagnostics)
        _refused(item, model, diagnostics)
        _declared_new(item, diagnostics)
        lacking = [name for name, blamed in absent.items() if blamed is item]
        _unmatched(item, lacking, suggestions.get(item.load.number), diagnostics)
        _unused(item, diagnostics)


def _collided(item: Matched, diagnostics: Diagnostics) -> None:
    """One diagnostic for each pair of rules that make keys one."""
    groups: dict[tuple[object, ...], list[tuple[Rewritten, Rewritten]]] = {}
    for first, second in item.collided:
        groups.setdefault((*first.rules, None, *second.rules), []).append((first, second))
    for pairs in groups.values():
        _collision(item, *pairs[0], len(pairs) - 1, diagnostics)


def _collision(
    item: Matched, first: Rewritten, second: Rewritten, more: int, diagnostics: Diagnostics
) -> None:
    rules = [rule for one in (first, second) for rule in one.rules]
    span = second.rules[-1].span if second.rules else rules[-1].span if rules else item.load.span
    labels = {rule.span: Label(rule.span, f"makes it of `{first.key}`") for rule in first.rules}
    labels.pop(span, None)
    notes = [] if first.rules and second.rules else ["one of them has that name as it is"]
    diagnostics.report(
        "GET512",
        f"`{first.key}` and `{second.key}` both become `{second.name}`",
        span,
        f"makes it of `{second.key}`" if second.rules else "",
        labels=labels.values(),
        notes=[*notes, *([f"and so do {more} more pairs"] if more else [])],
        help="two tensors cannot share a name: make a rule narrower, or give one of them a name of its own "
        "and drop that",
    )


def _refused(item: Matched, model: Mapping[str, StateTensor], diagnostics: Diagnostics) -> None:
    wrong = [
        left
        for left in item.of_fate("refused")
        if left.name in model and left.shape != model[left.name].shape
    ]
    if not wrong:
        return
    lines = [_shapes(left, item, model) for left in wrong]
    first, *rest = lines
    message = (
        first
        if not rest
        else f"{len(lines)} tensors of `{item.load.file}` have other shapes than the model's"
    )
    parts = sorted({left.name.split(".")[0] for left in wrong})
    diagnostics.report(
        "GET513",
        message,
        item.load.span,
        notes=_listed(lines) if rest else [],
        help="set the model's params to the file's sizes, or start afresh: "
        f"`drop = {_quoted(f'{part}.*' for part in parts)}` and `new = [{', '.join(parts)}]`",
    )


def _shapes(left: Leftover, item: Matched, model: Mapping[str, StateTensor]) -> str:
    wanted = model[left.name].shape
    same = [key for key, info in item.header.tensors.items() if info.shape == wanted]
    near = nearest(left.source.key, same) or next(iter(same), None)
    hint = f"; `{near}` has the right shape" if near is not None else "; no key has the right shape"
    own = "" if left.source.key == left.name else f" (from `{left.source.key}`)"
    there = f"{list(left.shape)} in `{item.load.file}`{own}"
    return f"`{left.name}` is {list(wanted)} in the model and {there}{hint}"


def _declared_new(item: Matched, diagnostics: Diagnostics) -> None:
    for pattern in item.load.new:
        held = [name for name in item.tensors if covers(pattern.text, name)]
        if held:
            diagnostics.report(
                "GET516",
                f"`{pattern.text}` is declared new, and `{item.load.file}` holds {_names(held)}",
                pattern.span,
                help="to load it take it from `new`; to start it afresh drop the file's: "
                f"`drop = {_quoted([pattern.text])}`",
            )


def _unmatched(
    item: Matched, absent: list[str], suggestion: Suggestion | None, diagnostics: Diagnostics
) -> None:
    unexpected = item.of_fate("unexpected")
    refused = {left.name for left in item.of_fate("refused")}
    absent = [name for name in absent if name not in refused]
    if not item.load.strict or not (absent or unexpected):
        return
    notes = []
    if absent:
        notes += [f"missing from the file: {listed(absent)}"]
    if unexpected:
        notes += [f"unexpected in the file: {listed([left.source.key for left in unexpected])}"]
    if suggestion is not None:
        notes += ambiguous_lines(suggestion)
    counts = [f"{len(absent)} missing"] * bool(absent) + [f"{len(unexpected)} unexpected"] * bool(unexpected)
    diagnostics.report(
        "GET514" if absent else "GET515",
        f"`{item.load.file}` does not match the model by name: {', '.join(counts)}",
        item.load.span,
        notes=notes,
        help=_advice(absent, unexpected, suggestion),
    )


def _advice(absent: list[str], unexpected: list[Leftover], suggestion: Suggestion | None) -> str:
    if suggestion is not None and suggestion.rules:
        more = suggestion.resolved
        count = f"{more} more keys get their names" if more > 1 else "one more key gets its name"
        first = f"paste this into the `load`, in place of a `rename`; {count}:"
        return "\n".join([first, *rename_block(suggestion)])
    if absent and unexpected:
        return "`rename { … }` gives keys the model's names; no rule that does so was found"
    if absent:
        return f"if they are meant to start afresh: `new = [{', '.join(_parts(absent))}]`"
    parts = _parts([left.name for left in unexpected])
    return f"if they are not wanted: `drop = {_quoted(f'{part}.*' for part in parts)}`"


def _unused(item: Matched, diagnostics: Diagnostics) -> None:
    for pattern in item.load.drop:
        if pattern.text not in item.used_drops:
            near = nearest(pattern.text, [left.name for left in item.leftovers])
            diagnostics.report(
                "GET518",
                f"`drop` names `{pattern.text}`, and `{item.load.file}` has no such key",
                pattern.span,
                help=f"did you mean `{near}`?" if near else "patterns are held against the renamed keys",
                severity="warning",
            )
    for rule in item.load.rename:
        if rule not in item.used_rules:
            diagnostics.report(
                "GET518",
                f"no key of `{item.load.file}` is renamed by `{rule}`",
                rule.old_span,
                help="the old side stands at the start of a key, and the first rule that matches is taken",
                severity="warning",
            )


# ---- adapters


def no_adapter(item: Matched, diagnostics: Diagnostics) -> None:
    diagnostics.report(
        "GET522",
        f"`{item.load.file}` holds no adapter of this model",
        item.load.span,
        help="an adapter's keys are the weights' names with `.lora_A` and `.lora_B` after them",
    )


def adapted_without_lora(files: Sequence[Matched], diagnostics: Diagnostics) -> None:
    for item in files:
        if item.pieces:
            some = next(iter(item.pieces.values()))
            on = ", ".join(_parts(list(item.pieces)))
            diagnostics.report(
                "GET521",
                f"`{item.load.file}` holds LoRA adapters, and the spec has no `lora`",
                item.load.span,
                notes=[f"for example `{some.source.key}` {list(some.shape)}"],
                help=f"add `lora {{ on = [{on}]  alpha = 1 }}` with the alpha of its training (GET's is 1), "
                "or merge the adapters into their weights first",
            )


def of_adapters(
    lora: Lora,
    files: Sequence[Matched],
    wanted: Sequence[str],
    held: Mapping[str, Mapping[str, Piece]],
    diagnostics: Diagnostics,
) -> None:
    """Adapters of the files that `on` leaves out, and weights that an adapter file leaves out."""
    for item in files:
        outside = [
            name for name in dict.fromkeys(_base(piece) for piece in item.pieces) if name not in wanted
        ]
        if outside:
            diagnostics.report(
                "GET522",
                f"`{item.load.file}` holds adapters that `lora` does not name: {_names(outside)}",
                lora.span,
                help=f"name them: `on = [{', '.join(_parts([*wanted, *outside]))}]`, or drop them",
            )
    fresh = [name for name in wanted if name not in held]
    if held and fresh:
        diagnostics.report(
            "GET522",
            f"the file's adapters leave out {_names(fresh)}",
            lora.span,
            help="these get fresh adapters; narrow `on` where that is not meant",
            severity="warning",
        )


def _base(piece: str) -> str:
    return piece[: -len(".lora_A")]


def nothing_to_train(
    directives: Directives,
    model: Mapping[str, StateTensor],
    held: Collection[str],
    adapted: Collection[str],
    diagnostics: Diagnostics,
) -> None:
    patterns = directives.freeze if directives.train_only is None else directives.train_only
    weights = [name for name, tensor in model.items() if tensor.kind == "weight"]
    if patterns and not adapted and weights and all(name in held for name in weights):
        keyword = "freeze" if directives.train_only is None else "train_only"
        diagnostics.report(
            "GET523",
            f"`{keyword}` leaves no weight with a gradient",
            patterns[0].span,
            help="that is right for a model that is only evaluated; training it would change nothing",
            severity="warning",
        )


# ---- words


def _parts(names: Sequence[str]) -> list[str]:
    """The top-level parts of names, in order."""
    return list(dict.fromkeys(name.split(".")[0] for name in names))


def _names(names: Sequence[str]) -> str:
    shown = ", ".join(f"`{name}`" for name in names[:SHOWN])
    return shown + (f" and {len(names) - SHOWN} more" if len(names) > SHOWN else "")


def _listed(lines: Sequence[str]) -> list[str]:
    return [*lines[:SHOWN], *([f"and {len(lines) - SHOWN} more"] if len(lines) > SHOWN else [])]


def _quoted(names: Iterable[str]) -> str:
    return "[" + ", ".join(f'"{name}"' for name in names) + "]"

"""Files of weights, and the rules that give their keys the names of the model: load, rename, drop."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from getdsl.diagnostics.code import Code
from getdsl.diagnostics.diagnostic import Diagnostic, Label
from getdsl.diagnostics.listing import SHOWN, first_of, joined, listed, patterns_list, quoted, quoted_list
from getdsl.diagnostics.rewrites import Both, in_front, taken_once
from getdsl.diagnostics.suggest import nearest, suggestion
from getdsl.text.source import Span

GET510 = Code(
    "GET510",
    "a checkpoint cannot be read",
    "The file that `load` or `lora { adapter = … }` names is absent, damaged, not a checkpoint, or not "
    "what its `sha256` or `key` says; or it holds more than tensors and plain containers. Such a file is "
    "read with `--trust FILE`, which runs nothing of it.",
)


def unreadable(why: object, place: Span, help: str | None) -> Diagnostic:
    return GET510.at(place, str(why), help=help)


GET527 = Code(
    "GET527",
    "counts of batches begin at zero",
    "BatchNorm counts the batches that it has seen. Files of old versions of torch, and of other libraries, "
    "have no such count. It begins at zero, and plays no part as long as `momentum` is a number.",
)


def counts_from_zero(file: str, place: Span, names: Sequence[str]) -> Diagnostic:
    return GET527.at(
        place,
        f"`{file}` has no count of batches for {listed(names)}: they begin at zero",
        severity="note",
    )


GET512 = Code(
    "GET512",
    "two keys become one",
    "`rename` and `replace` must keep the keys of a file apart, else one tensor would silently replace "
    "another.",
)


def become_one(
    keys: tuple[str, str],
    name: str,
    place: Span,
    rules: tuple[Sequence[Span], Sequence[Span]],
    more: int,
) -> Diagnostic:
    """`rules` are the places of the rules that made `name` of each key; one that has it as it is has none."""
    (first, second), (earlier, later) = keys, rules
    labels = {span: Label(span, f"makes it of `{first}`") for span in earlier if span != place}
    notes = [] if earlier and later else ["one of them has that name as it is"]
    return GET512.at(
        place,
        f"`{first}` and `{second}` both become `{name}`",
        f"makes it of `{second}`" if later else "",
        labels=labels.values(),
        notes=[*notes, *([f"and so do {more} more pairs"] if more else [])],
        help="two tensors cannot share a name: make a rule narrower, or give one of them a name of its own "
        "and drop that",
    )


GET513 = Code(
    "GET513",
    "a tensor of the file has another shape",
    "A tensor loads where its name and its shape are the model's. Nothing is reshaped or cut.",
)


def other_orders(file: str, place: Span, whys: Mapping[str, str]) -> Diagnostic:
    """`whys`: keys of the file, with what each has and its rule says otherwise."""
    lines = [f"`{key}` of `{file}`: {why}" for key, why in whys.items()]
    return GET513.at(
        place,
        lines[0],
        notes=_some_lines(lines[1:]),
        help="`permute` names every axis once: `permute(2, 1, 0)` is for a tensor of three",
    )


@dataclass(frozen=True)
class OtherShape:
    """A tensor of the model, its shape in the file, and keys without a place that have the right one."""

    name: str
    wanted: Sequence[int]
    key: str
    given: Sequence[int]
    fitting: Sequence[str]


@dataclass(frozen=True)
class Afresh:
    """Patterns of what is at fault and of nothing else: of the file's keys, and of the model's names."""

    drop: Sequence[str] = ()
    new: Sequence[str] = ()

    def __str__(self) -> str:
        drop = [f"`drop = {quoted_list(self.drop)}`"] * bool(self.drop)
        new = [f"`new = {patterns_list(self.new)}`"] * bool(self.new)
        return joined([*drop, *new], " and ")


def other_shapes(file: str, place: Span, wrong: Sequence[OtherShape], afresh: Afresh) -> Diagnostic:
    lines = [_other_shape(file, item) for item in wrong]
    return GET513.at(
        place,
        lines[0]
        if len(lines) == 1
        else f"{len(lines)} tensors of `{file}` have other shapes than the model's",
        notes=_some_lines(lines) if len(lines) > 1 else (),
        help=f"set the model's params to the file's sizes, or start afresh: {afresh}",
    )


def _other_shape(file: str, item: OtherShape) -> str:
    near = nearest(item.key, item.fitting) or next(iter(item.fitting), None)
    hint = f"; `{near}` has the right shape" if near is not None else "; no key that is left has it"
    own = "" if item.key == item.name else f" (from `{item.key}`)"
    there = f"{list(item.given)} in `{file}`{own}"
    return f"`{item.name}` is {list(item.wanted)} in the model and {there}{hint}"


def _some_lines(lines: Sequence[str]) -> list[str]:
    return [*lines[:SHOWN], *([f"and {len(lines) - SHOWN} more"] if len(lines) > SHOWN else [])]


GET526 = Code(
    "GET526",
    "a tensor of the file holds other numbers",
    "float16, bfloat16 and float64 become the model's float32, and integers its int64. Quantised weights, "
    "complex numbers, and tensors without plain values are not weights of this model as they are.",
)


@dataclass(frozen=True)
class OtherKind:
    """A tensor of the model, and what a file has for it: numbers of a kind, or an odd tensor."""

    name: str
    key: str
    given: str
    wanted: str
    is_odd: bool = False


def other_kinds(file: str, place: Span, wrong: Sequence[OtherKind], afresh: Afresh) -> Diagnostic:
    lines = [_other_kind(file, item) for item in wrong]
    return GET526.at(
        place,
        lines[0]
        if len(lines) == 1
        else f"{len(lines)} tensors of `{file}` hold other numbers than the model's",
        notes=_some_lines(lines) if len(lines) > 1 else (),
        help=f"save them as the model has them, or start afresh: {afresh}",
    )


def _other_kind(file: str, item: OtherKind) -> str:
    own = "" if item.key == item.name else f" (from `{item.key}`)"
    held = f"is {item.given}" if item.is_odd else f"holds {item.given}, and takes {item.wanted} in the model"
    return f"`{item.name}` of `{file}`{own} {held}"


GET514 = Code(
    "GET514",
    "tensors are missing from a checkpoint",
    "Every tensor of the model comes from a file, or is declared `new`; with `strict = false` the rest "
    "passes and the plan lists it. `getdsl plan --suggest` looks for a `rename` table.",
)
GET515 = Code(
    "GET515",
    "a checkpoint holds what the model does not have",
    "Every key of a file reaches a tensor of the model, or is dropped; with `strict = false` the rest "
    "passes and the plan lists it.",
)


@dataclass(frozen=True)
class Renaming:
    """A `rename` block to paste, as lines, how many keys it gives names, and what nothing tells."""

    block: Sequence[str] = ()
    resolved: int = 0
    ambiguous: Sequence[str] = ()


def unmatched(
    file: str,
    place: Span,
    absent: Sequence[str],
    unexpected: Sequence[str],
    renaming: Renaming,
    afresh: Afresh,
    keys: Sequence[str] = (),
) -> Diagnostic:
    """GET514 where tensors are `absent`, else GET515; `unexpected` are keys of the file.

    `keys` are of several readings of the file, such as a model and the running mean of it.
    """
    code = GET514 if absent else GET515
    notes = [f"missing from the file: {listed(absent)}"] * bool(absent)
    notes += [f"unexpected in the file: {listed(unexpected)}"] * bool(unexpected)
    counts = [f"{len(absent)} missing"] * bool(absent) + [f"{len(unexpected)} unexpected"] * bool(unexpected)
    return code.at(
        place,
        f"`{file}` does not match the model by name: {joined(counts)}",
        notes=[*notes, *renaming.ambiguous],
        help=which_key(keys) if keys else _advice(renaming, afresh),
    )


def which_key(keys: Sequence[str]) -> str:
    """A file holds several models: what picks one of them."""
    return f"say which of them: {joined((f'`key = {quoted(key)}`' for key in keys), ' or ', SHOWN)}"


def _advice(renaming: Renaming, afresh: Afresh) -> str:
    if renaming.block:
        more = renaming.resolved
        count = f"{more} more keys get their names" if more > 1 else "one more key gets its name"
        first = f"paste this into the `load`, in place of a `rename`; {count}:"
        return "\n".join([first, *renaming.block])
    if renaming.ambiguous:
        return "`rename { … }` gives keys the model's names: say which is which"
    if afresh.drop and afresh.new:
        return f"no rule of `rename` was found; if they are not of one another, start afresh: {afresh}"
    return f"if they are {'meant to start afresh' if afresh.new else 'not wanted'}: {afresh}"


GET516 = Code(
    "GET516",
    "declared new, and in the file",
    "`new` says that a part is not in the file. Where it is, either it should load or the file's should "
    "be dropped.",
)


def declared_new(
    pattern: str, place: Span, file: str, held: Sequence[str], absent: Sequence[str], drop: Sequence[str]
) -> Diagnostic:
    """`absent` are patterns of what the file has not, `drop` those of what it `held`."""
    load = f"write `new = {patterns_list(absent)}`" if absent else "take it from `new`"
    return GET516.at(
        place,
        f"`{pattern}` is declared new, and `{file}` holds {first_of(held)}",
        help=f"to load it {load}; to start it afresh drop the file's: `drop = {quoted_list(drop)}`",
    )


GET517 = Code(
    "GET517",
    "a rule is wrong",
    "The old side of a rule stands at the start of a key. It is not empty, stands once, and is not "
    "behind an earlier rule that takes all its keys. `*` is one step between dots, carried over in "
    "order; after `re:` stands a regular expression. `permute(2, 1, 0)` behind a rule of `rename` takes a "
    "tensor's axes in another order.",
)


EMPTY = {
    "rename": "to put a whole file under a part of the model, write `into = part`",
    "replace": "it would stand between any two characters: write what is to be replaced",
}


def empty_old_side(keyword: str, place: Span) -> Diagnostic:
    return GET517.at(place, f"the old side of a rule of `{keyword}` is empty", help=EMPTY[keyword])


def more_stars(old: str, new: str, place: Span) -> Diagnostic:
    return GET517.at(
        place,
        f'"{new}" has more `*` than "{old}"',
        help="each `*` of the new side carries over a step that one of the old side matched, in order",
    )


def no_expression(why: object, place: Span) -> Diagnostic:
    return GET517.at(place, f"this is no regular expression: {why}", help=r"write `\\.` for a dot")


def wrong_new_side(why: object, groups: int, place: Span) -> Diagnostic:
    return GET517.at(
        place,
        f"the new side is wrong: {why}",
        help=f"the expression has {groups} group{'s' if groups != 1 else ''}, `\\\\1` is the first",
    )


def permute_in_replace(place: Span) -> Diagnostic:
    return GET517.at(
        place,
        "`permute` stands behind a rule of `rename`, which says of whole names what becomes of them",
        help="write the rule in `rename`",
    )


def no_order_of_axes(axes: Sequence[int], place: Span) -> Diagnostic:
    return GET517.at(
        place,
        f"`permute({joined(axes)})` is no order of {len(axes)} axes",
        help=f"it names each of the file's axes once, from 0 to {len(axes) - 1}, in the model's order",
    )


def renamed_twice(old: str, place: Span, earlier: Span, rules: Both) -> Diagnostic:
    """`rules`: the second and the first, whole."""
    return GET517.at(
        place,
        f'"{old}" is renamed twice',
        labels=[Label(earlier, "the earlier rule")],
        help=taken_once(rules, "the first rule that matches is taken: keep one of them"),
    )


def unreachable_rule(old: str, place: Span, other: str, earlier: Span, rules: Both) -> Diagnostic:
    """`rules`: this one and the earlier one, whole."""
    text = "the first rule that matches is taken: put the longer one first"
    return GET517.at(
        place,
        f'no key reaches the rule of "{old}": "{other}" takes them all',
        labels=[Label(earlier, "the earlier rule")],
        help=in_front(rules, text) if rules[0].file is rules[1].file else text,
    )


GET518 = Code(
    "GET518",
    "a rule or pattern that does nothing",
    "No key of the file is renamed by the rule, or dropped by the pattern. It may be misspelt.",
)


def unused_drop(pattern: str, place: Span, file: str, names: Iterable[str]) -> Diagnostic:
    """`names` are those of the keys that reach no tensor."""
    return GET518.at(
        place,
        f"`drop` names `{pattern}`, and `{file}` has no such key",
        help=suggestion(pattern, names) or "patterns are held against the renamed keys",
        severity="warning",
    )


def unused_rule(rule: object, place: Span, file: str) -> Diagnostic:
    return GET518.at(
        place,
        f"no key of `{file}` is renamed by `{rule}`",
        help="the old side stands at the start of a key, and the first rule that matches is taken",
        severity="warning",
    )

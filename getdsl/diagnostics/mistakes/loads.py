"""Files of weights, and the rules that give their keys the names of the model: load, rename, drop."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from getdsl.diagnostics.code import Code
from getdsl.diagnostics.diagnostic import Diagnostic, Label
from getdsl.diagnostics.listing import SHOWN, first_of, listed, quoted_list, top_parts
from getdsl.diagnostics.suggest import nearest, suggestion
from getdsl.text.source import Span

GET510 = Code(
    "GET510",
    "a checkpoint cannot be read",
    "The file that `load` or `lora { adapter = … }` names is absent, damaged, not a checkpoint, or not "
    "what its `sha256` or `key` says; or a tensor that is wanted is sparse, quantized or not there as it is; "
    "or it holds more than tensors and plain metadata. Such a file is read with `--trust FILE`, which runs "
    "nothing of it.",
)


def unreadable(why: object, place: Span, help: str | None) -> Diagnostic:
    return GET510.at(place, str(why), help=help)


def unloadable(file: str, place: Span, whys: Mapping[str, str]) -> Diagnostic:
    """`whys`: keys that the model wants, with what each is instead of a plain tensor."""
    lines = [f"`{key}` in `{file}` is {why}" for key, why in whys.items()]
    return GET510.at(place, lines[0], notes=[*_some_lines(lines[1:])])


GET536 = Code(
    "GET536",
    "counts of batches begin at zero",
    "BatchNorm counts the batches that it has seen. Files of old versions of torch, and of other libraries, "
    "have no such count. It begins at zero, and plays no part as long as `momentum` is a number.",
)


def counts_from_zero(file: str, place: Span, names: Sequence[str]) -> Diagnostic:
    return GET536.at(
        place,
        f"`{file}` has no count of batches for {listed(names)}: they begin at zero",
        severity="note",
    )


GET512 = Code(
    "GET512",
    "two keys become one",
    "`rename` and `replace` must keep the keys of a file apart, else one tensor would silently replace "
    "another.",
    'rename { "a." -> "x."  "b." -> "x." }',
    'rename { "a." -> "x.a."  "b." -> "x.b." }',
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


@dataclass(frozen=True)
class OtherShape:
    """A tensor of the model, the shape that a file's key of its name has, and keys with the right one."""

    name: str
    wanted: Sequence[int]
    key: str
    given: Sequence[int]
    fitting: Sequence[str]


def other_shapes(file: str, place: Span, wrong: Sequence[OtherShape]) -> Diagnostic:
    lines = [_other_shape(file, item) for item in wrong]
    return GET513.at(
        place,
        lines[0]
        if len(lines) == 1
        else f"{len(lines)} tensors of `{file}` have other shapes than the model's",
        notes=_some_lines(lines) if len(lines) > 1 else (),
        help="set the model's params to the file's sizes, or start afresh: "
        + _afresh(sorted({item.name.split(".")[0] for item in wrong})),
    )


def _other_shape(file: str, item: OtherShape) -> str:
    near = nearest(item.key, item.fitting) or next(iter(item.fitting), None)
    hint = f"; `{near}` has the right shape" if near is not None else "; no key has the right shape"
    own = "" if item.key == item.name else f" (from `{item.key}`)"
    there = f"{list(item.given)} in `{file}`{own}"
    return f"`{item.name}` is {list(item.wanted)} in the model and {there}{hint}"


def _afresh(parts: Sequence[str]) -> str:
    return f"`drop = {quoted_list(f'{part}.*' for part in parts)}` and `new = [{', '.join(parts)}]`"


def _some_lines(lines: Sequence[str]) -> list[str]:
    return [*lines[:SHOWN], *([f"and {len(lines) - SHOWN} more"] if len(lines) > SHOWN else [])]


GET514 = Code(
    "GET514",
    "tensors are missing from a checkpoint",
    "Every tensor of the model comes from a file, or is declared `new`; with `strict = false` the rest "
    "passes and the plan lists it. `getdsl plan --suggest` looks for a `rename` table.",
    'load "base.pth" { }',
    'load "base.pth" { new = [head_hic] }',
)
GET515 = Code(
    "GET515",
    "a checkpoint holds what the model does not have",
    "Every key of a file reaches a tensor of the model, or is dropped; with `strict = false` the rest "
    "passes and the plan lists it.",
    'load "base.pth" { }',
    'load "base.pth" { drop = ["head_mask.*"] }',
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
    unexpected: Mapping[str, str],
    renaming: Renaming,
    readings: Sequence[str] = (),
) -> Diagnostic:
    """GET514 where tensors are `absent`, else GET515; `unexpected` are keys with the names that they get.

    `readings` are keys under which the file holds one model twice.
    """
    code = GET514 if absent else GET515
    notes = [f"missing from the file: {listed(absent)}"] * bool(absent)
    notes += [f"unexpected in the file: {listed(list(unexpected))}"] * bool(unexpected)
    counts = [f"{len(absent)} missing"] * bool(absent) + [f"{len(unexpected)} unexpected"] * bool(unexpected)
    return code.at(
        place,
        f"`{file}` does not match the model by name: {', '.join(counts)}",
        notes=[*notes, *renaming.ambiguous],
        help=_which(readings) if readings else _advice(absent, unexpected, renaming),
    )


def _which(readings: Sequence[str]) -> str:
    keys = " or ".join(f'`key = "{key}"`' for key in readings)
    return f"it holds one model twice, as it was trained and as a running mean: say which, {keys}"


def _advice(absent: Sequence[str], unexpected: Mapping[str, str], renaming: Renaming) -> str:
    if renaming.block:
        more = renaming.resolved
        count = f"{more} more keys get their names" if more > 1 else "one more key gets its name"
        first = f"paste this into the `load`, in place of a `rename`; {count}:"
        return "\n".join([first, *renaming.block])
    if absent and unexpected:
        return "`rename { … }` gives keys the model's names; no rule that does so was found"
    if absent:
        return f"if they are meant to start afresh: `new = [{', '.join(top_parts(absent))}]`"
    parts = top_parts(unexpected.values())
    return f"if they are not wanted: `drop = {quoted_list(f'{part}.*' for part in parts)}`"


GET516 = Code(
    "GET516",
    "declared new, and in the file",
    "`new` says that a part is not in the file. Where it is, either it should load or the file's should "
    "be dropped.",
)


def declared_new(pattern: str, place: Span, file: str, held: Sequence[str]) -> Diagnostic:
    return GET516.at(
        place,
        f"`{pattern}` is declared new, and `{file}` holds {first_of(held)}",
        help="to load it take it from `new`; to start it afresh drop the file's: "
        f"`drop = {quoted_list([pattern])}`",
    )


GET517 = Code(
    "GET517",
    "a rule is wrong",
    "The old side of a rule stands at the start of a key. It is not empty, stands once, and is not "
    "behind an earlier rule that takes all its keys. `*` is one step between dots, carried over in "
    "order; after `re:` stands a regular expression.",
    'rename { "" -> "encoder." }',
    'rename { "layers.*.attention." -> "encoder.blocks.*.attn." }',
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


def renamed_twice(old: str, place: Span, earlier: Span) -> Diagnostic:
    return GET517.at(
        place,
        f'"{old}" is renamed twice',
        labels=[Label(earlier, "the earlier rule")],
        help="the first rule that matches is taken: keep one of them",
    )


def unreachable_rule(old: str, place: Span, other: str, earlier: Span) -> Diagnostic:
    return GET517.at(
        place,
        f'no key reaches the rule of "{old}": "{other}" takes them all',
        labels=[Label(earlier, "the earlier rule")],
        help="the first rule that matches is taken: put the longer one first",
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

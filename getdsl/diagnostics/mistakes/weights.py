"""Names of weights in directives, and what they leave to train: freeze, train_only."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from getdsl.diagnostics.code import Code
from getdsl.diagnostics.diagnostic import Diagnostic, Label
from getdsl.diagnostics.fixes import Help
from getdsl.diagnostics.listing import first_of
from getdsl.diagnostics.suggest import meant, nearest
from getdsl.text.source import Span

GET511 = Code(
    "GET511",
    "a pattern covers nothing",
    "`freeze`, `train_only`, `lora.on`, `new` and `into` name parts of the model. A name covers itself "
    "and everything below it; in a glob `*` stands for any characters, dots too. One that covers nothing "
    "would be a silent mistake.",
)


def glob_covers_nothing(keyword: str, pattern: str, place: Span) -> Diagnostic:
    return GET511.at(
        place,
        f"`{keyword}` names `{pattern}`, and nothing of the model is called so",
        help="`*` stands for any characters, dots among them; `getdsl plan --all` lists the names",
    )


def part_without_weights(keyword: str, part: str, place: Span) -> Diagnostic:
    return GET511.at(
        place,
        f"`{keyword}` names `{part}`, which has no weights",
        help="take it away: it has nothing to load, to freeze or to adapt",
    )


def beyond_the_end(keyword: str, parent: str, numbers: Sequence[int], place: Span) -> Diagnostic:
    first, last = min(numbers), max(numbers)
    return GET511.at(
        place,
        f"`{keyword}` goes beyond the end of `{parent}`",
        help=f"`{parent}` has {len(numbers)} parts, {first} to {last}; a range excludes its end: "
        f"`{parent}[{first}..{last + 1}]` is all of them",
    )


def no_such_part(
    keyword: str,
    name: str,
    place: Span,
    wrong: str,
    parent: str,
    children: Sequence[str],
    parts: Iterable[str],
) -> Diagnostic:
    """The step `wrong` of `name` is none of the `children` of `parent`, which is empty for the model."""
    owner = f"`{parent}`" if parent else "the model"
    return GET511.at(
        place,
        f"`{keyword}` names `{name}`, and {owner} has no `{wrong}`",
        help=_meant_part(wrong, place, parent, children, parts),
    )


def _meant_part(
    wrong: str, place: Span, parent: str, children: Sequence[str], parts: Iterable[str]
) -> str | Help:
    near = nearest(wrong, children)
    if near is not None:
        step = meant(wrong, place, children)
        text = f"did you mean `{parent}.{near}`?" if parent else f"did you mean `{near}`?"
        return Help(text, step.fix if step is not None else None)
    deeper = next((name for name in parts if name.endswith(f".{wrong}")), None)
    if deeper is not None:
        return f"did you mean `{deeper}`?"
    return f"there are {first_of(children, 12)}"


def into_no_part(name: str, place: Span, *, glob: bool) -> Diagnostic:
    return GET511.at(
        place,
        f"`into` names `{name}`, which is {'a pattern' if glob else 'a tensor'}",
        help="`into` names a part of the model, whose names the file's keys continue",
    )


def row_of_nothing(
    setting: str, pattern: str, place: Span, adapted: Sequence[str], parts: Iterable[str]
) -> Diagnostic:
    """A row of `rank` or `alpha` that names none of the `adapted` weights nor of the `parts` around them."""
    return GET511.at(
        place,
        f"`{setting}` names `{pattern}`, and `lora` adapts nothing of that name",
        help=meant(pattern, place, parts) or f"it adapts `{adapted[0]}`, for example",
    )


GET519 = Code(
    "GET519",
    "both `freeze` and `train_only`",
    "`freeze` names what has no gradient, `train_only` all that has one. A spec says it one way.",
)


def frozen_and_trained(place: Span, other: Span, stage: str | None = None) -> Diagnostic:
    """Of the spec, or of one `stage`."""
    where = f" in stage `{stage}`" if stage is not None else ""
    return GET519.at(
        place,
        f"`freeze` and `train_only` both say what is trained{where}",
        labels=[Label(other, "the other one")] if stage is None else [],
        help="keep one of them: `freeze` names what stays as it is, `train_only` all that changes",
    )


GET523 = Code(
    "GET523",
    "nothing is left to train",
    "`freeze` or `train_only` takes the gradient from every weight, and no adapter has one.",
)


def no_gradient_left(keyword: str, place: Span) -> Diagnostic:
    return GET523.at(
        place,
        f"`{keyword}` leaves no weight with a gradient",
        help="that is right for a model that is only evaluated; training it would change nothing",
        severity="warning",
    )


def stage_trains_nothing(stage: str, place: Span) -> Diagnostic:
    return GET523.at(
        place,
        f"stage `{stage}` leaves no weight with a gradient",
        help="let it train a part of the model that `freeze` or `train_only` of the spec does not hold",
    )

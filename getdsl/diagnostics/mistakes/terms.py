"""Terms of `loss`, and what `metrics` measures of them."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from getdsl.diagnostics.code import Code
from getdsl.diagnostics.diagnostic import Diagnostic, Label
from getdsl.diagnostics.fixes import if_alone, remove, renamed
from getdsl.diagnostics.rewrites import Both, by_step, taken_once
from getdsl.diagnostics.suggest import meant_or_list
from getdsl.text.source import Span

GET410 = Code(
    "GET410",
    "a term of the loss is wrong",
    "A term is a tensor made of outputs, modules and the batch: `name = Loss(prediction, target) "
    "where mask weight number`.",
)


def no_term(place: Span) -> Diagnostic:
    return GET410.at(place, "a term is `name = expression`")


def key_no_text(word: str, found: str, place: Span) -> Diagnostic:
    """`word` is `output` or `target`."""
    help = f'for example `{word} ["human"]`, or a name of a loop over a table'
    return GET410.at(place, f"the name in `{word} [name]` is a text, not {found}", help=help)


def loop_of_no_constants(found: str, place: Span) -> Diagnostic:
    help = "loop over the names, and read `outputs[name]`"
    return GET410.at(place, f"a loop of terms goes through constants, not through {found}", help=help)


def too_many_terms(most: int, place: Span) -> Diagnostic:
    help = "one output with an axis for them has one term, and `where` masks parts of it"
    return GET410.at(place, f"the loops here give more than {most} terms", help=help)


def wrong_weight(found: str, place: Span) -> Diagnostic:
    return GET410.at(
        place,
        f"the weight of a term is a number from 0 up, or one number made of parameters, not {found}",
        help="for example `weight 0.1` or `weight exp(-log_var)`",
    )


def no_tensor(term: str, found: str, place: Span) -> Diagnostic:
    return GET410.at(place, f"the term `{term}` is {found}, not a tensor")


def no_mask(found: str, place: Span) -> Diagnostic:
    return GET410.at(place, f"`where` takes a mask, not {found}", help="for example `where batch.mask > 0`")


def compares_no_tensor(found: str, place: Span) -> Diagnostic:
    return GET410.at(place, f"a loss compares tensors, and this is {found}")


def pair_in_loss(place: Span) -> Diagnostic:
    return GET410.at(
        place, "`of` names what metrics compare", help="a loss names it itself: `MSE(prediction, target)`"
    )


GET412 = Code(
    "GET412",
    "a declared target is wrong",
    "`target name: type` in `loss` says the type of a batch key that nothing else tells: dummy batches "
    "follow it, and what the loss does with the key is checked against it.",
)


def no_declaration(word: str, place: Span) -> Diagnostic:
    return GET412.at(
        place, f"`{word}` declares nothing here", help="a target is declared by `target name: [B, 3]`"
    )


def target_out_of_place(place: Span) -> Diagnostic:
    return GET412.at(place, "targets are declared in `loss`", help="move it to `loss { … }`")


def target_twice(name: str, place: Span, first: Span, statements: Both) -> Diagnostic:
    """`statements`: the second and the first."""
    labels, help = [Label(first, "first here")], taken_once(statements, "keep one of them", by_step("target"))
    return GET412.at(place, f"the target `{name}` is declared twice", labels=labels, help=help)


def target_unread(name: str, place: Span) -> Diagnostic:
    return GET412.at(
        place,
        f"nothing reads the declared target `{name}`",
        help=f"read `batch.{name}` in a term, or take the declaration away",
    )


def target_is_input(name: str, place: Span) -> Diagnostic:
    return GET412.at(
        place, f"`{name}` is an input of the model, which declares its type", help="take this one away"
    )


def target_unlike_data(name: str, wanted: object, source: str, given: object, place: Span) -> Diagnostic:
    return GET412.at(
        place,
        f"the target `{name}: {wanted}` does not fit the data: `{source}` yields {given}",
        help="take the declaration away: the data tell the type",
    )


def open_target(name: str, place: Span) -> Diagnostic:
    return GET412.at(
        place, f"the target `{name}` has no shape of its own: `...`", help="write its axes: `[B, 3]`"
    )


GET411 = Code(
    "GET411",
    "a metric is wrong",
    "`metrics` lists what is measured: `name = [pearson, r2]` of what the loss's term of that name "
    "compares, or `name = [auroc] of (prediction, target)`. Values are compared one by one (pearson, "
    "spearman, r2, mse, mae), classes by their scores (auroc, auprc, accuracy, f1), profiles along their "
    "positions (jsd, pearson_across_positions, pearson_across_samples).",
)


def no_such_metric(name: str, place: Span, known: Iterable[str]) -> Diagnostic:
    return GET411.at(place, f"there is no metric `{name}`", help=meant_or_list(name, place, known, "metrics"))


def measures_no_term(
    name: str, place: Span, known: Collection[str], only: str | None = None, again: Span | None = None
) -> Diagnostic:
    """`only` is the term of a loss that has one; `again` is this entry, where that is measured so already."""
    help = meant_or_list(name, place, known, "terms of the loss")
    if again is not None:
        help = if_alone(remove(again, f"take it away: `{only}`, the only term, is measured so"))
    elif only is not None:
        help = if_alone(renamed(f"the only term is `{only}`", place, name, only))
    return GET411.at(place, f"there is no term `{name}` in the loss to measure", help=help)


def nothing_to_compare(term: str, place: Span, expression: Span) -> Diagnostic:
    """`expression` is the term's own, in the loss."""
    return GET411.at(
        place,
        f"the term `{term}` compares no prediction with a target",
        labels=[Label(expression)],
        help="metrics read the first two arguments of the term's loss: `MSE(prediction, target)`",
    )


def weight_in_metrics(place: Span) -> Diagnostic:
    return GET411.at(place, "a metric has no weight", help="`weight` stands behind a term of the loss")


def no_metrics(term: str, place: Span) -> Diagnostic:
    return GET411.at(place, f"no metric is named for `{term}`", help=f"for example `{term} = [pearson, r2]`")


def measures_no_tensor(found: str, place: Span) -> Diagnostic:
    return GET411.at(place, f"metrics compare tensors, and this is {found}")


def unlike_values(metric: str, prediction: object, target: object, place: Span) -> Diagnostic:
    return GET411.at(
        place,
        f"`{metric}` compares values one by one, and {prediction} and {target} have different axes",
        help="name what it compares: `… of (prediction, target)`",
    )


def unlike_classes(metric: str, prediction: object, target: object, place: Span) -> Diagnostic:
    return GET411.at(
        place,
        f"`{metric}` compares scores with labels, and {prediction} and {target} do not fit",
        help="labels of 0 and 1 have the axes of the scores, numbers of classes (`int`) all but the last",
    )


def no_profile(metric: str, prediction: object, place: Span) -> Diagnostic:
    return GET411.at(
        place,
        f"`{metric}` is of profiles along positions, [B, positions] or [B, positions, tracks], and the "
        f"prediction is {prediction}",
        help="name what it compares: `… of (prediction, target)`",
    )


def unlike_profiles(metric: str, prediction: object, target: object, place: Span) -> Diagnostic:
    return GET411.at(
        place, f"`{metric}` compares profiles of one shape, and these are {prediction} and {target}"
    )

"""Terms of `loss`, and what `metrics` measures of them."""

from __future__ import annotations

from collections.abc import Iterable

from getdsl.diagnostics.code import Code
from getdsl.diagnostics.diagnostic import Diagnostic, Label
from getdsl.diagnostics.suggest import suggestion_or_list
from getdsl.text.source import Span

GET410 = Code(
    "GET410",
    "a term of the loss is wrong",
    "A term is a tensor made of outputs, modules and the batch: `name = Loss(prediction, target) "
    "where mask weight number`.",
    "loss { exp = 3 }",
    "loss { exp = MSE(exp, batch.exp_label) where batch.mask > 0 weight 0.5 }",
)


def no_term(place: Span) -> Diagnostic:
    return GET410.at(place, "a term is `name = expression`")


def key_no_text(found: str, place: Span) -> Diagnostic:
    help = 'for example `output ["human"] = …`, or a name of a loop over a table'
    return GET410.at(place, f"the name in `output [name] = …` is a text, not {found}", help=help)


def loop_of_no_constants(found: str, place: Span) -> Diagnostic:
    help = "loop over the names, and read `outputs[name]`"
    return GET410.at(place, f"a loop of terms goes through constants, not through {found}", help=help)


def wrong_weight(found: str, place: Span) -> Diagnostic:
    return GET410.at(place, f"the weight of a term is a number from 0 up, not {found}")


def no_tensor(term: str, found: str, place: Span) -> Diagnostic:
    return GET410.at(place, f"the term `{term}` is {found}, not a tensor")


def no_mask(found: str, place: Span) -> Diagnostic:
    return GET410.at(place, f"`where` takes a mask, not {found}", help="for example `where batch.mask > 0`")


def compares_no_tensor(found: str, place: Span) -> Diagnostic:
    return GET410.at(place, f"a loss compares tensors, and this is {found}")


GET411 = Code(
    "GET411",
    "a metric is wrong",
    "`metrics` lists, for terms of the loss, some of pearson, spearman, r2, mse and mae.",
    "metrics { exp = [r3] }",
    "metrics { exp = [pearson, r2] }",
)


def no_such_metric(name: str, place: Span, known: Iterable[str]) -> Diagnostic:
    return GET411.at(place, f"there is no metric `{name}`", help=suggestion_or_list(name, known, "metrics"))


def measures_no_term(name: str, place: Span, known: Iterable[str]) -> Diagnostic:
    return GET411.at(
        place,
        f"there is no term `{name}` in the loss to measure",
        help=suggestion_or_list(name, known, "terms of the loss"),
    )


def nothing_to_compare(term: str, place: Span, expression: Span) -> Diagnostic:
    """`expression` is the term's own, in the loss."""
    return GET411.at(
        place,
        f"the term `{term}` compares no prediction with a target",
        labels=[Label(expression)],
        help="metrics read the first two arguments of the term's loss: `MSE(prediction, target)`",
    )

"""Several optimizers: one of each part, and the main one for the rest."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from getdsl.diagnostics.code import Code
from getdsl.diagnostics.diagnostic import Diagnostic, Label
from getdsl.diagnostics.listing import first_of, joined
from getdsl.diagnostics.suggest import meant_or_list
from getdsl.text.source import Span

FORM = "optimizer critic = Adam(1e-4) on [critic] minimises critic every 5"
GET407 = Code(
    "GET407",
    "optimizers do not go together",
    "An optimizer with a name trains some weights, which no other trains, and minimises some terms of the "
    "loss, which no other minimises. The main optimizer, without a name, has the rest of both.",
)


def of_no_part(written: str, word: str, place: Span) -> Diagnostic:
    help = f"write `{written}`; only `optimizer` stands for parts too: `{FORM}`"
    return GET407.at(place, f"`{word}` is not set for a part of the model", help=help)


def two_of_one_name(name: str, place: Span, first: Span) -> Diagnostic:
    return GET407.at(place, f"two optimizers are named `{name}`", labels=[Label(first, "first here")])


def no_weights_named(name: str, place: Span) -> Diagnostic:
    help = f"write `on [{name}]` behind it, as in `{FORM}`"
    return GET407.at(place, f"the optimizer `{name}` does not say which weights it trains", help=help)


def no_terms_named(name: str, place: Span) -> Diagnostic:
    help = f"write `minimises TERM` behind it, as in `{FORM}`"
    return GET407.at(place, f"the optimizer `{name}` does not say which terms it minimises", help=help)


def no_such_term(optimizer: str, term: str, place: Span, known: Iterable[str]) -> Diagnostic:
    return GET407.at(
        place,
        f"the optimizer `{optimizer}` minimises `{term}`, and the loss has no such term",
        help=meant_or_list(term, place, known, "terms"),
    )


def term_of_two(term: str, place: Span, first: Span) -> Diagnostic:
    return GET407.at(
        place,
        f"two optimizers minimise `{term}`",
        labels=[Label(first, "first here")],
        help="take it from one of them, or give the loss a term for each",
    )


def weights_of_two(name: str, weights: Sequence[str], place: Span, other: str, first: Span) -> Diagnostic:
    return GET407.at(
        place,
        f"the optimizers `{other}` and `{name}` both train {first_of(weights, 2)}",
        labels=[Label(first, f"`{other}` trains it")],
        help="name each weight in one of them",
    )


def trains_nothing(name: str, place: Span) -> Diagnostic:
    return GET407.at(
        place,
        f"the optimizer `{name}` trains nothing: all of its weights are frozen",
        help="freeze less, or take the optimizer away",
    )


def no_main(name: str, place: Span) -> Diagnostic:
    return GET407.at(
        place,
        f"`optimizer {name} = …` stands beside no main optimizer, which trains all other weights",
        help="add `optimizer = AdamW(lr = 1e-3)`",
    )


def no_term_left(names: Sequence[str], place: Span) -> Diagnostic:
    return GET407.at(
        place,
        f"the main optimizer has no term to minimise: {_all_with(names)}",
        help="leave it one, or make one of them the main optimizer: `optimizer = …`",
    )


def no_weight_left(names: Sequence[str], place: Span) -> Diagnostic:
    return GET407.at(
        place,
        f"the main optimizer has no weight to train: {_all_with(names)}",
        help="leave it some, or make one of them the main optimizer: `optimizer = …`",
    )


def _all_with(names: Sequence[str]) -> str:
    return f"{joined(f'`{name}`' for name in names)} {'has' if len(names) == 1 else 'have'} all of them"


def not_with_several(instead: str, place: Span) -> Diagnostic:
    return GET407.at(place, "this does not go with several optimizers", help=f"write `{instead}`")

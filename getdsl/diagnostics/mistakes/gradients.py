"""What no gradient reaches: outputs, weights, adapters and terms of the loss."""

from __future__ import annotations

from collections.abc import Sequence

from getdsl.diagnostics.code import Code
from getdsl.diagnostics.diagnostic import Diagnostic, Label, Severity
from getdsl.diagnostics.listing import first_of
from getdsl.text.source import Span

GET530 = Code(
    "GET530",
    "an output that no loss reaches",
    "The output is computed in every step of training, and no term of the loss reads it. Give it a term, "
    "or `remove` it from a model that is trained without it.",
)


def unread_output(name: str, place: Span | None, severity: Severity) -> Diagnostic:
    return GET530.at(
        place,
        f"no term of the loss reads the output `{name}`",
        help=f"give it a term in `loss`, or take it away: `remove {name}`",
        severity=severity,
    )


GET531 = Code(
    "GET531",
    "weights that no loss reaches",
    "The weights are trainable, and no gradient arrives: what they make is not used, is detached, is "
    "rounded by `//`, or turns into integers or a comparison on its way to the loss. They stay as they are, "
    "and distributed training would have to search for them at each step. Freeze them, or take them away.",
)


def unreached_weights(part: str | None, names: Sequence[str], place: Span | None) -> Diagnostic:
    """`names` are all that learns in `part`; without one, a weight by itself."""
    return GET531.at(
        place,
        f"the loss does not reach {_weights(part, names)}, which would be trained",
        help=f"freeze what does not learn: `freeze = [{part or names[0]}]`",
        severity="warning",
    )


def _weights(part: str | None, names: Sequence[str]) -> str:
    if part is None:
        return f"`{names[0]}`"
    return f"`{part}`" if len(names) == 1 else f"the {len(names)} weights of `{part}`"


GET536 = Code(
    "GET536",
    "weights that reach no output",
    "The block or the parameter is bound and no output is made of it: its weights are saved, loaded and "
    "counted, and do nothing. Take it away, or use it.",
)


def weights_without_use(part: str, names: Sequence[str], place: Span | None) -> Diagnostic:
    """`names` are the weights of `part`."""
    return GET536.at(
        place,
        f"no output is made of {_weights(part, names)}",
        help=f"take `{part}` away, or use it: as it is, it does nothing",
        severity="warning",
    )


GET532 = Code(
    "GET532",
    "a trainable normalisation inside a frozen part",
    "Everything around the normalisation is frozen, and its own scale and shift, or its running "
    "statistics, still change with the data: the frozen part does not stay what it was. Freeze the part "
    "as a whole.",
)


def changing_norms(part: str, norms: Sequence[str], place: Span | None) -> Diagnostic:
    return GET532.at(
        place,
        f"`{part}` is frozen but for its normalisation, {first_of(norms, 3)}",
        help=f"freeze it as a whole: `freeze = [{part}]`",
        severity="warning",
    )


GET533 = Code(
    "GET533",
    "an adapter that no gradient reaches",
    "LoRA adapts a weight whose output no term of the loss reaches, or only terms of weight 0, such as a "
    "head that the loss leaves out. The adapter stays at zero.",
)


def unreached_adapters(
    part: str | None, names: Sequence[str], place: Span | None, bound: Span | None
) -> Diagnostic:
    """`bound` is where their part is bound, if that is another place."""
    return GET533.at(
        place,
        f"no gradient reaches the adapter of {_weights(part, names)}",
        labels=[Label(bound, "bound here")] if bound is not None else [],
        help="take it out of `lora { on = […] }`, or give its output a term in `loss`",
        severity="warning",
    )


GET534 = Code(
    "GET534",
    "weights that only terms of weight 0 reach",
    "A term of weight 0 still asks for gradients, all of them zero: the weights do not learn, and weight "
    "decay shrinks them. Freeze them, or take the term away.",
)


def weightless_terms_only(part: str | None, names: Sequence[str], place: Span | None) -> Diagnostic:
    return GET534.at(
        place,
        f"only terms of weight 0 reach {_weights(part, names)}",
        help=f"freeze what does not learn: `freeze = [{part or names[0]}]`",
        severity="warning",
    )


GET535 = Code(
    "GET535",
    "a term of the loss that teaches nothing",
    "All weights that the term reaches are frozen, so it costs a pass and changes nothing.",
)


def term_without_learners(name: str, place: Span | None) -> Diagnostic:
    return GET535.at(
        place,
        f"the term `{name}` reaches nothing that is trained",
        help="take the term away, or train something that it reads",
        severity="warning",
    )


def frozen_penalty(term: str, weights: Sequence[str], place: Span | None) -> Diagnostic:
    which = "is frozen and stays as it is" if len(weights) == 1 else "are frozen and stay as they are"
    return GET535.at(
        place,
        f"the term `{term}` is made of {first_of(weights, 3)}, which {which}",
        help="train it, or take it out of the term",
        severity="note",
    )


GET537 = Code(
    "GET537",
    "a gradient in a loss is wrong",
    "`grad(y, x)` is the gradient of one number with respect to a tensor of floats that it is made of: an "
    "input of the model or one of its outputs. It stands in `loss`.",
)


def gradient_outside_loss(place: Span) -> Diagnostic:
    return GET537.at(place, "`grad` stands in `loss`, not in a model", help="make it a term of the loss")


def wrong_gradient_call(place: Span) -> Diagnostic:
    return GET537.at(place, "`grad` takes a number and a tensor", help="write `grad(sum(y), x)`")


def gradient_of_no_tensor(found: str, place: Span) -> Diagnostic:
    return GET537.at(place, f"`grad` takes tensors, and this is {found}", help="write `grad(sum(y), x)`")


def gradient_of_integers(found: object, place: Span) -> Diagnostic:
    return GET537.at(place, f"only floats have gradients, and this is {found}")


def gradient_of_many(found: object, place: Span) -> Diagnostic:
    return GET537.at(
        place, f"`grad` is of one number, and this is {found}", help="reduce it: `grad(sum(y), x)`"
    )


def gradient_of_unrelated(place: Span) -> Diagnostic:
    return GET537.at(
        place,
        "no gradient flows from the number to the tensor of `grad`",
        help="the number must be made of the tensor, without `detach`, rounding or integers between them",
    )

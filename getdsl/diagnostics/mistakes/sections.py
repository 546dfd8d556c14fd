"""Sections and their settings, loss and metrics among them."""

from __future__ import annotations

from collections.abc import Sequence

from getdsl.diagnostics.code import Code
from getdsl.diagnostics.diagnostic import Diagnostic
from getdsl.text.source import Span

GET401 = Code(
    "GET401",
    "no such section",
    "The sections are data, load, lora, freeze, train_only, loss, metrics, optimizer, schedule and train.",
)
GET402 = Code(
    "GET402",
    "no such setting",
    "The section does not have a setting of this name.",
    "train { epoch = 3 }",
    "train { epochs = 3 }",
)
GET403 = Code(
    "GET403",
    "a setting has a wrong value",
    "The value is of the wrong type, out of range, or not one of the choices.",
)


def baseline_without_dna(baseline: object, place: Span, source: str) -> Diagnostic:
    return GET403.at(
        place,
        f"`{baseline}` needs regions with DNA, and the data are {source}",
        help="use `SequenceRegions(…)`, or take the baseline away",
    )


def one_strand_only(source: str, place: Span) -> Diagnostic:
    return GET403.at(
        place,
        f"`reverse_complement` is not possible: `{source}` reads its samples from one strand only",
        help="set it to false",
    )


def no_layers_to_decay(why: object, place: Span) -> Diagnostic:
    return GET403.at(place, f"`layer_decay` does not apply: {why}")


GET404 = Code(
    "GET404",
    "a setting is missing",
    "The section needs it.",
    "optimizer = AdamW()",
    "optimizer = AdamW(lr = 1e-3)",
)


def lora_without_on(place: Span) -> Diagnostic:
    return GET404.at(place, "`lora` needs `on`", help="name the parts to adapt: `on = [encoder]`")


def weights_without_rank(names: Sequence[str], place: Span) -> Diagnostic:
    more = f" and {len(names) - 1} more" if len(names) > 1 else ""
    return GET404.at(
        place,
        f"`rank` says nothing of `{names[0]}`{more}",
        help='the last row may be for the rest: `"*" = 8`',
    )


GET405 = Code("GET405", "set twice", "A section, setting or term stands once.")
GET410 = Code(
    "GET410",
    "a term of the loss is wrong",
    "A term is a tensor made of outputs, modules and the batch: `name = Loss(prediction, target) "
    "where mask weight number`.",
    "loss { exp = 3 }",
    "loss { exp = MSE(exp, batch.exp_label) where batch.mask > 0 weight 0.5 }",
)
GET411 = Code(
    "GET411",
    "a metric is wrong",
    "`metrics` lists, for terms of the loss, some of pearson, spearman, r2, mse and mae.",
    "metrics { exp = [r3] }",
    "metrics { exp = [pearson, r2] }",
)

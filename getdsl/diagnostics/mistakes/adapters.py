"""Low-rank adapters: `lora`, and the adapters that files hold."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Sized

from getdsl.diagnostics.code import Code
from getdsl.diagnostics.diagnostic import Diagnostic
from getdsl.diagnostics.listing import and_more, first_of, joined, patterns_list
from getdsl.text.source import Span

GET520 = Code(
    "GET520",
    "`lora` adapts nothing",
    "LoRA adapts the weights of Linear, Conv1d and Conv2d layers: tensors named `weight` of two to four "
    "axes.",
)


def nothing_to_adapt(pattern: str, place: Span) -> Diagnostic:
    return GET520.at(
        place,
        f"`{pattern}` has no weight that LoRA can adapt",
        help="LoRA adapts the weights of Linear, Conv1d and Conv2d layers",
    )


GET521 = Code(
    "GET521",
    "a checkpoint holds adapters",
    "The file was trained with LoRA and its weights are not merged, so a model without `lora` would run "
    "without what it learnt. Add `lora` with the alpha of that training, or merge first.",
)


def adapted_without_lora(
    file: str, place: Span, key: str, shape: Iterable[int], on: Iterable[str], alpha: str | None
) -> Diagnostic:
    """`key` is of one of the file's adapters; patterns `on` are of what they adapt.

    `alpha` is a number, or `…` where nothing tells it; None: the file does.
    """
    lora = f"lora {{ on = {patterns_list(on)}" + (f"  alpha = {alpha} }}" if alpha is not None else " }")
    unsure = "" if alpha is None else " with the alpha of its training" + " (GET's is 1)" * (alpha == "1")
    return GET521.at(
        place,
        f"`{file}` holds LoRA adapters, and the spec has no `lora`",
        notes=[f"for example `{key}` {list(shape)}"],
        help=f"add `{lora}`{unsure}, or merge the adapters into their weights first",
    )


GET522 = Code(
    "GET522",
    "an adapter does not fit",
    "An adapter is W + B A (alpha / rank), A [rank, fan_in] and B [fan_out, rank]. Rank and targets of a "
    "file and of `lora` must agree.",
)


def no_adapter(file: str, place: Span) -> Diagnostic:
    return GET522.at(
        place,
        f"`{file}` holds no adapter of this model",
        help="an adapter's keys are the weights' names with `.lora_A` and `.lora_B` after them",
    )


def unfit_adapter(
    name: str, shape: Iterable[int], held: Mapping[str, Iterable[int]], place: Span, blamed: Sized
) -> Diagnostic:
    """`held` are the keys of a file's adapter of `name` with their shapes; `blamed`: all that do not fit."""
    shown = joined(f"`{key}` {list(given)}" for key, given in held.items())
    return GET522.at(
        place,
        f"the adapter of `{name}` {list(shape)} does not fit it: {shown}{and_more(blamed)}",
        help="an adapter is A [rank, fan_in] and B [fan_out, rank]; drop the file's to start afresh",
    )


def other_rank(name: str, asked: int, rank: int, place: Span, blamed: Sized) -> Diagnostic:
    return GET522.at(
        place,
        f"`lora` asks for rank {asked}, and the file's adapter of `{name}` has rank {rank}{and_more(blamed)}",
        help="leave `rank` out to take the file's, or drop the file's adapters to start afresh",
    )


def contradicted_rank(name: str, said: int, rank: int, place: Span, blamed: Sized) -> Diagnostic:
    """`said` is the rank that the file's record, or the config beside it, gives the adapter."""
    return GET522.at(
        place,
        f"the adapter of `{name}` has rank {rank}, and {said} is said of it{and_more(blamed)}",
        help="file and config, or file and record, are not of one training: take both from one place",
    )


def other_alpha(name: str, alpha: float, recorded: float, place: Span, blamed: Sized) -> Diagnostic:
    return GET522.at(
        place,
        f"`lora` sets alpha {alpha:g}, and the adapter of `{name}` was trained with {recorded:g}"
        f"{and_more(blamed)}",
        help="leave `alpha` out to take the file's",
        severity="warning",
    )


def unnamed_adapters(file: str, place: Span, on: Iterable[str], outside: Sequence[str]) -> Diagnostic:
    """`on` are patterns of what `lora` names and of what is `outside`."""
    return GET522.at(
        place,
        f"`{file}` holds adapters that `lora` does not name: {first_of(outside)}",
        help=f"name them: `on = {patterns_list(on)}`, or drop them",
    )


def left_out_by_file(names: Sequence[str], place: Span, on: Iterable[str]) -> Diagnostic:
    """`on` are patterns of what the file adapts."""
    return GET522.at(
        place,
        f"the file's adapters leave out {first_of(names)}",
        help=f"these get fresh adapters; to adapt only the file's: `on = {patterns_list(on)}`",
        severity="warning",
    )


GET524 = Code(
    "GET524",
    "the alpha of a file's adapter is not known",
    "An adapter is W + B A (alpha / rank), and its file may not say alpha: another one is another model. "
    "peft writes it into `adapter_config.json`, which is read where it stands beside the file; our own files "
    "hold it. For others `lora` says it. (Adapters that begin anew are scaled by 1 where `alpha` is not "
    "written.)",
)


def without_alpha(file: str, names: Sequence[str], rank: int, place: Span, *, minlora: bool) -> Diagnostic:
    """`rank` is that of the first."""
    usual = "minLoRA's own, and GET's, is `alpha = 1`"
    beside = "or put peft's `adapter_config.json`, which says it, beside the file"
    return GET524.at(
        place,
        f"`{file}` does not say the alpha of its adapters: {first_of(names)}, rank {rank}",
        help=f"write the `alpha` of its training into `lora`: {usual}"
        if minlora
        else f"write the `alpha` of its training into `lora`, {beside}",
    )


GET525 = Code(
    "GET525",
    "an adapter is more than B A",
    "peft trains adapters of many kinds, and writes which into `adapter_config.json`. Those that are "
    "W + B A (alpha / rank) are taken, with the biases and the modules that were trained beside them. Of "
    "others, such as DoRA, a part would be lost: they are refused.",
)
MERGED = "merge it with peft (`merge_and_unload`), and load the weights that come of it"


def set_otherwise(file: str, place: Span, settings: Sequence[str]) -> Diagnostic:
    """`settings` as peft's config has them."""
    return GET525.at(
        place,
        f"`{file}` is an adapter with {first_of(settings)}, as its `adapter_config.json` says: "
        "that is more than W + B A",
        help=MERGED,
    )


def beyond_low_rank(file: str, place: Span, parts: Mapping[str, str]) -> Diagnostic:
    """`parts` are keys of the file with what they are."""
    key, what = next(iter(parts.items()))
    return GET525.at(
        place,
        f"`{file}` holds {what}, `{key}`{and_more(parts)}: that is more than W + B A",
        help=MERGED,
    )


def trained_beside(file: str, place: Span, absent: Sequence[str]) -> Diagnostic:
    return GET525.at(
        place,
        f"`{file}` lacks what was trained beside its adapters: {first_of(absent)}",
        notes=["`modules_to_save` and `bias` of its `adapter_config.json` say that it was"],
        help="save it again with peft's `save_pretrained`, which writes them all",
    )

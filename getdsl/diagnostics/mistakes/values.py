"""Values: what is not known at compile time, what they hold, and the outputs that they become."""

from __future__ import annotations

from collections.abc import Iterable

from getdsl.diagnostics.code import Code
from getdsl.diagnostics.diagnostic import Diagnostic, Label
from getdsl.diagnostics.fixes import written
from getdsl.diagnostics.rewrites import Both, by_step, taken_once
from getdsl.diagnostics.suggest import meant_or_list
from getdsl.text.source import Span

SHOWN = 60  # letters of a table that a message shows

GET216 = Code(
    "GET216",
    "not known at compile time",
    "Params, loop ranges, conditions and indices in names are settled before anything runs; sizes of "
    "a batch are not known then.",
)


ASK_FIRST = "ask first: `if given(name) { … }`"


def not_constant(message: str, place: Span) -> Diagnostic:
    """`message` is the reason of a function or an operator."""
    return GET216.at(place, message)


def absent_bound(place: Span) -> Diagnostic:
    return GET216.at(place, "an optional input that may be absent is bound here", help=ASK_FIRST)


def absent_used(place: Span) -> Diagnostic:
    return GET216.at(place, "an optional input that may be absent is used here", help=ASK_FIRST)


def index_in_name(found: str, place: Span) -> Diagnostic:
    return GET216.at(place, f"an index in a name is an integer or a text at compile time, not {found}")


def negative_index_in_name(place: Span) -> Diagnostic:
    return GET216.at(place, "an index in a name counts from 0 up")


def no_range(found: str, place: Span) -> Diagnostic:
    return GET216.at(
        place, f"a loop runs over a range, a list or a table, not {found}", help="write `for i in 0..n { … }`"
    )


def range_end(found: str, place: Span) -> Diagnostic:
    return GET216.at(place, f"a range's end is an integer at compile time, not {found}")


def loop_too_long(steps: int, limit: int, place: Span) -> Diagnostic:
    return GET216.at(place, f"this loop would unroll {steps} times; the limit is {limit}")


def too_much(what: str, limit: int, place: Span | None) -> Diagnostic:
    """`what` are statements, params or modules, of which a spec may have no more than `limit`."""
    help = "loops and blocks count once for each time that they run"
    return GET216.at(place, f"this spec comes to more than {limit:,} {what}", help=help)


def condition_unknown(found: str, place: Span, *, tensor: bool) -> Diagnostic:
    return GET216.at(
        place,
        f"a condition is true or false at compile time, not {found}",
        help="use `select(mask, yes, no)` for tensors" if tensor else None,
    )


def no_truth(found: str, place: Span) -> Diagnostic:
    return GET216.at(place, f"`not` takes true or false, not {found}")


def no_number(found: str, place: Span) -> Diagnostic:
    return GET216.at(place, f"`-` takes a number, not {found}")


def beyond_list(index: int, length: int, place: Span) -> Diagnostic:
    return GET216.at(place, f"index {index} is out of range for a list of {length}")


def no_item(key: str, table: str, place: Span, known: Iterable[str]) -> Diagnostic:
    """A key that a table lacks; `table` is it as it is written."""
    shown = table if len(table) <= SHOWN else f"{table[: SHOWN - 1]}…"
    help = meant_or_list(key, place, known, "keys")
    return GET216.at(place, f"there is no `{key}` in {shown}", help=help)


def number_into_table(place: Span, known: Iterable[str]) -> Diagnostic:
    key = next(iter(known), "key")
    return GET216.at(place, "a table is read by its keys", help=f'for example `.{key}` or `["{key}"]`')


GET217 = Code(
    "GET217",
    "no such output or part",
    "After a bound block's name stand its outputs and parts: `encoder.map`, `encoder.blocks[0].attn`.",
)


def no_such_part(owner: str, name: str, place: Span, known: Iterable[str]) -> Diagnostic:
    names = [*known]
    help = meant_or_list(name, place, names, "outputs and parts")
    if not names and place.text.endswith(f".{name}"):
        end = Span(place.file, place.end - len(name) - 1, place.end)
        help = written(f"it has one output and no parts: write `{owner}`", end, "", f"take `.{name}` away")
    return GET217.at(place, f"`{owner}` has no output or part `{name}`", help=help)


def no_such_weight(owner: str, name: str, place: Span, known: Iterable[str]) -> Diagnostic:
    """In a loss: `owner` is the path of a block of the model, or of a part of it."""
    return GET217.at(
        place,
        f"`{owner}` has no weight or part `{name}`",
        help=meant_or_list(name, place, known, "weights and parts"),
    )


def no_attribute(found: str, name: str, place: Span) -> Diagnostic:
    return GET217.at(place, f"{found} has no `{name}`")


GET219 = Code(
    "GET219",
    "the batch cannot be read here",
    "`batch.key` stands in derived inputs, in `loss` and in `metrics`. A model's body sees its inputs only.",
)


def batch_in_model(place: Span) -> Diagnostic:
    return GET219.at(
        place,
        "`batch` can be read in derived inputs, `loss` and `metrics` only",
        help="declare an input, which binds to the batch key of its name: `input name: [B, …]`",
    )


def coalesce_without_key(place: Span) -> Diagnostic:
    return GET219.at(place, "`??` stands after a key of the batch: `batch.key ?? fallback`")


def derived_in_block(place: Span) -> Diagnostic:
    return GET219.at(place, "only a model's inputs are derived from the batch")


GET220 = Code(
    "GET220",
    "an output is wrong",
    "A model has at least one output, each given once, and an output is a tensor.",
)


def output_twice(name: str, place: Span, first: Span, statements: Both) -> Diagnostic:
    """`statements`: the second and the first."""
    return GET220.at(
        place,
        f"the output `{name}` is given twice" if name else "two outputs without a name",
        labels=[Label(first, "first here")],
        help=taken_once(statements, "name the outputs apart", by_step("output")),
    )


def key_no_text(found: str, place: Span) -> Diagnostic:
    help = 'for example `output ["human"] = …`, or a name of a loop over a table'
    return GET220.at(place, f"the name in `output [name] = …` is a text, not {found}", help=help)


def output_without_value(place: Span) -> Diagnostic:
    return GET220.at(place, "this output has no name and no value", help="write `output name = …`")


def output_no_tensor(found: str, place: Span) -> Diagnostic:
    return GET220.at(place, f"an output is a tensor, not {found}")


def model_without_output(name: str, place: Span) -> Diagnostic:
    return GET220.at(place, f"the model `{name}` has no output", help="write `output name = …`")


def block_without_output(name: str, place: Span) -> Diagnostic:
    return GET220.at(
        place,
        f"the block `{name}` has no output",
        help="declare one: `output: [B, …]` or `output name = …`",
    )


def output_never_given(output: str, block: str, place: Span) -> Diagnostic:
    return GET220.at(
        place,
        f"the output `{output}` of `{block}` is declared and never given",
        help=f"write `output {output} = …`, or name a Python class with `extern`",
    )

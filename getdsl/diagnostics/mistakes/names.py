"""Names: what is defined, bound and named, once or twice or not at all."""

from __future__ import annotations

import keyword
from collections.abc import Iterable, Sequence

from getdsl.diagnostics.code import Code
from getdsl.diagnostics.diagnostic import Diagnostic, Label
from getdsl.diagnostics.fixes import Help, if_alone, remove, renamed, write
from getdsl.diagnostics.listing import first_of, joined
from getdsl.diagnostics.rewrites import (
    Both,
    Output,
    Piece,
    argument_once,
    bound_before,
    in_front,
    output_of_a_binding,
    said_again,
    taken_once,
    without_use,
)
from getdsl.diagnostics.suggest import meant, meant_or_list, suggestion_or_list
from getdsl.text.source import Span

GET201 = Code(
    "GET201",
    "files use each other in a circle",
    "`use` brings another file's models and blocks; a file cannot need itself, by itself or through others.",
)


def files_in_circle(names: Sequence[str], place: Span) -> Diagnostic:
    """`names` starts and ends with the same file."""
    itself, text = len(names) == 2, "take this `use` away"
    what = "this file uses itself" if itself else "files use each other in a circle"
    help = without_use(place, text) if itself else text
    return GET201.at(place, f"{what}: {joined(names, ' -> ')}", help=help)


GET202 = Code("GET202", "a name is defined twice", "Models, blocks and inputs are named apart within a file.")


def input_twice(name: str, place: Span, first: Span, statements: Both) -> Diagnostic:
    """`statements`: the second and the first, whole, here as below."""
    labels, help = [Label(first, "first here")], taken_once(statements, "give one of them another name")
    return GET202.at(place, f"the input `{name}` is declared twice", labels=labels, help=help)


def key_twice(key: str, place: Span, first: Span, pairs: Both) -> Diagnostic:
    labels = [Label(first, "first here")]
    help = argument_once(pairs, "give one of them another key, or take it away")
    return GET202.at(place, f"this table has `{key}` twice", labels=labels, help=help)


def numbers_and_keys(name: str, place: Span) -> Diagnostic:
    help = f"give one of both a name of its own: `{name}_of[…]`"
    return GET202.at(place, f"`{name}[…]` is bound with numbers and with names", help=help)


def defined_twice(name: str, place: Span, first: Span, definitions: Both) -> Diagnostic:
    labels, help = [Label(first, "first here")], taken_once(definitions, "give one of them another name")
    return GET202.at(place, f"`{name}` is defined twice", labels=labels, help=help)


def param_declared_twice(name: str, place: Span, first: Span, statements: Both) -> Diagnostic:
    labels, help = [Label(first, "first here")], taken_once(statements, "take one of them away")
    return GET202.at(place, f"the param `{name}` is declared twice", labels=labels, help=help)


GET203 = Code(
    "GET203",
    "there is no such model",
    "A spec has a model, its own or one that it uses. `--model` names one of several.",
)


def no_such_model(name: str, known: Iterable[str]) -> Diagnostic:
    help = suggestion_or_list(name, known, "models")
    return GET203.at(None, f"there is no model `{name}`", help=help)


def file_without_model(place: Span, blocks: Sequence[str]) -> Diagnostic:
    help = 'write `model Name { … }`, or bring one with `use "file.get"`'
    if blocks:
        help += f"; {first_of(blocks)} can be called in any file that uses this one"
    return GET203.at(place, "this file has no model", help=help)


GET204 = Code(
    "GET204",
    "unknown name",
    "A name is a param, an input, a binding above, or a dimension symbol of an input.",
)


def no_param_with_a_path(name: str, place: Span, texts: Sequence[str]) -> Diagnostic:
    """`load name { … }`, where no param of that name holds text; `texts` are those that do."""
    help = (
        meant_or_list(name, place, texts, "params with text")
        if texts
        else f'a path is written in quotes: `load "{name}"`'
    )
    return GET204.at(place, f"there is no param `{name}` that holds a path", help=help)


def unknown_name(name: str, place: Span, known: Iterable[str], callees: Iterable[str] = ()) -> Diagnostic:
    """`callees` are blocks and operations, meant by longer names that are near none of the body's."""
    help = meant(name, place, known) or (meant(name, place, callees) if len(name) > 3 else None)
    return GET204.at(place, f"unknown name `{name}`", help=help)


def block_in_stage(name: str, place: Span) -> Diagnostic:
    """A loss or metrics name a block of the model."""
    return GET204.at(
        place,
        f"`{name}` is no output of the model, and `loss` and `metrics` see its outputs",
        help=f"make it one, `output {name}`, or name a weight of it: `{name}.weight`",
    )


def outside_its_loop(name: str, place: Span) -> Diagnostic:
    help = "a loop's names are known inside its braces; bind what is needed after them there"
    return GET204.at(place, f"unknown name `{name}`", help=help)


def python_constant(name: str, place: Span) -> Diagnostic:
    """`True`, `False` or `None`."""
    return GET204.at(place, f"unknown name `{name}`", help=write(name.lower(), place))


def not_in_family(name: str, key: int | str, place: Span, bound: Iterable[int | str]) -> Diagnostic:
    if isinstance(key, int):
        return GET204.at(place, f"`{name}[{key}]` is not bound", help=f"bound are {joined(bound)}")
    help = meant_or_list(key, place, map(str, bound), "bound")
    return GET204.at(place, f"`{name}.{key}` is not bound", help=help)


def family_with_hole(name: str, missing: int, place: Span, bound: Iterable[int]) -> Diagnostic:
    """A family that is wanted as a list, which has no holes."""
    help = f"bound are {joined(bound)}; count from 0, or write the list: `[{name}[…], {name}[…]]`"
    return GET204.at(place, f"`{name}` is no list: `{name}[{missing}]` is not bound", help=help)


GET205 = Code(
    "GET205",
    "a name that owns weights is bound again",
    "The name of a binding is the prefix of its weights in the state dict, so it can be given once. "
    "Names without weights may be bound again, and a use sees the latest binding above it. "
    "To use the same weights twice, bind the block without its inputs and apply it: `shared = "
    "Linear(64)`, `a = x -> shared`.",
)


def bound_again(name: str, place: Span, first: Span) -> Diagnostic:
    return GET205.at(
        place,
        f"`{name}` owns weights and is bound again",
        labels=[Label(first, "its weights are named here")],
        help="give the second binding a name of its own",
    )


def other_block(
    name: str, place: Span, first: Span | None, *, owned: bool, statements: Both | None = None
) -> Diagnostic:
    """A module's name that is taken, by weights where `owned`; `statements`: the second and the first."""
    text = "give the second binding a name of its own"
    what = "weights are" if owned else "block is"
    return GET205.at(
        place,
        f"`{name}` owns weights and is bound again" if owned else f"`{name}` names another block already",
        labels=[Label(first, f"its {what} named here")] if first else [],
        help=said_again(statements, text) if statements else text,
    )


def other_weights(name: str, place: Span, bound: Span) -> Diagnostic:
    return GET205.at(
        place, f"`{name}` is applied to inputs that need other weights", labels=[Label(bound, "bound here")]
    )


GET206 = Code(
    "GET206",
    "a block with weights needs a name",
    "Names are weights: each block that has some is bound, and at most one of a binding's blocks has them.",
)


def weights_in_comprehension(block: str, call: str, place: Span) -> Diagnostic:
    return GET206.at(
        place,
        f"`{block}` has weights, and in a list like this no name",
        help=f"bind it in a loop, and take the list of the family: `for … {{ h[i] = … -> {call} }}`",
    )


def two_owners(
    name: str, block: str, call: str, place: Span, first: Span, piece: Piece | None = None
) -> Diagnostic:
    """`call` is the second one's text, with all before it the `piece`; `first` takes the name."""
    text = f"bind it first: `{piece.name if piece is not None else 'first'} = … -> {call}`"
    return GET206.at(
        place,
        f"two blocks with weights in the binding of `{name}`",
        f"`{block}` has weights of its own",
        labels=[Label(first, f"takes the name `{name}`")],
        help=bound_before(piece, text) if piece is not None else text,
    )


def weights_without_name(block: str, call: str, place: Span, output: Output | None = None) -> Diagnostic:
    """`output` is the statement that it stands in, where that can be bound by its name."""
    name = output.name.text if output is not None else "name"
    text = f"bind it first, its name names its weights: `{name} = … -> {call}`"
    help = output_of_a_binding(output, text) if output is not None else text
    return GET206.at(place, f"`{block}` has weights and no name", help=help)


GET207 = Code(
    "GET207",
    "there is no such block or operation",
    "`getdsl blocks` lists the library; blocks of other files come with `use`.",
)


LISTS = "`getdsl blocks` and `getdsl operations` list what there is"


def no_such_block(name: str, place: Span, near: Help | None) -> Diagnostic:
    """`near` suggests another."""
    return GET207.at(place, f"there is no block or operation `{name}`", help=near or LISTS)


def no_such_operation(name: str, place: Span) -> Diagnostic:
    return GET207.at(place, f"there is no operation `{name}`")


GET208 = Code(
    "GET208",
    "used before it is bound",
    "Statements are read from top to bottom. Two bindings that need each other make a cycle, which "
    "no order mends.",
)


def used_before(
    name: str, place: Span, bound: Span, statement: Span, before: Span | None = None
) -> Diagnostic:
    """`statement` is what binds it, which can be moved in front of `before`."""
    text = "move the binding up; two bindings that need each other make a cycle"
    return GET208.at(
        place,
        f"`{name}` is used before it is bound",
        labels=[Label(bound, "bound here")],
        help=in_front((statement, before), text) if before is not None else text,
    )


def params_in_circle(chain: Iterable[str], place: Span) -> Diagnostic:
    return GET208.at(
        place, f"params need each other in a circle: {joined(chain, ' -> ')}", help="give one of them a value"
    )


def bindings_in_circle(names: Sequence[str], place: Span, others: Iterable[Span]) -> Diagnostic:
    """`names` in the order that they need each other, each once; `others` are places of the circle."""
    shown = joined([*names, names[0]], " -> ")
    labels = [Label(other) for other in others]
    return GET208.at(place, f"bindings need each other in a circle: {shown}", labels=labels)


GET209 = Code(
    "GET209",
    "a parent model is wrong",
    "`extends` names a model of this file or of one that it uses, and `remove` something that the "
    "parent declares.",
)


def remove_out_of_place(place: Span) -> Diagnostic:
    """`remove` among settings."""
    return GET209.at(
        place,
        "`remove` takes away terms of a parent's `loss` or `metrics`, and statements of its model",
    )


def no_such_parent(name: str, place: Span | None, known: Sequence[str]) -> Diagnostic:
    help = meant_or_list(name, place, known, "models")
    if help.fix is None and place is not None and len(known) == 1:
        help = if_alone(renamed(f"the only model to extend is `{known[0]}`", place, name, known[0]))
    return GET209.at(place, f"there is no model `{name}` to extend", help=help)


def models_in_circle(names: Iterable[str], place: Span | None) -> Diagnostic:
    """`names` starts and ends with the same model."""
    return GET209.at(place, f"models extend each other in a circle: {joined(names, ' -> ')}")


def nothing_to_remove_from(place: Span, parents: Sequence[str]) -> Diagnostic:
    """`parents` are the models that this one could extend."""
    message = "`remove` takes away what a parent declares, and this model extends none"
    text = f"write `extends` and a parent: {joined(parents)}" if parents else "take it away"
    return GET209.at(place, message, help=text if parents else if_alone(remove(place, text)))


def parent_lacks_term(name: str, place: Span, known: Iterable[str]) -> Diagnostic:
    help = meant_or_list(name, place, known, "its terms")
    return GET209.at(place, f"the parent has no term `{name}` to remove", help=help)


def parent_lacks(name: str, place: Span, known: Iterable[str]) -> Diagnostic:
    help = meant_or_list(name, place, known, "what it declares")
    return GET209.at(place, f"the parent has no `{name}` to remove", help=help)


GET210 = Code(
    "GET210",
    "a block contains itself",
    "A block's body may call other blocks, never its own; repeat with `for`.",
)


def block_in_itself(chain: Iterable[str], place: Span) -> Diagnostic:
    return GET210.at(place, f"a block cannot contain itself: {joined(chain, ' -> ')}")


def nested_too_deeply(limit: int, place: Span) -> Diagnostic:
    return GET210.at(place, f"blocks are nested deeper than {limit} levels")


GET211 = Code(
    "GET211",
    "nothing of that name can be set",
    "`--set`, `--params` and the API's `params` name a param of the model, a setting of a section, "
    "or an argument of a named block.",
)


def nothing_to_set(name: str, place: Span | None, origin: str, known: Iterable[str]) -> Diagnostic:
    """`origin` says who set it, where there is no place to show."""
    return GET211.at(
        place,
        f"there is nothing named `{name}` to set",
        notes=[] if place is not None else [f"set by {origin}"],
        help=_what_can_be_set(name, place, list(known)),
    )


def _what_can_be_set(name: str, place: Span | None, known: Sequence[str]) -> str | Help:
    """The nearest name, or those of the innermost part of it that there is."""
    near = meant(name, place, known)
    if near is not None:
        return near
    part = name
    while part and not any(other.startswith(f"{part}.") for other in known):
        part = part.rpartition(".")[0]
    start = f"{part}." if part else ""
    steps = [other.removeprefix(start).partition(".") for other in sorted(known) if other.startswith(start)]
    names = dict.fromkeys(f"`{start}{step}{'.*' * bool(dot)}`" for step, dot, _ in steps)
    return f"what can be set: {joined(names)}"


GET221 = Code(
    "GET221",
    "a name that nothing can have",
    "A bound block becomes an attribute of a PyTorch module, so it cannot be called `forward`, "
    "`train`, `type` and the like, nor by a word of Python such as `class` or `lambda`. A text that becomes "
    "a name, as in `head[name] = …`, is written as names are.",
)


def no_name(text: str, like: str, place: Span) -> Diagnostic:
    """A text that becomes a name; `like` is one that could."""
    like = like if like and not like[0].isdigit() else f"n{like}"
    help = f'a name has letters, digits and `_`, and begins with none of the digits: "{like}"'
    return GET221.at(place, f'"{text}" cannot be a name', help=help)


def reserved_module(name: str, place: Span, bound: Span | None = None) -> Diagnostic:
    """`bound` is where a binding has the name."""
    other = f"{name}_block"
    text = f"choose another, `{other}` say"
    why = "PyTorch's modules have an attribute of that name"
    if keyword.iskeyword(name):
        why = "that is a word of Python"
    return GET221.at(
        place,
        f"a block cannot be named `{name}`: {why}",
        help=renamed(text, bound, name, other) if bound is not None else text,
    )

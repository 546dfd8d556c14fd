"""Names, calls, params, and what is known at compile time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from getdsl.diagnostics.code import Code
from getdsl.diagnostics.diagnostic import Diagnostic, Label
from getdsl.diagnostics.suggest import suggestion_or_list
from getdsl.text.source import Span

GET201 = Code(
    "GET201",
    "files use each other in a circle",
    "`use` brings another file's models and blocks; a file cannot need itself, by itself or through others.",
)


def files_in_circle(names: Sequence[str], place: Span) -> Diagnostic:
    """`names` starts and ends with the same file."""
    what = "this file uses itself" if len(names) == 2 else "files use each other in a circle"
    return GET201.at(place, f"{what}: {' -> '.join(names)}", help="take this `use` away")


GET202 = Code("GET202", "a name is defined twice", "Models, blocks and inputs are named apart within a file.")


def defined_twice(name: str, place: Span, first: Span) -> Diagnostic:
    labels = [Label(first, "first here")]
    return GET202.at(place, f"`{name}` is defined twice", labels=labels, help="give one of them another name")


def param_declared_twice(name: str, place: Span, first: Span) -> Diagnostic:
    labels = [Label(first, "first here")]
    return GET202.at(
        place, f"the param `{name}` is declared twice", labels=labels, help="take one of them away"
    )


GET203 = Code(
    "GET203",
    "there is no such model",
    "A spec has a model, its own or one that it uses. `--model` names one of several.",
)


def no_such_model(name: str, known: Iterable[str]) -> Diagnostic:
    help = suggestion_or_list(name, known, "models")
    return GET203.at(None, f"there is no model `{name}`", help=help)


def file_without_model(place: Span) -> Diagnostic:
    help = 'write `model Name { … }`, or bring one with `use "file.get"`'
    return GET203.at(place, "this file has no model", help=help)


GET204 = Code(
    "GET204",
    "unknown name",
    "A name is a param, an input, a binding above, or a dimension symbol of an input.",
    "proj = x -> Linear(embed_dm)",
    "proj = x -> Linear(embed_dim)",
)
GET205 = Code(
    "GET205",
    "a name that owns weights is bound again",
    "The name of a binding is the prefix of its weights in the state dict, so it can be given once. "
    "Names without weights may be bound again, and a use sees the latest binding above it. "
    "To use the same weights twice, bind the block without its inputs and apply it: `shared = "
    "Linear(64)`, `a = x -> shared`.",
    "proj = x -> Linear(64)\nproj = proj -> Linear(64)",
    "proj = x -> Linear(64)\nproj2 = proj -> Linear(64)",
)
GET206 = Code(
    "GET206",
    "a block with weights needs a name",
    "Names are weights: each block that has some is bound, and at most one of a binding's blocks has them.",
    "output y = relu(x -> Linear(64))",
    "proj = x -> Linear(64)\noutput y = relu(proj)",
)
GET207 = Code(
    "GET207",
    "there is no such block or operation",
    "`getdsl blocks` lists the library; blocks of other files come with `use`.",
)
GET208 = Code(
    "GET208",
    "used before it is bound",
    "Statements are read from top to bottom. Two bindings that need each other make a cycle, which "
    "no order mends.",
    "a = relu(b)\nb = relu(a)",
    "b = relu(x)\na = relu(b)",
)


def bindings_in_circle(names: Sequence[str], place: Span, others: Iterable[Span]) -> Diagnostic:
    """`names` in the order that they need each other, each once; `others` are places of the circle."""
    shown = " -> ".join([*names, names[0]])
    labels = [Label(other) for other in others]
    return GET208.at(place, f"bindings need each other in a circle: {shown}", labels=labels)


GET209 = Code(
    "GET209",
    "a parent model is wrong",
    "`extends` names a model of this file or of one that it uses, and `remove` something that the "
    "parent declares.",
)


def no_such_parent(name: str, place: Span | None, known: Iterable[str]) -> Diagnostic:
    help = suggestion_or_list(name, known, "models")
    return GET209.at(place, f"there is no model `{name}` to extend", help=help)


def models_in_circle(names: Iterable[str], place: Span | None) -> Diagnostic:
    """`names` starts and ends with the same model."""
    return GET209.at(place, f"models extend each other in a circle: {' -> '.join(names)}")


def nothing_to_remove_from(place: Span) -> Diagnostic:
    message = "`remove` takes away what a parent declares, and this model extends none"
    return GET209.at(place, message)


def parent_lacks(name: str, place: Span, known: Iterable[str]) -> Diagnostic:
    help = suggestion_or_list(name, known, "what it declares")
    return GET209.at(place, f"the parent has no `{name}` to remove", help=help)


GET210 = Code(
    "GET210",
    "a block contains itself",
    "A block's body may call other blocks, never its own; repeat with `for`.",
)


def block_in_itself(chain: str, place: Span) -> Diagnostic:
    return GET210.at(place, f"a block cannot contain itself: {chain}")


def blocks_too_deep(levels: int, place: Span) -> Diagnostic:
    return GET210.at(place, f"blocks are nested deeper than {levels} levels")


GET211 = Code(
    "GET211",
    "nothing of that name can be set",
    "`--set`, `--params` and the API's `params` name a param of the model, a setting of a section, "
    "or an argument of a named block.",
    "--set embed_dm=256",
    "--set embed_dim=256 --set encoder.num_heads=4 --set train.epochs=3",
)
GET212 = Code(
    "GET212",
    "a param has the wrong type",
    "Each param of a model or block declares its type; the value given does not have it.",
    'Linear("64")',
    "Linear(64)",
)
GET213 = Code(
    "GET213",
    "an argument is missing",
    "A block needs all of its inputs and every param without a default. Inputs come first, then params.",
    "pool = x -> SplitPool()",
    "pool = x -> SplitPool(peak_lengths)",
)
GET214 = Code(
    "GET214",
    "an argument does not exist",
    "The call gives more arguments than there are, one that is unknown, or one twice. `getdsl blocks "
    "NAME` shows a block's.",
)
GET215 = Code(
    "GET215",
    "a block's condition does not hold",
    "A block states what its params must satisfy with `require`; these values do not.",
    "GETTransformer(100, num_heads = 8)",
    "GETTransformer(96, num_heads = 8)",
)
GET216 = Code(
    "GET216",
    "not known at compile time",
    "Params, loop ranges, conditions and indices in names are settled before anything runs; sizes of "
    "a batch are not known then.",
    "for i in 0..L { }",
    "param n: int = 4\nfor i in 0..n { }",
)
GET217 = Code(
    "GET217",
    "no such output or part",
    "After a bound block's name stand its outputs and parts: `encoder.map`, `encoder.blocks[0].attn`.",
)
GET218 = Code(
    "GET218",
    "a value is used as something that it is not",
    "A tensor cannot be called, a block's name is no value, a number cannot be indexed.",
)
GET219 = Code(
    "GET219",
    "the batch cannot be read here",
    "`batch.key` stands in derived inputs, in `loss` and in `metrics`. A model's body sees its inputs only.",
    "y = batch.region_motif -> Linear(64)",
    "input region_motif: [B, R, 283]\ny = region_motif -> Linear(64)",
)
GET220 = Code(
    "GET220",
    "an output is wrong",
    "A model has at least one output, each given once, and an output is a tensor.",
)
GET221 = Code(
    "GET221",
    "a reserved name",
    "A bound block becomes an attribute of a PyTorch module, so it cannot be called `forward`, "
    "`train`, `type` and the like.",
)

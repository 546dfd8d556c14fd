"""The table of diagnostic codes: what each means, with an example of what is wrong and of what is right.

GET1xx files and syntax, GET2xx names and arguments, GET3xx types and shapes, GET4xx sections,
GET5xx directives on weights, GET6xx data.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Code:
    title: str
    explanation: str


def _code(title: str, text: str, wrong: str = "", right: str = "") -> Code:
    parts = [text]
    if wrong:
        parts.append("Wrong:\n\n" + "\n".join(f"    {line}" for line in wrong.splitlines()))
    if right:
        parts.append("Right:\n\n" + "\n".join(f"    {line}" for line in right.splitlines()))
    return Code(title, "\n\n".join(parts))


CODES: dict[str, Code] = {
    # ---- files and syntax
    "GET101": _code(
        "a file cannot be read",
        "A spec is a UTF-8 text file. This one is not there, is a directory or a binary file, or may not "
        "be read.",
    ),
    "GET102": _code(
        "unexpected or unfinished statement",
        "The parser met something that cannot stand there, or a statement ended before it was complete. "
        "A statement is a binding `name = expression`, a declaration (`param`, `input`, `output`), "
        "`for`, `if`, or a section.",
        "proj = x -> \nhead = proj -> Linear(2)",
        "proj = x -> Linear(64)\nhead = proj -> Linear(2)",
    ),
    "GET103": _code(
        "a bracket is never closed",
        "Where it was meant to close is guessed from the indentation, so that the rest can be checked.",
        "proj = x -> Linear(64",
        "proj = x -> Linear(64)",
    ),
    "GET104": _code(
        "a bracket closes nothing",
        "There is a closing bracket without an opening one.",
        "proj = x -> Linear(64))",
        "proj = x -> Linear(64)",
    ),
    "GET105": _code(
        "a character means nothing here",
        "Strings are written with double quotes and end on the line they start on; there are no semicolons; "
        "`and`, `or` and `not` are words.",
        "pool = x -> SplitPool(peaks, pool_method = 'sum')",
        'pool = x -> SplitPool(peaks, pool_method = "sum")',
    ),
    "GET106": _code(
        "unknown escape in a string",
        r"The escapes are \" \\ \n and \t.",
        r'load "C:\data.pth" { }',
        r'load "C:\\data.pth" { }',
    ),
    "GET107": _code(
        "a positional argument follows a named one",
        "Positional arguments come first.",
        "Linear(bias = false, 64)",
        "Linear(64, bias = false)",
    ),
    "GET108": _code(
        "a params file is wrong",
        "`--params` takes YAML that maps names to values; nested names may be written nested.",
        "",
        "embed_dim: 256\ntrain:\n  epochs: 3",
    ),
    "GET109": _code(
        "`--set` cannot be read",
        "Write `--set name=value`; the name may be a path.",
        "--set embed_dim:256",
        "--set embed_dim=256 --set train.epochs=3",
    ),
    # ---- names and arguments
    "GET201": _code(
        "files use each other in a circle",
        "`use` brings another file's models and blocks; a file cannot need itself, by itself or through "
        "others.",
    ),
    "GET202": _code("a name is defined twice", "Models, blocks and inputs are named apart within a file."),
    "GET203": _code(
        "there is no such model",
        "A spec has a model, its own or one that it uses. `--model` names one of several.",
    ),
    "GET204": _code(
        "unknown name",
        "A name is a param, an input, a binding above, or a dimension symbol of an input.",
        "proj = x -> Linear(embed_dm)",
        "proj = x -> Linear(embed_dim)",
    ),
    "GET205": _code(
        "a name that owns weights is bound again",
        "The name of a binding is the prefix of its weights in the state dict, so it can be given once. "
        "Names without weights may be bound again, and a use sees the latest binding above it. "
        "To use the same weights twice, bind the block without its inputs and apply it: `shared = "
        "Linear(64)`, `a = x -> shared`.",
        "proj = x -> Linear(64)\nproj = proj -> Linear(64)",
        "proj = x -> Linear(64)\nproj2 = proj -> Linear(64)",
    ),
    "GET206": _code(
        "a block with weights needs a name",
        "Names are weights: each block that has some is bound, and at most one of a binding's blocks has "
        "them.",
        "output y = relu(x -> Linear(64))",
        "proj = x -> Linear(64)\noutput y = relu(proj)",
    ),
    "GET207": _code(
        "there is no such block or operation",
        "`getdsl blocks` lists the library; blocks of other files come with `use`.",
    ),
    "GET208": _code(
        "used before it is bound",
        "Statements are read from top to bottom. Two bindings that need each other make a cycle, which "
        "no order mends.",
        "a = relu(b)\nb = relu(a)",
        "b = relu(x)\na = relu(b)",
    ),
    "GET209": _code(
        "a parent model is wrong",
        "`extends` names a model of this file or of one that it uses, and `remove` something that the "
        "parent declares.",
    ),
    "GET210": _code(
        "a block contains itself", "A block's body may call other blocks, never its own; repeat with `for`."
    ),
    "GET211": _code(
        "nothing of that name can be set",
        "`--set`, `--params` and the API's `params` name a param of the model, a setting of a section, "
        "or an argument of a named block.",
        "--set embed_dm=256",
        "--set embed_dim=256 --set encoder.num_heads=4 --set train.epochs=3",
    ),
    "GET212": _code(
        "a param has the wrong type",
        "Each param of a model or block declares its type; the value given does not have it.",
        'Linear("64")',
        "Linear(64)",
    ),
    "GET213": _code(
        "an argument is missing",
        "A block needs all of its inputs and every param without a default. Inputs come first, then params.",
        "pool = x -> SplitPool()",
        "pool = x -> SplitPool(peak_lengths)",
    ),
    "GET214": _code(
        "an argument does not exist",
        "The call gives more arguments than there are, one that is unknown, or one twice. `getdsl blocks "
        "NAME` shows a block's.",
    ),
    "GET215": _code(
        "a block's condition does not hold",
        "A block states what its params must satisfy with `require`; these values do not.",
        "GETTransformer(100, num_heads = 8)",
        "GETTransformer(96, num_heads = 8)",
    ),
    "GET216": _code(
        "not known at compile time",
        "Params, loop ranges, conditions and indices in names are settled before anything runs; sizes of "
        "a batch are not known then.",
        "for i in 0..L { }",
        "param n: int = 4\nfor i in 0..n { }",
    ),
    "GET217": _code(
        "no such output or part",
        "After a bound block's name stand its outputs and parts: `encoder.map`, `encoder.blocks[0].attn`.",
    ),
    "GET218": _code(
        "a value is used as something that it is not",
        "A tensor cannot be called, a block's name is no value, a number cannot be indexed.",
    ),
    "GET219": _code(
        "the batch cannot be read here",
        "`batch.key` stands in derived inputs, in `loss` and in `metrics`. A model's body sees its "
        "inputs only.",
        "y = batch.region_motif -> Linear(64)",
        "input region_motif: [B, R, 283]\ny = region_motif -> Linear(64)",
    ),
    "GET220": _code(
        "an output is wrong", "A model has at least one output, each given once, and an output is a tensor."
    ),
    "GET221": _code(
        "a reserved name",
        "A bound block becomes an attribute of a PyTorch module, so it cannot be called `forward`, "
        "`train`, `type` and the like.",
    ),
    # ---- types and shapes
    "GET301": _code(
        "an input has the wrong shape",
        "A block's face says what shapes it takes. Upper-case names in it are symbols that the call "
        "binds: the same symbol is the same size throughout. "
        "The labels show what the block expects and where the tensor came from.",
        "proj = x -> Linear(768)\nencoder = proj -> GETTransformer(256)",
        "proj = x -> Linear(256)\nencoder = proj -> GETTransformer(256)",
    ),
    "GET302": _code(
        "an operation's operands do not fit",
        "Sizes are compared as formulas: `R + 1` and `R` differ for every R.",
        "y = concat([a, b], dim = 1)  # [B, R, 8], [B, R, 4]",
        "y = concat([a, b], dim = 2)",
    ),
    "GET303": _code(
        "an unbound symbol",
        "A dimension symbol is bound by the declared shape of an input.",
        "z = expand(token, N, 64)",
        "input x: [B, N, 64]\nz = expand(token, N, 64)",
    ),
    "GET304": _code(
        "not a tensor type",
        "A type is `[B, R, 64]`, `int[B, R]`, `bool[B, R]`, `mask[B, R]`, `onehot[B, L, 4]` or "
        "`lengths[B, R] of L`.",
    ),
    "GET305": _code(
        "not what it was declared to be",
        "A binding, output or derived input has another shape than its declared type.",
    ),
    "GET307": _code(
        "a dimension cannot be solved",
        "An input's dimension is linear in at most one symbol that is new, so that its size at run time "
        "settles it.",
        "input x: [B, R * C]",
        "input x: [B, R, C]",
    ),
    "GET310": _code(
        "weights of unknown size",
        "The shape of a weight is a number; it cannot depend on the size of a batch.",
        "p = Parameter([1, L])",
        "p = Parameter([1, 64])",
    ),
    # ---- sections
    "GET401": _code(
        "no such section",
        "The sections are data, load, lora, freeze, train_only, loss, metrics, optimizer, schedule and "
        "train.",
    ),
    "GET402": _code(
        "no such setting",
        "The section does not have a setting of this name.",
        "train { epoch = 3 }",
        "train { epochs = 3 }",
    ),
    "GET403": _code(
        "a setting has a wrong value",
        "The value is of the wrong type, out of range, or not one of the choices.",
    ),
    "GET404": _code(
        "a setting is missing", "The section needs it.", "optimizer = AdamW()", "optimizer = AdamW(lr = 1e-3)"
    ),
    "GET405": _code("set twice", "A section, setting or term stands once."),
    "GET410": _code(
        "a term of the loss is wrong",
        "A term is a tensor made of outputs, modules and the batch: `name = Loss(prediction, target) "
        "where mask weight number`.",
        "loss { exp = 3 }",
        "loss { exp = MSE(exp, batch.exp_label) where batch.mask > 0 weight 0.5 }",
    ),
    "GET411": _code(
        "a metric is wrong",
        "`metrics` lists, for terms of the loss, some of pearson, spearman, r2, mse and mae.",
        "metrics { exp = [r3] }",
        "metrics { exp = [pearson, r2] }",
    ),
    # ---- directives on weights
    "GET510": _code(
        "a checkpoint cannot be read",
        "The file that `load` or `lora { adapter = … }` names is absent, damaged, not a checkpoint, or not "
        "what its `sha256` or `key` says; or it holds more than tensors and plain containers. Such a file is "
        "read with `--trust FILE`, which runs nothing of it.",
    ),
    "GET511": _code(
        "a pattern covers nothing",
        "`freeze`, `train_only`, `lora.on`, `new` and `into` name parts of the model. A name covers itself "
        "and everything below it; in a glob `*` stands for any characters, dots too. One that covers nothing "
        "would be a silent mistake.",
        "freeze = [encodr]",
        "freeze = [encoder, head.bias]",
    ),
    "GET512": _code(
        "two keys become one",
        "`rename` and `replace` must keep the keys of a file apart, else one tensor would silently replace "
        "another.",
        'rename { "a." -> "x."  "b." -> "x." }',
        'rename { "a." -> "x.a."  "b." -> "x.b." }',
    ),
    "GET513": _code(
        "a tensor of the file has another shape",
        "A tensor loads where its name and its shape are the model's. Nothing is reshaped or cut.",
    ),
    "GET514": _code(
        "tensors are missing from a checkpoint",
        "Every tensor of the model comes from a file, or is declared `new`; with `strict = false` the rest "
        "passes and the plan lists it. `getdsl plan --suggest` looks for a `rename` table.",
        'load "base.pth" { }',
        'load "base.pth" { new = [head_hic] }',
    ),
    "GET515": _code(
        "a checkpoint holds what the model does not have",
        "Every key of a file reaches a tensor of the model, or is dropped; with `strict = false` the rest "
        "passes and the plan lists it.",
        'load "base.pth" { }',
        'load "base.pth" { drop = ["head_mask.*"] }',
    ),
    "GET516": _code(
        "declared new, and in the file",
        "`new` says that a part is not in the file. Where it is, either it should load or the file's should "
        "be dropped.",
    ),
    "GET517": _code(
        "a rule is wrong",
        "The old side of a rule stands at the start of a key. It is not empty, stands once, and is not "
        "behind an earlier rule that takes all its keys. `*` is one step between dots, carried over in "
        "order; after `re:` stands a regular expression.",
        'rename { "" -> "encoder." }',
        'rename { "layers.*.attention." -> "encoder.blocks.*.attn." }',
    ),
    "GET518": _code(
        "a rule or pattern that does nothing",
        "No key of the file is renamed by the rule, or dropped by the pattern. It may be misspelt.",
    ),
    "GET519": _code(
        "both `freeze` and `train_only`",
        "`freeze` names what has no gradient, `train_only` all that has one. A spec says it one way.",
    ),
    "GET520": _code(
        "`lora` adapts nothing",
        "LoRA adapts the weights of Linear, Conv1d and Conv2d layers: tensors named `weight` of two to four "
        "axes.",
        "lora { on = [cls_token]  rank = 8 }",
        "lora { on = [encoder]  rank = 8  alpha = 16 }",
    ),
    "GET521": _code(
        "a checkpoint holds adapters",
        "The file was trained with LoRA and its weights are not merged, so a model without `lora` would run "
        "without what it learnt. Add `lora` with the alpha of that training, or merge first.",
        'load "tuned.pth" { }',
        'load "tuned.pth" { }\nlora { on = [encoder]  alpha = 1 }',
    ),
    "GET522": _code(
        "an adapter does not fit",
        "An adapter is W + B A (alpha / rank), A [rank, fan_in] and B [fan_out, rank]. Rank and targets of a "
        "file and of `lora` must agree.",
    ),
    "GET523": _code(
        "nothing is left to train",
        "`freeze` or `train_only` takes the gradient from every weight, and no adapter has one.",
    ),
    "GET530": _code(
        "an output that no loss reaches",
        "The output is computed in every step of training, and no term of the loss reads it. Give it a term, "
        "or `remove` it from a model that is trained without it.",
        "output exp = softplus(head_exp)\noutput hic = head_hic\nloss { exp = MSE(exp, batch.exp_label) }",
        "loss {\n    exp = MSE(exp, batch.exp_label)\n    hic = MSE(hic, batch.hic_matrix)\n}",
    ),
    "GET531": _code(
        "weights that no loss reaches",
        "The weights are trainable, and no gradient arrives: what they make is not used, is detached, or "
        "turns into integers or a comparison on its way to the loss. They stay as they are, and distributed "
        "training would have to search for them at each step. Freeze them, or take them away.",
        "",
        "freeze = [distance_contact_map]",
    ),
    "GET532": _code(
        "a trainable normalisation inside a frozen part",
        "Everything around the normalisation is frozen, and its own scale and shift, or its running "
        "statistics, still change with the data: the frozen part does not stay what it was. Freeze the part "
        "as a whole.",
        'freeze = ["encoder.*.attn", "encoder.*.mlp"]',
        "freeze = [encoder]",
    ),
    "GET533": _code(
        "an adapter that no gradient reaches",
        "LoRA adapts a weight whose output no term of the loss reaches, or only terms of weight 0, such as a "
        "head that the loss leaves out. The adapter stays at zero.",
        "lora { on = [encoder, head_hic]  rank = 8 }\nloss { exp = MSE(exp, batch.exp_label) }",
        "lora { on = [encoder]  rank = 8 }\nloss { exp = MSE(exp, batch.exp_label) }",
    ),
    "GET534": _code(
        "weights that only terms of weight 0 reach",
        "A term of weight 0 still asks for gradients, all of them zero: the weights do not learn, and weight "
        "decay shrinks them. Freeze them, or take the term away.",
        "loss { hic = MSE(hic, batch.hic_matrix) weight 0 }",
        "",
    ),
    "GET535": _code(
        "a term of the loss that teaches nothing",
        "All weights that the term reaches are frozen, so it costs a pass and changes nothing.",
    ),
    # ---- data
    "GET601": _code(
        "no such data source",
        "`data { source = Name(…) }` names a source of the library or of a used file; `getdsl blocks` "
        "lists them.",
    ),
    "GET602": _code(
        "the data does not have what the spec reads",
        "Each input binds to the batch key of its name, and a source's face says what its batches hold.",
    ),
    "GET603": _code(
        "a file is not there yet", "`check` needs no data, so this is a note; `train` needs the file."
    ),
}

"""What is done with weights: load, rename, lora, freeze."""

from __future__ import annotations

from getdsl.diagnostics.code import Code

GET510 = Code(
    "GET510",
    "a checkpoint cannot be read",
    "The file that `load` or `lora { adapter = … }` names is absent, damaged, not a checkpoint, or not "
    "what its `sha256` or `key` says; or it holds more than tensors and plain containers. Such a file is "
    "read with `--trust FILE`, which runs nothing of it.",
)
GET511 = Code(
    "GET511",
    "a pattern covers nothing",
    "`freeze`, `train_only`, `lora.on`, `new` and `into` name parts of the model. A name covers itself "
    "and everything below it; in a glob `*` stands for any characters, dots too. One that covers nothing "
    "would be a silent mistake.",
    "freeze = [encodr]",
    "freeze = [encoder, head.bias]",
)
GET512 = Code(
    "GET512",
    "two keys become one",
    "`rename` and `replace` must keep the keys of a file apart, else one tensor would silently replace "
    "another.",
    'rename { "a." -> "x."  "b." -> "x." }',
    'rename { "a." -> "x.a."  "b." -> "x.b." }',
)
GET513 = Code(
    "GET513",
    "a tensor of the file has another shape",
    "A tensor loads where its name and its shape are the model's. Nothing is reshaped or cut.",
)
GET514 = Code(
    "GET514",
    "tensors are missing from a checkpoint",
    "Every tensor of the model comes from a file, or is declared `new`; with `strict = false` the rest "
    "passes and the plan lists it. `getdsl plan --suggest` looks for a `rename` table.",
    'load "base.pth" { }',
    'load "base.pth" { new = [head_hic] }',
)
GET515 = Code(
    "GET515",
    "a checkpoint holds what the model does not have",
    "Every key of a file reaches a tensor of the model, or is dropped; with `strict = false` the rest "
    "passes and the plan lists it.",
    'load "base.pth" { }',
    'load "base.pth" { drop = ["head_mask.*"] }',
)
GET516 = Code(
    "GET516",
    "declared new, and in the file",
    "`new` says that a part is not in the file. Where it is, either it should load or the file's should "
    "be dropped.",
)
GET517 = Code(
    "GET517",
    "a rule is wrong",
    "The old side of a rule stands at the start of a key. It is not empty, stands once, and is not "
    "behind an earlier rule that takes all its keys. `*` is one step between dots, carried over in "
    "order; after `re:` stands a regular expression.",
    'rename { "" -> "encoder." }',
    'rename { "layers.*.attention." -> "encoder.blocks.*.attn." }',
)
GET518 = Code(
    "GET518",
    "a rule or pattern that does nothing",
    "No key of the file is renamed by the rule, or dropped by the pattern. It may be misspelt.",
)
GET519 = Code(
    "GET519",
    "both `freeze` and `train_only`",
    "`freeze` names what has no gradient, `train_only` all that has one. A spec says it one way.",
)
GET520 = Code(
    "GET520",
    "`lora` adapts nothing",
    "LoRA adapts the weights of Linear, Conv1d and Conv2d layers: tensors named `weight` of two to four "
    "axes.",
    "lora { on = [cls_token]  rank = 8 }",
    "lora { on = [encoder]  rank = 8  alpha = 16 }",
)
GET521 = Code(
    "GET521",
    "a checkpoint holds adapters",
    "The file was trained with LoRA and its weights are not merged, so a model without `lora` would run "
    "without what it learnt. Add `lora` with the alpha of that training, or merge first.",
    'load "tuned.pth" { }',
    'load "tuned.pth" { }\nlora { on = [encoder]  alpha = 1 }',
)
GET522 = Code(
    "GET522",
    "an adapter does not fit",
    "An adapter is W + B A (alpha / rank), A [rank, fan_in] and B [fan_out, rank]. Rank and targets of a "
    "file and of `lora` must agree.",
)
GET523 = Code(
    "GET523",
    "nothing is left to train",
    "`freeze` or `train_only` takes the gradient from every weight, and no adapter has one.",
)
GET530 = Code(
    "GET530",
    "an output that no loss reaches",
    "The output is computed in every step of training, and no term of the loss reads it. Give it a term, "
    "or `remove` it from a model that is trained without it.",
    "output exp = softplus(head_exp)\noutput hic = head_hic\nloss { exp = MSE(exp, batch.exp_label) }",
    "loss {\n    exp = MSE(exp, batch.exp_label)\n    hic = MSE(hic, batch.hic_matrix)\n}",
)
GET531 = Code(
    "GET531",
    "weights that no loss reaches",
    "The weights are trainable, and no gradient arrives: what they make is not used, is detached, or "
    "turns into integers or a comparison on its way to the loss. They stay as they are, and distributed "
    "training would have to search for them at each step. Freeze them, or take them away.",
    "",
    "freeze = [distance_contact_map]",
)
GET532 = Code(
    "GET532",
    "a trainable normalisation inside a frozen part",
    "Everything around the normalisation is frozen, and its own scale and shift, or its running "
    "statistics, still change with the data: the frozen part does not stay what it was. Freeze the part "
    "as a whole.",
    'freeze = ["encoder.*.attn", "encoder.*.mlp"]',
    "freeze = [encoder]",
)
GET533 = Code(
    "GET533",
    "an adapter that no gradient reaches",
    "LoRA adapts a weight whose output no term of the loss reaches, or only terms of weight 0, such as a "
    "head that the loss leaves out. The adapter stays at zero.",
    "lora { on = [encoder, head_hic]  rank = 8 }\nloss { exp = MSE(exp, batch.exp_label) }",
    "lora { on = [encoder]  rank = 8 }\nloss { exp = MSE(exp, batch.exp_label) }",
)
GET534 = Code(
    "GET534",
    "weights that only terms of weight 0 reach",
    "A term of weight 0 still asks for gradients, all of them zero: the weights do not learn, and weight "
    "decay shrinks them. Freeze them, or take the term away.",
    "loss { hic = MSE(hic, batch.hic_matrix) weight 0 }",
    "",
)
GET535 = Code(
    "GET535",
    "a term of the loss that teaches nothing",
    "All weights that the term reaches are frozen, so it costs a pass and changes nothing.",
)

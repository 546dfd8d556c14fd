"""Sections and their settings, loss and metrics among them."""

from __future__ import annotations

from getdsl.diagnostics.code import Code

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
GET404 = Code(
    "GET404",
    "a setting is missing",
    "The section needs it.",
    "optimizer = AdamW()",
    "optimizer = AdamW(lr = 1e-3)",
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

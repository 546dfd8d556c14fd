"""All sections by keyword, in the order in which messages and the docs list them."""

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from typing import Literal, NamedTuple

from getdsl.compiler.sections.schema import Schema, schema_of

Form = Literal["block", "setting", "labelled"]  # `train { … }`, `schedule = …`, and `load "file" { … }` often


class Section(NamedTuple):
    """A section: how it is written, what it is for, and what holds without it."""

    keyword: str
    form: Form
    doc: str
    without: str = ""
    terms: bool = False  # what stands in it are terms, which are expressions of the graph and no settings

    @property
    def written(self) -> str:
        """How it is written, as messages show it."""
        return f"{self.keyword} = …" if self.form == "setting" else f"{self.keyword} {{ … }}"

    @property
    def kind(self) -> object:
        """The type of its settings, from the module of its name, which is imported when a file has it."""
        module = import_module(f"getdsl.compiler.sections.{self.keyword}")
        kind: object = module.KIND
        return kind


_ALL = (
    Section("load", "labelled", 'Weights of a checkpoint: `load "file" { … }`, as often as needed.'),
    Section("lora", "block", "Low-rank adapters beside weights that stay as they are."),
    Section(
        "freeze", "setting", "Names and patterns of the weights that stay as they are.", "all are trained"
    ),
    Section("train_only", "setting", "Names and patterns of the only weights that are trained.", "all are"),
    Section("data", "block", "Where samples come from, and which of them are set aside."),
    Section(
        "loss",
        "block",
        "Terms `name = Loss(prediction, target) where mask weight number`, which are added up.",
        terms=True,
    ),
    Section(
        "metrics",
        "block",
        "What is measured: `name = [r2, auroc]` of the term's prediction and target, or `… of (y, batch.y)`.",
        terms=True,
    ),
    Section(
        "optimizer",
        "setting",
        "How weights change by their gradients. `optimizer NAME = … on [part] minimises term every 5` "
        "beside it trains a part by terms of its own.",
        "`AdamW(lr = 1e-3)`",
    ),
    Section("schedule", "setting", "How the learning rate changes from step to step.", "it stays as it is"),
    Section("train", "block", "How the model is trained, and which of its epochs is kept."),
)
SECTIONS: Mapping[str, Section] = {section.keyword: section for section in _ALL}


@cache
def schema(keyword: str) -> Schema:
    """The schema of a section's settings."""
    return schema_of(SECTIONS[keyword].kind)

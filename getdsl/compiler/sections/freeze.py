"""`freeze` and `train_only`: which weights stay as they are."""

from typing import Annotated

from getdsl.compiler.sections.declare import Bound, Section

Weights = Annotated[tuple[str, ...], Bound(format="weights")]

FREEZE = Section(
    "freeze",
    "setting",
    "The names and patterns of weights that stay as they are.",
    Weights,
    "all are trained",
)
TRAIN_ONLY = Section(
    "train_only",
    "setting",
    "The names and patterns of the only weights that are trained.",
    Weights,
    "all are",
)

"""`loss` and `metrics`: sections of terms, which are expressions of the graph and no settings."""

from getdsl.compiler.sections.declare import Section

METRIC_NAMES = ("pearson", "spearman", "r2", "mse", "mae")

LOSS = Section(
    "loss", "block", "Terms `name = Loss(prediction, target) where mask weight number`, which are added up."
)
METRICS = Section(
    "metrics",
    "block",
    f"For terms of the loss, some of {', '.join(METRIC_NAMES[:-1])} and {METRIC_NAMES[-1]}: `name = [r2]`.",
)

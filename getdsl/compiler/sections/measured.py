"""The metrics of the language: what each compares, and which way it improves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

Compares = Literal["values", "classes", "profiles"]


class Metric(NamedTuple):
    """`compares` values one by one, classes with scores, or profiles along their positions."""

    compares: Compares
    rising: bool
    doc: str


METRICS: Mapping[str, Metric] = {
    "pearson": Metric("values", True, "correlation of all values"),
    "spearman": Metric("values", True, "correlation of the ranks of all values"),
    "r2": Metric("values", True, "share of the variance that is explained"),
    "mse": Metric("values", False, "mean squared error"),
    "mae": Metric("values", False, "mean absolute error"),
    "auroc": Metric("classes", True, "area under the ROC curve, mean over classes"),
    "auprc": Metric("classes", True, "average precision, mean over classes"),
    "accuracy": Metric("classes", True, "share of labels, or of samples with one class each, that are right"),
    "f1": Metric("classes", True, "harmonic mean of precision and recall, mean over classes"),
    "jsd": Metric("profiles", False, "Jensen-Shannon divergence of shapes, mean over profiles, in nats"),
    "pearson_across_positions": Metric(
        "profiles", True, "correlation along each profile, mean over profiles"
    ),
    "pearson_across_samples": Metric("profiles", True, "correlation at each position, mean over positions"),
}

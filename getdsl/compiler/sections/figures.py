"""The figures of each epoch: losses, and with validation samples metrics."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence


def figures(terms: Sequence[str], metrics: Mapping[str, Iterable[str]], *, validates: bool) -> dict[str, str]:
    """The names that a monitor may have, each with the column of the history that it means."""
    losses = ["loss", *(f"loss_{term}" for term in terms if len(terms) > 1)]
    found = {f"train_{name}": f"train_{name}" for name in losses}
    if not validates:
        return found
    found |= {f"val_{name}": f"val_{name}" for name in losses}
    for term, names in metrics.items():
        for metric in names:
            column = f"val_{figure_name(term, metric, single=len(metrics) == 1)}"
            found[column] = found[f"val_{term}_{metric}"] = column
    return found


def figure_name(term: str, metric: str, *, single: bool) -> str:
    """A metric's name in tables: that of the metric alone where only one term is measured."""
    return metric if single else f"{term}_{metric}"

"""The metrics of the language, from torchmetrics."""

from __future__ import annotations

from torch import Tensor

ERRORS = frozenset({"mse", "mae"})  # which a single value has


def measure(name: str, prediction: Tensor, target: Tensor) -> Tensor:
    """One metric over flat predictions and targets [N]; NaN where there are too few values for it."""
    from torchmetrics import functional

    functions = {
        "pearson": functional.pearson_corrcoef,
        "spearman": functional.spearman_corrcoef,
        "r2": functional.r2_score,
        "mse": functional.mean_squared_error,
        "mae": functional.mean_absolute_error,
    }
    if prediction.numel() < (1 if name in ERRORS else 2):
        return prediction.new_full((), float("nan"))
    result: Tensor = functions[name](prediction.float(), target.float())
    return result

"""The names and numbers of figures, as tables and pictures show them."""

from __future__ import annotations

import math

SHOWN = {
    "loss": "loss",
    "pearson": "Pearson r",
    "spearman": "Spearman ρ",
    "r2": "R²",
    "mse": "MSE",
    "mae": "MAE",
    "auroc": "AUROC",
    "auprc": "AUPRC",
    "accuracy": "accuracy",
    "f1": "F1",
    "jsd": "JSD",
    "pearson_across_positions": "Pearson r across positions",
    "pearson_across_samples": "Pearson r across samples",
}


def shown_name(figure: str) -> str:
    """`exp_pearson` as `exp Pearson r`."""
    for name, shown in SHOWN.items():
        if figure == name:
            return shown
        if figure.endswith(f"_{name}"):
            return f"{figure.removesuffix(f'_{name}')} {shown}"
    return figure.replace("_", " ")


def number(value: float | None) -> str:
    if value is None:
        return "–"
    return (
        "not defined" if not math.isfinite(value) else f"{value:.4g}" if abs(value) >= 10 else f"{value:.4f}"
    )

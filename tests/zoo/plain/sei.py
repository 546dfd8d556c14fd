"""Sei, in the layout of model/sei.py of its repository."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from scipy.interpolate import BSpline
from torch import Tensor

from tests.zoo.plain.drawn import Drawn


def sei(layers: Drawn, sequence: Tensor, sizes: Mapping[str, Any]) -> dict[str, Tensor]:
    x = sequence
    for level, width in enumerate(sizes["widths"], 1):
        first, second = (0, 1) if level == 1 else (2, 3)  # behind a pool and dropout
        x = F.max_pool1d(x, 4) if level > 1 else x
        straight = layers.conv(f"lconv{level}.{first}", x, width, 9)
        straight = layers.conv(f"lconv{level}.{second}", straight, width, 9)
        first, second = (0, 2) if level == 1 else (1, 3)
        curved = layers.conv(f"conv{level}.{first}", straight, width, 9).relu()
        curved = layers.conv(f"conv{level}.{second}", curved, width, 9).relu()
        x = curved + straight
    for i, apart in enumerate((2, 4, 8, 16, 25)):
        far = layers.conv(f"dconv{i + 1}.1", curved if i else x, x.shape[1], 5, apart=apart).relu()
        curved = curved + far
    summed = torch.einsum("bcl,ls->bcs", curved, splines(curved.shape[2], sizes["splines"]))
    hidden = layers.linear("classifier.0", summed.flatten(1), sizes["num_profiles"]).relu()
    logits = layers.linear("classifier.2", hidden, sizes["num_profiles"])
    return {"chromatin": logits.sigmoid(), "logits": logits}


def splines(places: int, count: int) -> Tensor:
    """SciPy's cubic B-splines with clamped knots, evenly spaced, [places, count]."""
    knots = np.concatenate([[0] * 3, np.linspace(0, places - 1, count - 2), [places - 1] * 3])
    each = [BSpline(knots, np.eye(count)[i], 3)(np.arange(places)) for i in range(count)]
    return torch.tensor(np.stack(each, 1), dtype=torch.float32)

"""DeepLIFT's rescale rule (Shrikumar et al. 2017), by tangermeme; over several references it is DeepSHAP."""

from __future__ import annotations

import torch
from torch import Tensor

from getdsl.runs.interpret.explained import Explained
from getdsl.runs.interpret.libraries import library, quiet
from getdsl.runs.interpret.pairs import AT_ONCE


def deep_lift(explained: Explained, references: Tensor) -> Tensor:
    """Multipliers of each sample against each of its references, [B, K, C, P].

    They are exact for what is linear, ReLU and other functions of one number, max pooling and softmax.
    Attention, normalisation over channels and products of two tensors are taken as linear.
    """
    with quiet():
        found: Tensor = library("tangermeme.deep_lift_shap").deep_lift_shap(
            explained,
            explained.x,
            args=(torch.arange(len(explained.x)),),
            references=references,
            batch_size=AT_ONCE,
            raw_outputs=True,
            only_warn=True,
            dtype=explained.x.dtype,
            device=explained.device,
        )
    return found.to(explained.device)

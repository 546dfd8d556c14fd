"""Models of the zoo in plain PyTorch, as one writes them by hand: channels before length, names of the specs.

Each takes the batch that the spec takes and returns its loss; `FLATTENED` are weights that read the flattened
[C, L] of these models, which the specs flatten as [L, C].
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

Batch = Mapping[str, Tensor]
FLATTENED = {"dense.0.weight": 15}  # positions


def channels_first(batch: Batch) -> Tensor:
    return batch["sequence"].transpose(1, 2)


class Basset(nn.Module):
    """Kelley et al. 2016."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1, self.conv1_norm = nn.Conv1d(4, 300, 19), nn.BatchNorm1d(300)
        self.conv2, self.conv2_norm = nn.Conv1d(300, 200, 11), nn.BatchNorm1d(200)
        self.conv3, self.conv3_norm = nn.Conv1d(200, 200, 7), nn.BatchNorm1d(200)
        self.fc1, self.fc1_norm = nn.Linear(2000, 1000), nn.BatchNorm1d(1000)
        self.fc2, self.fc2_norm = nn.Linear(1000, 1000), nn.BatchNorm1d(1000)
        self.head = nn.Linear(1000, 164)
        self.dropout = nn.Dropout(0.3)

    def forward(self, batch: Batch) -> Tensor:
        x = F.max_pool1d(F.relu(self.conv1_norm(self.conv1(channels_first(batch)))), 3)
        x = F.max_pool1d(F.relu(self.conv2_norm(self.conv2(x))), 4)
        x = F.max_pool1d(F.relu(self.conv3_norm(self.conv3(x))), 4)
        x = self.dropout(F.relu(self.fc1_norm(self.fc1(x.flatten(1)))))
        x = self.dropout(F.relu(self.fc2_norm(self.fc2(x))))
        return F.binary_cross_entropy_with_logits(self.head(x), batch["accessibility"])


class DeepSTARR(nn.Module):
    """De Almeida et al. 2022."""

    def __init__(self) -> None:
        super().__init__()
        widths, kernels = [4, 256, 60, 60, 120], [7, 3, 5, 3]
        self.conv = nn.ModuleList(
            nn.Conv1d(widths[i], widths[i + 1], kernels[i], padding="same") for i in range(4)
        )
        self.conv_norm = nn.ModuleList(nn.BatchNorm1d(width, 1e-3, 0.01) for width in widths[1:])
        self.dense = nn.ModuleList([nn.Linear(15 * 120, 256), nn.Linear(256, 256)])
        self.dense_norm = nn.ModuleList(nn.BatchNorm1d(256, 1e-3, 0.01) for _ in range(2))
        self.head_dev, self.head_hk = nn.Linear(256, 1), nn.Linear(256, 1)
        self.dropout = nn.Dropout(0.4)

    def forward(self, batch: Batch) -> Tensor:
        x = channels_first(batch)
        for conv, norm in zip(self.conv, self.conv_norm, strict=True):
            x = F.max_pool1d(F.relu(norm(conv(x))), 2)
        x = x.flatten(1)
        for dense, norm in zip(self.dense, self.dense_norm, strict=True):
            x = self.dropout(F.relu(norm(dense(x))))
        dev, hk = self.head_dev(x).squeeze(1), self.head_hk(x).squeeze(1)
        return F.mse_loss(dev, batch["dev"]) + F.mse_loss(hk, batch["hk"])


def quick_gelu(x: Tensor) -> Tensor:
    return x * torch.sigmoid(1.702 * x)


class ConvNorm(nn.Module):
    def __init__(self, before: int, width: int, kernel: int, dilation: int = 1) -> None:
        super().__init__()
        self.conv = nn.Conv1d(before, width, kernel, padding="same", dilation=dilation, bias=False)
        self.norm = nn.BatchNorm1d(width, eps=1e-3)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.norm(self.conv(quick_gelu(x)))
        return y


class Basenji2(nn.Module):
    """Kelley 2020, with the reduced sizes of `SMALL_BASENJI2`."""

    def __init__(self) -> None:
        super().__init__()
        widths = [64, *(round(64 * 1.1776**i) for i in range(6))]
        layers = [ConvNorm(4, widths[0], 15)]
        layers += [ConvNorm(before, width, 5) for before, width in pairwise(widths)]
        for rate in (1, 2, 3, 4):
            layers += [ConvNorm(widths[-1], 48, 3, rate), ConvNorm(48, widths[-1], 1)]
        self.layers = nn.ModuleList([*layers, ConvNorm(widths[-1], 128, 1)])
        self.head = nn.Linear(128, 64)
        self.inner, self.last = nn.Dropout(0.3), nn.Dropout(0.05)

    def forward(self, batch: Batch) -> Tensor:
        x = channels_first(batch)
        for layer in self.layers[:7]:
            x = F.max_pool1d(layer(x), 2)
        for i in range(7, 15, 2):
            x = x + self.inner(self.layers[i + 1](self.layers[i](x)))
        crop = (x.shape[-1] - 64) // 2
        x = quick_gelu(self.last(self.layers[15](x[..., crop : x.shape[-1] - crop]))).transpose(1, 2)
        return F.poisson_nll_loss(F.softplus(self.head(x)), batch["tracks"], log_input=False)


SMALL_BASENJI2 = {
    "num_tracks": 64,
    "stem_width": 64,
    "width": 64.0,
    "depth": 4,
    "narrow": 48,
    "last_width": 128,
    "target_length": 64,
}

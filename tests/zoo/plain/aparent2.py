"""APARENT2, as aparent_model_plasmid_resnet.py of its repository builds it, with Keras's 2-D kernels."""

from collections.abc import Mapping
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from tests.zoo.plain.drawn import KerasDrawn


def aparent2(layers: KerasDrawn, sequence: Tensor, sizes: Mapping[str, Any]) -> dict[str, Tensor]:
    x = conv(layers, "aparent_conv_0", sequence, sizes["width"])
    total = torch.zeros_like(x)
    for group, apart in enumerate(sizes["dilations"]):
        total = total + conv(layers, f"aparent_skip_conv_{group}", x, sizes["width"])
        for pair in range(sizes["depth"]):
            y = x
            for i in range(2):
                name = f"aparent_resblock_{group}_{pair}"
                y = layers.batch_norm(y, f"{name}_batch_norm_{i}").relu()
                y = conv(layers, f"{name}_conv_{i}", y, sizes["width"], 3, apart)
            x = x + y
    total = total + conv(layers, "aparent_last_block_conv", x, sizes["width"])
    scores = F.pad(conv(layers, "aparent_final_conv", total, 1)[:, 0], (0, 1))
    by_place = layers.draw("aparent_lib_conv/kernel", [206, sizes["library"].shape[1], 1], 0.5)[:, :, 0]
    scores = (
        scores
        + sizes["library"] @ by_place.T
        + layers.draw("aparent_lib_conv/bias", [1, 206, 1], 0.3)[0, :, 0]
    )
    shares = scores.softmax(1)
    return {"cuts": shares, "isoform": shares[:, 80:110].sum(1), "logits": scores}


def conv(layers: KerasDrawn, name: str, x: Tensor, width: int, kernel: int = 1, apart: int = 1) -> Tensor:
    weight = layers.draw(f"{name}/kernel", [1, kernel, x.shape[1], width], (kernel * x.shape[1]) ** -0.5)
    bias = layers.draw(f"{name}/bias", [width], 0.3)
    return F.conv1d(x, weight[0].permute(2, 1, 0), bias, padding=apart * (kernel // 2), dilation=apart)

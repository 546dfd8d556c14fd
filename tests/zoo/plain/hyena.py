"""HyenaDNA, in the layout of its published files; the long convolution is summed term by term."""

import math
from collections.abc import Mapping
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from tests.zoo.plain.drawn import Drawn


def hyena(layers: Drawn, sequence: Tensor, sizes: Mapping[str, Any]) -> dict[str, Tensor]:
    table = layers.draw("backbone.embeddings.word_embeddings.weight", [16, sizes["width"]], 1.0)
    layers.weights["lm_head.weight"] = table
    x = table[sequence.argmax(1) + 7]
    for i in range(sizes["depth"]):
        name = f"backbone.layers.{i}"
        x = x + mixed(layers, f"{name}.mixer", norm(layers, f"{name}.norm1", x), sizes)
        y = layers.linear(f"{name}.mlp.fc1", norm(layers, f"{name}.norm2", x), sizes["hidden"])
        x = x + layers.linear(f"{name}.mlp.fc2", F.gelu(y, approximate="tanh"), sizes["width"])
    x = norm(layers, "backbone.ln_f", x)
    return {"logits": x @ table.T, "embedding": x}


def mixed(layers: Drawn, name: str, x: Tensor, sizes: Mapping[str, Any]) -> Tensor:
    width, length = x.shape[2], x.shape[1]
    x = layers.linear(f"{name}.in_proj", x, 3 * width).transpose(1, 2)
    weight = layers.draw(f"{name}.short_filter.weight", [3 * width, 1, 3], 0.6)
    bias = layers.draw(f"{name}.short_filter.bias", [3 * width], 0.3)
    x = F.conv1d(x, weight, bias, padding=2, groups=3 * width)[..., :length]
    last, first, v = x.split(width, dim=1)
    shift = layers.draw(f"{name}.filter_fn.bias", [width], 1.0)
    kernel = long_kernel(layers, f"{name}.filter_fn", width, sizes["max_length"], sizes["order"])
    v = v * first
    y = v * shift[:, None]
    for lag in range(length):
        y[..., lag:] += kernel[lag, :, None] * v[..., : length - lag]
    return layers.linear(f"{name}.out_proj", (y * last).transpose(1, 2), width)


def long_kernel(layers: Drawn, name: str, width: int, longest: int, order: int) -> Tensor:
    """[longest, width]."""
    t = torch.linspace(0, 1, longest)[:, None]
    layers.weights[f"{name}.pos_emb.t"] = t[None]
    z = layers.draw(f"{name}.pos_emb.z", [1, longest, 5], 0.7)[0]
    freq = layers.draw(f"{name}.implicit_filter.1.freq", [1, order], 0.5, 1.0)
    for i in range(3):
        layers.weights[f"{name}.implicit_filter.{2 * i + 1}.freq"] = freq
        z = torch.sin(freq * layers.linear(f"{name}.implicit_filter.{2 * i}", z, order))
    z = z @ layers.draw(f"{name}.implicit_filter.6.weight", [width, order], order**-0.5).T
    deltas = torch.linspace(math.log(1e-2) / 1.5, math.log(1e-2) / 0.3, width)
    layers.weights[f"{name}.modulation.deltas"] = deltas[None, None]
    return z * (torch.exp(-t * deltas.abs()) + 0.05)


def norm(layers: Drawn, name: str, x: Tensor) -> Tensor:
    weight = layers.draw(f"{name}.weight", [x.shape[-1]], 0.2, 1.0)
    return F.layer_norm(x, x.shape[-1:], weight, layers.draw(f"{name}.bias", [x.shape[-1]], 0.3))

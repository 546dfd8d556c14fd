"""EPInformer, in the layout of its repository's version 2; a map is [B, channels, elements, positions]."""

from collections.abc import Mapping
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from tests.zoo.plain.drawn import Drawn


def epinformer(layers: Drawn, sequence: Tensor, sizes: Mapping[str, Any]) -> dict[str, Tensor]:
    """`sequence` [B, 4, bp] is that of all elements, one after the other."""
    elements, dim = sizes["elements"], sizes["dim"]
    x = sequence.reshape(len(sequence), 4, elements, -1)
    absent = x.sum(dim=(1, 3)) == 0
    weight = layers.draw("seq_encoder.stem_conv.0.weight", [sizes["stem"], 4, 1, 8], 0.2)
    bias = layers.draw("seq_encoder.stem_conv.0.bias", [sizes["stem"]], 0.3)
    x = F.elu(F.conv2d(F.pad(x, (3, 4)), weight, bias))
    for i, width in enumerate(sizes["widths"]):
        tower = f"seq_encoder.conv_tower.{2 * i}"
        x = F.elu(layers.norm(f"{tower}.1", along(layers, f"{tower}.0", x, width, 3, padding=1)))
        x = F.max_pool2d(x, (1, 2))
        x = x + F.elu(along(layers, f"seq_encoder.conv_tower.{2 * i + 1}.0", x, width, 1))
    for i, dilation in enumerate((2, 4, 6)):
        x = along(layers, f"conv_out.{3 * i}", x, sizes["narrow"], 3, dilation=dilation)
        x = F.elu(layers.norm(f"conv_out.{3 * i + 1}", x))
    x = F.elu(layers.norm("conv_out.10", along(layers, "conv_out.9", x, 32, 1)))
    x = F.elu(layers.linear("conv_out.12", x, dim // 32)).transpose(1, 2).flatten(2)
    x = torch.cat([x, sizes["features"]], dim=2).transpose(1, 2)
    for name in ("add_pos_conv.0", "add_pos_conv.2"):
        x = layers.conv(name, x, dim, 1).relu()
    x = x.transpose(1, 2)
    apart = ~torch.eye(elements, dtype=torch.bool)
    apart[0], apart[:, 0] = False, False
    for i in range(sizes["depth"]):
        x = interaction(layers, f"attn_encoder.{i}", x, absent, apart, sizes["heads"])
    y = torch.cat([x[:, 0], sizes["gene"]], dim=1)
    for name, width in (("pToExpr.0", 128), ("pToExpr.2", 128), ("pToExpr.4", 1)):
        y = layers.linear(name, y.relu() if name != "pToExpr.0" else y, width)
    return {"expression": y[:, 0]}


def along(layers: Drawn, name: str, x: Tensor, width: int, kernel: int, **how: int) -> Tensor:
    """A convolution of the last axis alone."""
    weight = layers.draw(f"{name}.weight", [width, x.shape[1], 1, kernel], (x.shape[1] * kernel) ** -0.5)
    bias = layers.draw(f"{name}.bias", [width], 0.3)
    return F.conv2d(x, weight, bias, padding=(0, how.get("padding", 0)), dilation=(1, how.get("dilation", 1)))


def interaction(layers: Drawn, name: str, x: Tensor, absent: Tensor, apart: Tensor, heads: int) -> Tensor:
    dim = x.shape[-1]
    y = layer_norm(layers, f"{name}.norm1", x)
    attention = nn.MultiheadAttention(dim, heads, batch_first=True)
    attention.load_state_dict(
        {
            key: layers.draw(f"{name}.self_attn.{key}", [*old.shape], 0.3)
            for key, old in attention.state_dict().items()
        }
    )
    x = x + attention(y, y, y, key_padding_mask=absent, attn_mask=apart)[0]
    y = layers.linear(f"{name}.ff.0", layer_norm(layers, f"{name}.norm2", x), 4 * dim)
    return x + layers.linear(f"{name}.ff.2", y.relu(), dim)


def layer_norm(layers: Drawn, name: str, x: Tensor) -> Tensor:
    width = [x.shape[-1]]
    weight, bias = layers.draw(f"{name}.weight", width, 0.2, 1.0), layers.draw(f"{name}.bias", width, 0.3)
    return F.layer_norm(x, width, weight, bias)

"""GET's blocks in plain PyTorch, slow and obvious, over a state dict.

Written from the formulas alone; nothing here comes from getdsl. Axes: B batch, L bp, R regions, D width.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

Lengths = list[list[int]]


class Weights:
    """A state dict below a prefix; `used` gathers the keys that were read."""

    def __init__(self, state: dict[str, Tensor], prefix: str = "", used: set[str] | None = None) -> None:
        self.state, self.prefix = state, prefix
        self.used: set[str] = set() if used is None else used

    def __truediv__(self, name: str | int) -> Weights:
        return Weights(self.state, f"{self.prefix}{name}.", self.used)

    def __getitem__(self, name: str) -> Tensor:
        self.used.add(self.prefix + name)
        return self.state[self.prefix + name]

    def get(self, name: str) -> Tensor | None:
        return self[name] if self.prefix + name in self.state else None


# ---- layers


def linear(w: Weights, x: Tensor) -> Tensor:
    y = x @ w["weight"].T
    bias = w.get("bias")
    return y if bias is None else y + bias


def layer_norm(w: Weights, x: Tensor, eps: float) -> Tensor:
    centred = x - x.mean(-1, keepdim=True)
    return centred / (centred.square().mean(-1, keepdim=True) + eps).sqrt() * w["weight"] + w["bias"]


def batch_norm(w: Weights, x: Tensor) -> Tensor:
    """In evaluation; the last axis."""
    w.used.add(w.prefix + "num_batches_tracked")
    y = (x - w["running_mean"]) / (w["running_var"] + 1e-5).sqrt()
    scale, shift = w.get("weight"), w.get("bias")
    return y if scale is None or shift is None else y * scale + shift


def conv(w: Weights, x: Tensor, dilation: int = 1, same: bool = True) -> Tensor:
    """x [B, L, C], the sum over the kernel's positions of shifted matrix products."""
    weight, bias = w["weight"], w.get("bias")
    width = weight.shape[2]
    reach = dilation * (width - 1)
    if same:
        x = F.pad(x, (0, 0, reach // 2, reach - reach // 2))
    length = x.shape[1] - reach
    steps = [x[:, k * dilation : k * dilation + length] @ weight[:, :, k].T for k in range(width)]
    y = torch.stack(steps).sum(0)
    return y if bias is None else y + bias


def conv2d(w: Weights, x: Tensor) -> Tensor:
    return F.conv2d(x, w["weight"], w["bias"], padding="same")


def attend(q: Tensor, k: Tensor, v: Tensor, heads: int, hidden: Tensor | None = None) -> Tensor:
    """[B, N, D] each; hidden [B, N]: keys that nobody looks at."""
    q, k, v = (x.unflatten(-1, (heads, -1)).transpose(1, 2) for x in (q, k, v))
    scores = q @ k.transpose(2, 3) / math.sqrt(q.shape[3])
    if hidden is not None:
        scores = scores.masked_fill(hidden[:, None, None], -65504.0)
    return (scores.softmax(-1) @ v).transpose(1, 2).flatten(2)


def block(w: Weights, x: Tensor, heads: int, hidden: Tensor | None) -> Tensor:
    y = layer_norm(w / "norm1", x, 1e-6)
    a = w / "attn"
    q, k, v = (y @ a["qkv.weight"].T).chunk(3, -1)
    y = linear(a / "proj", attend(q + a["q_bias"], k, v + a["v_bias"], heads, hidden))
    x = x + y
    y = F.gelu(linear(w / "mlp" / "fc1", layer_norm(w / "norm2", x, 1e-6)))
    return x + linear(w / "mlp" / "fc2", y)


def blocks(w: Weights, x: Tensor, layers: int, heads: int, hidden: Tensor | None = None) -> list[Tensor]:
    """What each block leaves."""
    found = []
    for i in range(layers):
        x = block(w / "blocks" / i, x, heads, hidden)
        found.append(x)
    return found


def encode(w: Weights, x: Tensor, layers: int, heads: int, hidden: Tensor | None = None) -> Tensor:
    return layer_norm(w / "norm", blocks(w, x, layers, heads, hidden)[-1], 1e-6)


# ---- maps of pairs


def pair_sums(x: Tensor) -> Tensor:
    """GET's rows are the regions, its columns cls and the regions but the last."""
    return x[:, 1:, None] + x[:, None, :-1]


def encode_with_map(w: Weights, x: Tensor, far: Tensor, layers: int, heads: int) -> tuple[Tensor, Tensor]:
    steps = blocks(w, x, layers, heads)
    grown = far[:, 0, :, :, None] + torch.stack([pair_sums(step) for step in steps]).sum(0).detach() / layers
    return layer_norm(w / "norm", steps[-1], 1e-6), grown


def encode_oe(w: Weights, x: Tensor, far: Tensor, layers: int, heads: int) -> tuple[Tensor, Tensor]:
    y = encode(w, x, layers, heads)
    return y, torch.cat([far[:, 0, :, :, None], pair_sums(y)], -1)


def encode_axial(w: Weights, x: Tensor, far: Tensor, layers: int, heads: int) -> tuple[Tensor, Tensor]:
    steps, pairs = blocks(w, x, layers, heads), layers // 3
    grown = far[:, 0, :, :, None]
    for i in range(0, min(pairs, layers), 2):
        grown = paired(w / "paired_blocks" / (i // 2), grown + pair_sums(steps[i]).detach(), heads)
    for key in w.state:  # the second half of them never runs
        if key.startswith(f"{w.prefix}paired_blocks."):
            w.used.add(key)
    return layer_norm(w / "norm", steps[-1], 1e-6), F.gelu(grown)


def paired(w: Weights, x: Tensor, heads: int) -> Tensor:
    y, axes = layer_norm(w / "norm1", x, 1e-6), w / "axial_attn" / "axial_attentions"
    columns = torch.stack([along(axes / 0 / "fn", y[:, :, j], heads) for j in range(y.shape[2])], 2)
    rows = torch.stack([along(axes / 1 / "fn", y[:, i], heads) for i in range(y.shape[1])], 1)
    x = x + columns + rows
    y = F.gelu(linear(w / "mlp" / "fc1", layer_norm(w / "norm2", x, 1e-6)))
    return x + linear(w / "mlp" / "fc2", y)


def along(w: Weights, x: Tensor, heads: int) -> Tensor:
    k, v = linear(w / "to_kv", x).chunk(2, -1)
    return linear(w / "to_out", attend(linear(w / "to_q", x), k, v, heads))


def contact_head(w: Weights, x: Tensor, activate: bool = True) -> Tensor:
    """x [B, R, R, C] -> [B, R, R]."""
    y = F.gelu(conv2d(w / "conv1", x.permute(0, 3, 1, 2)))
    y = F.gelu(conv2d(w / "conv2", y)) + y
    y = F.gelu(conv2d(w / "conv3", y)) + y
    y = conv2d(w / "conv4", y)[:, 0]
    return F.softplus(y) if activate else y


def distance_contacts(w: Weights, far: Tensor) -> Tensor:
    y = F.gelu(conv2d(w / "conv2", F.gelu(conv2d(w / "conv1", far))))
    return F.softplus(conv2d(w / "conv3", y))


def outer_products(w: Weights, x: Tensor) -> Tensor:
    y = layer_norm(w / "layer_norm", x, 1e-5)
    a, b = linear(w / "linear_1", y), linear(w / "linear_2", y)
    products = torch.einsum("bic,bjd->bijcd", a, b).flatten(3)
    return linear(w / "linear_out", products) / 1.001


# ---- sequence


def scan(w: Weights, x: Tensor, motifs: int, strands: bool, ctcf: int | None, scale: Tensor | None) -> Tensor:
    hits = F.relu(conv(w / "motif" / 0, x))  # [B, L, K]
    if strands:
        both = hits[..., :motifs] + hits[..., motifs:]
        extra = [] if ctcf is None else [hits[..., [ctcf]], hits[..., [motifs + ctcf]]]
        hits = torch.cat([both, *extra], -1)
    return hits if scale is None else F.relu((hits - scale[:, :1]) / scale[:, 1:])


def pool(x: Tensor, lengths: Lengths, how: str = "mean") -> Tensor:
    rows = []
    for sample, sizes in zip(x, lengths, strict=True):
        start = 0
        for size in sizes:
            piece = sample[start : start + size]
            rows.append(getattr(piece, how)(0) if size else torch.zeros_like(sample[0]))
            start += size
    return torch.stack(rows).unflatten(0, (len(lengths), -1))


def patch_max(x: Tensor) -> Tensor:
    whole = x.shape[1] // 25 * 25
    return x[:, :whole].unflatten(1, (-1, 25)).max(2).values


def atac_pool(w: Weights, x: Tensor, atac: Tensor, lengths: Lengths, scaled: bool) -> Tensor:
    """With `scaled`, by each sample's and by the running maxima, as the MaxNorm class."""
    signal = atac / (atac.max(1, keepdim=True).values + 1e-5) if scaled else (atac + 1).log10()
    signal = F.relu(batch_norm(w / "atac_bn", conv(w / "atac_conv", patch_max(signal[..., None]))))
    joint = conv(w / "joint_conv", torch.cat([patch_max(x), signal], -1))
    joint = F.relu(batch_norm(w / "joint_bn", joint))
    parts = [pool(x, lengths), pool(joint, [[size // 25 for size in sizes] for sizes in lengths])]
    if not scaled:
        return torch.cat([parts[0], (parts[1] + 1).log2()], -1)
    for i, name in enumerate(("running_max", "running_max_joint")):
        most = torch.maximum(w[name], parts[i].detach().flatten(0, 1).max(0).values)
        parts[i] = parts[i] / (most + 1e-5)
    return torch.cat(parts, -1)


def conv_block(w: Weights, x: Tensor) -> Tensor:
    y = F.relu(batch_norm(w / "batch_norm1", conv(w / "conv1", x)))
    return F.relu(x + batch_norm(w / "batch_norm2", conv(w / "conv2", y)))


def conv_pool(w: Weights, x: Tensor, lengths: Lengths, layers: int) -> tuple[Tensor, Tensor]:
    """Each peak by itself -> atpm [B, R], profile [B, R, P]."""
    width = w["aprofile_header.weight"].shape[2]
    longest = max(size for sizes in lengths for size in sizes) - width + 1
    counts, profiles = [], []
    for sample, sizes in zip(x, lengths, strict=True):
        start = 0
        for size in sizes:
            count, profile = x.new_zeros(1), x.new_zeros(longest)
            if size:
                y = linear(w / "motif_proj", sample[None, start : start + size])
                for i in range(layers):
                    y = F.relu(conv(w / "dila_conv_tower" / "layers" / i / "conv", y, 2 ** (i + 1))) + y
                count = linear(w / "atpm_header", y.sum(1))[0]
                if size >= width:
                    own = conv(w / "aprofile_header", y, same=False)[0, :, 0]
                    profile = F.pad(own, (0, longest - len(own)))
            counts.append(count)
            profiles.append(profile)
            start += size
    shape = (len(lengths), -1)
    return torch.cat(counts).unflatten(0, shape), torch.stack(profiles).unflatten(0, shape)

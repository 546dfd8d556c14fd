"""Recurrent layers, step by step, with weights as PyTorch and as Keras keep them."""

import torch
from torch import Tensor

from tests.zoo.plain.drawn import Drawn


def lstm(layers: Drawn, name: str, x: Tensor, width: int, depth: int) -> Tensor:
    """x [B, L, D] -> [B, L, 2 * width], from both ends, in PyTorch's names."""
    for layer in range(depth):
        ways = [
            one_way(layers, f"{name}.{{}}_l{layer}{end}", x, width, bool(end)) for end in ("", "_reverse")
        ]
        x = torch.cat(ways, dim=-1)
    return x


def one_way(layers: Drawn, name: str, x: Tensor, width: int, backwards: bool) -> Tensor:
    seen = layers.draw(name.format("weight_ih"), [4 * width, x.shape[-1]], 0.5)
    kept = layers.draw(name.format("weight_hh"), [4 * width, width], 0.5)
    biases = [layers.draw(name.format(f"bias_{of}"), [4 * width], 0.3) for of in ("ih", "hh")]
    state, cell = torch.zeros(2, len(x), width)
    steps = []
    for i in reversed(range(x.shape[1])) if backwards else range(x.shape[1]):
        gates = x[:, i] @ seen.T + state @ kept.T + biases[0] + biases[1]
        let_in, keep, new, show = gates.chunk(4, dim=-1)
        cell = keep.sigmoid() * cell + let_in.sigmoid() * new.tanh()
        state = show.sigmoid() * cell.tanh()
        steps.append(state)
    return torch.stack(steps[::-1] if backwards else steps, dim=1)


def keras_gru(layers: Drawn, name: str, x: Tensor, width: int) -> Tensor:
    """x [B, L, D] -> the last state, [B, width]; with `reset_after`, in Keras's order of gates."""
    seen = layers.draw(f"{name}/kernel", [x.shape[-1], 3 * width], 0.5)
    kept = layers.draw(f"{name}/recurrent_kernel", [width, 3 * width], 0.5)
    bias = layers.draw(f"{name}/bias", [2, 3 * width], 0.3)
    state = torch.zeros(len(x), width)
    for i in range(x.shape[1]):
        z, r, new = (x[:, i] @ seen + bias[0]).chunk(3, dim=-1)
        kept_z, kept_r, kept_new = (state @ kept + bias[1]).chunk(3, dim=-1)
        z, r = (z + kept_z).sigmoid(), (r + kept_r).sigmoid()
        state = z * state + (1 - z) * (new + r * kept_new).tanh()
    return state

"""Layers whose weights are drawn where they are first used, under the names that a published file has."""

from collections import Counter
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor


class Drawn:
    """Layers of PyTorch, channels first; `weights` is then the state dict."""

    def __init__(self, seed: int) -> None:
        self.random = torch.Generator().manual_seed(seed)
        self.weights: dict[str, Tensor] = {}

    def draw(self, name: str, shape: Sequence[int], scale: float, shift: float = 0.0) -> Tensor:
        tensor = torch.randn(*shape, generator=self.random) * scale + shift
        self.weights[name] = tensor
        return tensor

    def conv(self, name: str, x: Tensor, width: int, kernel: int, *, apart: int = 1) -> Tensor:
        """One of one or two axes that keeps their length."""
        axes = x.dim() - 2
        fan_in = x.shape[1] * kernel**axes
        weight = self.draw(f"{name}.weight", [width, x.shape[1], *[kernel] * axes], fan_in**-0.5)
        bias = self.draw(f"{name}.bias", [width], 0.3)
        return convolved(x, weight, bias, apart)

    def norm(self, name: str, x: Tensor) -> Tensor:
        width = [x.shape[1]]
        weight, bias = self.draw(f"{name}.weight", width, 0.2, 1.0), self.draw(f"{name}.bias", width, 0.3)
        mean = self.draw(f"{name}.running_mean", width, 0.3)
        var = self.weights[f"{name}.running_var"] = 0.5 + torch.rand(width, generator=self.random)
        self.weights[f"{name}.num_batches_tracked"] = torch.tensor(7)
        return F.batch_norm(x, mean, var, weight, bias)

    def linear(self, name: str, x: Tensor, width: int) -> Tensor:
        weight = self.draw(f"{name}.weight", [width, x.shape[-1]], x.shape[-1] ** -0.5)
        return F.linear(x, weight, self.draw(f"{name}.bias", [width], 0.3))


class KerasDrawn(Drawn):
    """Layers of Keras 2, which numbers them by kind and has kernels with their axes the other way round."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self.made: Counter[str] = Counter()

    def numbered(self, kind: str) -> str:
        number = self.made[kind]
        self.made[kind] += 1
        return f"{kind}_{number}" if number else kind

    def conv_norm(self, x: Tensor, width: int, kernel: int = 1, apart: int = 1) -> Tensor:
        axes = x.dim() - 2
        name = self.numbered(f"conv{axes}d")
        fan_in = x.shape[1] * kernel**axes
        weight = self.draw(f"{name}/kernel", [*[kernel] * axes, x.shape[1], width], fan_in**-0.5)
        y = convolved(x, weight.permute(*range(axes + 1, -1, -1)).transpose(-1, -axes), None, apart)
        return self.batch_norm(y)

    def batch_norm(self, x: Tensor, name: str = "") -> Tensor:
        name, width = name or self.numbered("batch_normalization"), [x.shape[1]]
        gamma, beta = self.draw(f"{name}/gamma", width, 0.2, 1.0), self.draw(f"{name}/beta", width, 0.3)
        mean = self.draw(f"{name}/moving_mean", width, 0.3)
        var = self.weights[f"{name}/moving_variance"] = 0.5 + torch.rand(width, generator=self.random)
        return F.batch_norm(x, mean, var, gamma, beta, eps=1e-3)

    def dense(self, x: Tensor, width: int) -> Tensor:
        """x [..., D]."""
        name = self.numbered("dense")
        kernel = self.draw(f"{name}/kernel", [x.shape[-1], width], x.shape[-1] ** -0.5)
        return x @ kernel + self.draw(f"{name}/bias", [width], 0.3)


def convolved(x: Tensor, weight: Tensor, bias: Tensor | None, apart: int) -> Tensor:
    pad = [apart * (side - 1) // 2 for side in weight.shape[2:]]
    if x.dim() == 3:
        return F.conv1d(x, weight, bias, padding=pad, dilation=apart)
    return F.conv2d(x, weight, bias, padding=pad, dilation=apart)

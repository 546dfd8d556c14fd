"""Small models of random weights, and the same written by hand in PyTorch."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

import getdsl
from getdsl.runs.interpret.explained import Explained
from getdsl.runs.interpret.target import Target

CONVOLUTIONS = """
model M {
    input dna: onehot[B, L, 4]
    conv   = dna -> Conv1d(6, kernel_size = 5)
    second = relu(conv) -> Conv1d(5, kernel_size = 3)
    hidden = sum(tanh(second), dim = 1) -> Linear(4)
    head   = softplus(hidden) -> Linear(2)
    output y = head
}
"""
POOLED = CONVOLUTIONS.replace("relu(conv) ->", "relu(conv) -> MaxPool1d(kernel_size = 2, stride = 2) ->")
LENGTH = 24


class ByHand(nn.Module):
    """CONVOLUTIONS, for DNA [B, 4, L], and the first of its two numbers."""

    def __init__(self, first: nn.Module) -> None:
        super().__init__()
        self.conv, self.second = nn.Conv1d(4, 6, 5, padding="same"), nn.Conv1d(6, 5, 3, padding="same")
        self.hidden, self.head = nn.Linear(5, 4), nn.Linear(4, 2)
        self.first, self.tanh, self.softplus = first, nn.Tanh(), nn.Softplus()

    def forward(self, x: Tensor) -> Tensor:
        x = self.tanh(self.second(self.first(self.conv(x))))
        found: Tensor = self.head(self.softplus(self.hidden(x.sum(2))))[:, :1]
        return found


def convolutions(*, smooth: bool = False) -> tuple[getdsl.Compiled, ByHand]:
    """The two, of the same weights, which are large enough for the nonlinearities to matter.

    A smooth one has a sigmoid for the ReLU, and a gradient without steps.
    """
    text = CONVOLUTIONS.replace("relu(conv)", "sigmoid(conv)") if smooth else CONVOLUTIONS
    model = getdsl.compile_text(text, seed=3).eval().to(torch.float64)
    with torch.no_grad():
        for weight in model.parameters():
            weight.mul_(2)
    by_hand = ByHand(nn.Sigmoid() if smooth else nn.ReLU()).double().eval()
    by_hand.load_state_dict(model.state_dict())
    return model, by_hand


def random_dna(samples: int, seed: int = 0, length: int = LENGTH) -> Tensor:
    """[B, L, 4] of float64."""
    codes = np.random.default_rng(seed).integers(0, 4, (samples, length))
    return torch.eye(4, dtype=torch.float64)[torch.from_numpy(codes)]


def explained(model: getdsl.Compiled, dna: Tensor) -> Explained:
    """The first number of the output `y`."""
    return Explained(model.for_output("y"), Target("y", (slice(None), 0)), "dna", {"dna": dna})

"""Body of `embedding.get`."""

import torch
from torch import Tensor, nn


class Embedding(nn.Embedding):
    def __init__(self, *, num_embeddings: int, dim: int, padding_idx: int | None = None) -> None:
        super().__init__(num_embeddings, dim, padding_idx=padding_idx)

    def forward(self, input: Tensor) -> Tensor:
        """input [...] -> [..., D]. Raises ValueError for a number that is no row, with its place."""
        if not torch.compiler.is_compiling() and input.numel():
            self._hold(input)
        return super().forward(input)

    def _hold(self, numbers: Tensor) -> None:
        wrong = (numbers < 0) | (numbers >= self.num_embeddings)
        if wrong.any():
            place = wrong.nonzero()[0].tolist()
            raise ValueError(
                f"number {int(numbers[tuple(place)])} at {place} is no row of a table of "
                f"{self.num_embeddings}: rows count from 0 to {self.num_embeddings - 1}"
            )

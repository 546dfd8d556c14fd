"""What training asks of data."""

from typing import Any, Protocol

import numpy as np
import torch

from getdsl.data.draws import Draws

Indices = np.ndarray[Any, np.dtype[np.int64]]


class DataSource(Protocol):
    """Samples by number.

    A source may also have `reverse_complement(batch)`, the same samples read from the other strand, and
    `reach`, the first and the last bp [N] of all that a sample may read, however it is shifted in training.
    """

    path: str
    """What the data are read from, for messages."""

    @property
    def chromosomes(self) -> np.ndarray[Any, Any]:
        """The chromosome of each sample [N], as text; splits select on it."""
        ...

    @property
    def table(self) -> dict[str, np.ndarray[Any, Any]]:
        """Columns [N] that identify a sample in predictions."""
        ...

    def __len__(self) -> int: ...

    def batch(self, indices: Indices, draws: Draws | None = None) -> dict[str, torch.Tensor]:
        """The samples under their batch keys, first axis B; with `draws` each is shifted by chance."""
        ...

    def fingerprint(self) -> str:
        """sha256 of what the batches follow from."""
        ...

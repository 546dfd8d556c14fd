"""What training asks of a data source."""

from typing import Any, Protocol

import numpy as np
import torch

Indices = np.ndarray[Any, np.dtype[np.int64]]


class DataSource(Protocol):
    """Samples by number.

    A source may also have `reverse_complement(batch)`, the same samples read from the other strand.
    """

    path: str
    """The data's path as the spec gives it, for messages."""

    chromosomes: np.ndarray[Any, Any]
    """The chromosome of each sample [N], as text; splits select on it."""

    table: dict[str, np.ndarray[Any, Any]]
    """Columns [N] that identify a sample in predictions."""

    def __len__(self) -> int: ...

    def batch(self, indices: Indices) -> dict[str, torch.Tensor]:
        """The samples under the batch keys of the source's face, first axis B."""
        ...

    def fingerprint(self) -> str:
        """sha256 of the data that is read."""
        ...

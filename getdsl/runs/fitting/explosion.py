"""A loss or weights that are no numbers any more: from which samples, and what is left of the run before."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import torch
from torch import Tensor

from getdsl.diagnostics import UserError
from getdsl.diagnostics.listing import first_of
from getdsl.runs.run_folder.checkpoint import LAST

HELP = "lower the learning rate, or set `gradient_clip` in `train`"


class ExplodedError(UserError):
    """Training that went out of bounds; `rows` are those of the batch that it came from, where it did."""

    def __init__(self, message: str, help: str = HELP, rows: Sequence[int] | None = None) -> None:
        super().__init__(message, help)
        self.rows = rows

    def with_samples(self, names: Sequence[str]) -> ExplodedError:
        """The same, with the samples by `names`, which are those of the whole batch."""
        if self.rows is None:
            return self
        found = [names[row] for row in self.rows if row < len(names)]
        where = f"from {first_of(found, 3)}" if found else f"in the batch of {first_of(names, 3)}"
        return ExplodedError(f"{self}, {where}", self.help or HELP)

    def with_kept(self, folder: Path) -> ExplodedError:
        """The same, with the checkpoint that stands in the run's folder, none of whose weights is NaN."""
        if not (folder / LAST).exists():
            return self
        kept = f"`{folder / LAST}` is from before, and `load` takes its weights"
        return ExplodedError(str(self), f"{self.help}; {kept}", self.rows)


def non_finite_rows(tensors: Iterable[Tensor], size: int) -> list[int]:
    """The rows of a batch in which one of the tensors that have its size holds NaN or infinity."""
    wrong = torch.zeros(size, dtype=torch.bool)
    for tensor in tensors:
        if tensor.is_floating_point() and tensor.dim() and len(tensor) == size:
            wrong |= ~torch.isfinite(tensor.detach()).reshape(size, -1).all(1).cpu()
    return wrong.nonzero().flatten().tolist()

"""What the pooled scan asks of its arguments."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from getdsl.kernels.motif_scan.arguments import ScanArguments
from getdsl.kernels.segment_pool.arguments import check_lengths, check_lengths_form


@dataclass(frozen=True)
class ScanPoolArguments(ScanArguments):
    """A scan, and the regions that it is pooled over."""

    lengths: Tensor  # [B, R]
    reduce: str

    SCHEMA: ClassVar[str] = f"{ScanArguments.SCHEMA}, Tensor lengths, str reduce"

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the result, (B, R, M)."""
        return *self.lengths.shape, self.columns

    def check(self) -> None:
        """Raises ValueError, naming the argument."""
        super().check()
        check_lengths(self.x, self.lengths)

    def check_form(self) -> None:
        """What can be checked without reading a value, so also while a model is traced."""
        super().check_form()
        check_lengths_form(self.x, self.lengths, self.reduce)

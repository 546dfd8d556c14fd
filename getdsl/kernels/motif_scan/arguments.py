"""What the scanning ops ask of their arguments, and how the modes of a scanner become kernels."""

from dataclasses import dataclass, replace
from typing import ClassVar, Literal, Self

import torch
import torch.nn.functional as F
from torch import Tensor

Strands = Literal["forward", "both", "tied"]
STRANDS = ("forward", "both", "tied")
WIDEST = 64  # bp
FLOATS = (torch.float32, torch.float64, torch.float16, torch.bfloat16)


def kernels_of(
    weight: Tensor, bias: Tensor | None, strands: Strands, own_strands: int | None
) -> tuple[Tensor, Tensor | None]:
    """The kernels to scan with, [K, 4, D], and their bias [K].

    "both": weight holds the kernels of one strand, then those of the other; "tied": those of one strand, of
    which the other's are the reverse complements. `own_strands` is a motif whose two strands are also
    channels of their own, after all others: a pair of it and of nothing.
    """
    if strands == "forward":
        return weight, bias
    if strands == "tied":
        weight = torch.cat([weight, weight.flip(1, 2)])
        bias = None if bias is None else torch.cat([bias, bias])
    if own_strands is None:
        return weight, bias
    return _with_own(weight, own_strands), None if bias is None else _with_own(bias, own_strands)


def _with_own(values: Tensor, index: int) -> Tensor:
    half = len(values) // 2
    one, other = values[:half], values[half:]
    nothing = torch.zeros_like(values[:2])
    return torch.cat([one, one[index : index + 1], other[index : index + 1], other, nothing])


def check_modes(weight: Tensor, strands: str, own_strands: int | None, mean_std: Tensor | None) -> None:
    """Raises ValueError, naming the argument."""
    _check_strands(weight, strands)
    if own_strands is not None:
        _check_own(own_strands, strands, len(weight) // 2 if strands == "both" else len(weight))
    if mean_std is not None and mean_std.requires_grad and torch.is_grad_enabled():
        raise ValueError("mean_std is data and takes no gradient: detach it")


def _check_strands(weight: Tensor, strands: str) -> None:
    if strands not in STRANDS:
        raise ValueError(f"strands must be one of {', '.join(STRANDS)}, got {strands!r}")
    if weight.ndim == 3 and strands == "both" and len(weight) % 2:
        raise ValueError(f"weight must hold the kernels of both strands, an even number, got {len(weight)}")


def _check_own(own_strands: int, strands: str, motifs: int) -> None:
    if strands == "forward":
        raise ValueError("own_strands needs the kernels of both strands")
    if not 0 <= own_strands < motifs:
        raise ValueError(f"own_strands must be a motif, 0 to {motifs - 1}, got {own_strands}")


@dataclass(frozen=True)
class ScanArguments:
    """What is scanned with what: the op's arguments in the order in which they cross its boundary."""

    x: Tensor  # [B, L, 4] or codes [B, L]
    weight: Tensor  # [K, 4, D]
    bias: Tensor | None  # [K]
    mean_std: Tensor | None  # [B, 2, M]
    pairs: bool  # of kernels, both strands of a motif: M = K / 2

    SCHEMA: ClassVar[str] = "Tensor x, Tensor weight, Tensor? bias, Tensor? mean_std, bool pairs"

    @property
    def columns(self) -> int:
        """M"""
        return len(self.weight) // 2 if self.pairs else len(self.weight)

    @property
    def width(self) -> int:
        return self.weight.shape[2]

    def one_hot(self) -> Tensor:
        """x as [B, L, 4], zeros for N."""
        if self.x.ndim == 3:
            return self.x
        return F.one_hot(self.x.long(), 5)[..., :4].to(self.weight.dtype)

    def widened(self) -> Self:
        """Half precision in float32, in which kernels compute."""
        if self.weight.dtype not in (torch.float16, torch.bfloat16):
            return self
        return replace(
            self,
            x=self.x if self.x.dtype == torch.uint8 else self.x.float(),
            weight=self.weight.float(),
            bias=None if self.bias is None else self.bias.float(),
            mean_std=None if self.mean_std is None else self.mean_std.float(),
        )

    def empty_gradients(self, needs: list[bool]) -> tuple[Tensor, Tensor, Tensor]:
        """Of x, weight and bias; nothing for what is not needed."""
        weight = self.weight
        return (
            weight.new_empty(self.x.shape if needs[0] else (0,)),
            weight.new_empty(weight.shape if needs[1] else (0,)),
            weight.new_empty(len(weight) if needs[2] else 0),
        )

    def check(self) -> None:
        """Raises ValueError, naming the argument."""
        self.check_form()
        if self.x.dtype == torch.uint8 and self.x.numel() and int(self.x.max()) > 4:
            raise ValueError(
                f"x holds the code {int(self.x.max())}; codes are 0 to 3 for A C G T and 4 for N"
            )

    def check_form(self) -> None:
        """What can be checked without reading a value, so also while a model is traced."""
        _check_weight(self.weight)
        _check_sequence(self.x, self.weight.dtype)
        shapes = {"bias": (len(self.weight),), "mean_std": (self.x.shape[0], 2, self.columns)}
        for name, shape in shapes.items():
            value = getattr(self, name)
            if value is not None and value.shape != shape:
                raise ValueError(f"{name} must be {list(shape)}, got a tensor of shape {list(value.shape)}")
            if value is not None and value.dtype != self.weight.dtype:
                raise ValueError(
                    f"{name} must be of the dtype of weight ({self.weight.dtype}), got {value.dtype}"
                )
        for name in ("weight", "bias", "mean_std"):
            value = getattr(self, name)
            if value is not None and value.device != self.x.device:
                raise ValueError(f"{name} must be on the device of x ({self.x.device}), got {value.device}")


def _check_weight(weight: Tensor) -> None:
    if weight.ndim != 3 or weight.shape[1] != 4 or not 1 <= weight.shape[2] <= WIDEST or not len(weight):
        raise ValueError(
            f"weight must be [K, 4, D] with D = 1 to {WIDEST}, got a tensor of shape {list(weight.shape)}"
        )
    if weight.dtype not in FLOATS:
        raise ValueError(f"weight must be floating point, got {weight.dtype}")


def _check_sequence(x: Tensor, dtype: torch.dtype) -> None:
    if x.dtype == torch.uint8:
        if x.ndim != 2:
            raise ValueError(f"x must be [B, L] where it holds codes, got a tensor of shape {list(x.shape)}")
    elif x.dtype != dtype:
        raise ValueError(f"x must hold uint8 codes or be of the dtype of weight ({dtype}), got {x.dtype}")
    elif x.ndim != 3 or x.shape[2] != 4:
        raise ValueError(f"x must be [B, L, 4], got a tensor of shape {list(x.shape)}")

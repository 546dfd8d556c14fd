"""Body of `conv_transpose2d.get`."""

from typing import Literal

from torch import Tensor, nn

from getdsl.blocks.padding import pair


class ConvTranspose2d(nn.ConvTranspose2d):
    def __init__(
        self,
        *,
        C: int,
        out_channels: int,
        kernel_size: int | list[int],
        stride: int | list[int] = 1,
        padding: int | list[int] = 0,
        output_padding: int | list[int] = 0,
        dilation: int | list[int] = 1,
        groups: int = 1,
        bias: bool = True,
        channels: Literal["first", "last"] = "first",
    ) -> None:
        super().__init__(
            C,
            out_channels,
            pair(kernel_size),
            stride=pair(stride),
            padding=pair(padding),
            output_padding=pair(output_padding),
            groups=groups,
            bias=bias,
            dilation=pair(dilation),
        )
        self.last = channels == "last"

    def forward(self, x: Tensor) -> Tensor:  # type: ignore[override]  # of one size
        """x [B, C, H, W] -> [B, out_channels, H', W'], or with the channels last in both."""
        if not self.last:
            return super().forward(x)
        return super().forward(x.movedim(-1, 1)).movedim(1, -1)

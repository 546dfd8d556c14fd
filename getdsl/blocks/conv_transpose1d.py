"""Body of `conv_transpose1d.get`."""

from torch import Tensor, nn


class ConvTranspose1d(nn.ConvTranspose1d):
    def __init__(
        self,
        *,
        C: int,
        out_channels: int,
        kernel_size: int,
        stride: int = 1,
        padding: int = 0,
        output_padding: int = 0,
        dilation: int = 1,
        groups: int = 1,
        bias: bool = True,
    ) -> None:
        super().__init__(
            C, out_channels, kernel_size, stride, padding, output_padding, groups, bias, dilation
        )

    def forward(self, x: Tensor) -> Tensor:  # type: ignore[override]  # of one size
        """x [B, L, C] -> [B, L', out_channels]."""
        return super().forward(x.transpose(1, 2)).transpose(1, 2)

"""Body of `ctcf_positional_encoding.get`."""

from torch import Tensor, nn

from getdsl.blocks.absolute_positional_encoding import frequencies, interleave


class CTCFPositionalEncoding(nn.Module):
    div_term: Tensor

    def __init__(self, *, hidden: int, dropout: float = 0.1) -> None:
        super().__init__()
        self.dropout = nn.Dropout(dropout)
        self.register_buffer("div_term", frequencies(hidden))

    def forward(self, x: Tensor, ctcf_pos: Tensor) -> Tensor:
        """x [B, N, D], ctcf_pos [B, N, K] -> [B, N, D]."""
        angles = ctcf_pos[..., None] * self.div_term  # [B, N, K, D / 2]
        y: Tensor = self.dropout(x + interleave(angles).mean(2))
        return y

"""Body of `region_embed.get`."""

from torch import Tensor, nn

from getdsl.blocks.linear import Linear


class RegionEmbed(nn.Module):
    def __init__(self, *, num_features: int, embed_dim: int) -> None:
        super().__init__()
        self.embed = Linear(D=num_features, out_features=embed_dim)

    def forward(self, x: Tensor) -> Tensor:
        embedded: Tensor = self.embed(x)
        return embedded

"""Body of `instance_norm.get`."""

from getdsl.blocks.group_norm import GroupNorm


class InstanceNorm(GroupNorm):
    """Each channel is a group of its own; a single position, which PyTorch refuses, becomes zero."""

    def __init__(self, *, dim: int, eps: float = 1e-5, affine: bool = False) -> None:
        super().__init__(num_groups=dim, dim=dim, eps=eps, affine=affine)

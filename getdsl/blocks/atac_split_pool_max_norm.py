"""Body of `atac_split_pool_max_norm.get`."""

from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from getdsl.blocks.batch_norm import BatchNorm
from getdsl.blocks.conv1d import Conv1d
from getdsl.blocks.max_pool1d import MaxPool1d
from getdsl.blocks.patch_lengths import in_patches
from getdsl.blocks.split_pool import SplitPool

PATCH = 25  # bp
EPS = 1e-5


class ATACSplitPoolMaxNorm(nn.Module):
    running_max: Tensor
    running_max_joint: Tensor

    def __init__(
        self,
        *,
        motif_dim: int,
        atac_kernel_num: int,
        joint_kernel_num: int,
        atac_kernel_size: int = 3,
        joint_kernel_size: int = 3,
        final_bn: bool = False,
        binary_atac: bool = False,
        pool_method: Literal["mean", "sum", "max"] = "mean",
        update_in_eval: bool = True,
    ) -> None:
        super().__init__()
        self.binary_atac = binary_atac
        self.update_in_eval = update_in_eval
        joint_dim = motif_dim + atac_kernel_num
        self.atac_conv = Conv1d(C=1, out_channels=atac_kernel_num, kernel_size=atac_kernel_size, bias=False)
        self.atac_bn = BatchNorm(dim=atac_kernel_num, affine=False)
        self.joint_conv = Conv1d(
            C=joint_dim, out_channels=joint_kernel_num, kernel_size=joint_kernel_size, bias=False
        )
        self.joint_bn = BatchNorm(dim=joint_kernel_num, affine=False)
        self.final_bn = BatchNorm(dim=motif_dim + joint_kernel_num, affine=False) if final_bn else None
        self.pool = SplitPool(pool_method=pool_method)
        self.patches = MaxPool1d(kernel_size=PATCH, stride=PATCH)
        self.register_buffer("running_max", torch.ones(motif_dim))
        self.register_buffer("running_max_joint", torch.ones(joint_kernel_num))

    def forward(self, x: Tensor, atac: Tensor, peak_lengths: Tensor) -> Tensor:
        """x [B, L, M], atac [B, L], peak_lengths [B, R] -> [B, R, M + joint_kernel_num].

        Raises ValueError where a peak's length is no multiple of 25.
        """
        regions = self.pool(x, peak_lengths)  # [B, R, M]
        joint = self.pool(self._joint(x, atac), in_patches(peak_lengths, PATCH))
        pooled = torch.cat(
            [
                _scaled(regions, self._moved("running_max", regions)),
                _scaled(joint, self._moved("running_max_joint", joint)),
            ],
            dim=2,
        )
        return pooled if self.final_bn is None else self.final_bn(pooled)

    def _joint(self, x: Tensor, atac: Tensor) -> Tensor:
        """What the two convolutions make of motifs and accessibility, [B, L / 25, joint_kernel_num]."""
        if self.binary_atac:
            signal = (atac > 0).to(x.dtype)
        else:
            signal = atac / (atac.max(1, keepdim=True).values + EPS)
        signal = F.relu(self.atac_bn(self.atac_conv(self.patches(signal[..., None]))))
        both = torch.cat([self.patches(x), signal], dim=2)
        return F.relu(self.joint_bn(self.joint_conv(both)))

    def _moved(self, name: str, x: Tensor) -> Tensor:
        """A running maximum after this batch, x [B, R, C] -> [C]."""
        known: Tensor = getattr(self, name)
        if x.numel() and (self.training or self.update_in_eval):
            known.copy_(torch.maximum(known, x.detach().amax((0, 1))))
        # a copy, for the buffer may move again before the backward pass
        return known.clone()


def _scaled(x: Tensor, most: Tensor) -> Tensor:
    return x / (most + EPS)

"""The bodies are leaves of exported and compiled graphs, with free batch and length."""

import pytest
import torch
from torch import Tensor, nn
from torch.export import Dim

from getdsl.blocks.absolute_positional_encoding import AbsolutePositionalEncoding
from getdsl.blocks.atac_split_pool_max_norm import ATACSplitPoolMaxNorm
from getdsl.blocks.attention import Attention
from getdsl.blocks.avg_pool1d import AvgPool1d
from getdsl.blocks.batch_norm import BatchNorm
from getdsl.blocks.center_fit import CenterFit
from getdsl.blocks.conv1d import Conv1d
from getdsl.blocks.conv2d import Conv2d
from getdsl.blocks.conv_transpose1d import ConvTranspose1d
from getdsl.blocks.cross_attention import CrossAttention
from getdsl.blocks.ctcf_positional_encoding import CTCFPositionalEncoding
from getdsl.blocks.group_norm import GroupNorm
from getdsl.blocks.layer_norm import LayerNorm
from getdsl.blocks.linear import Linear
from getdsl.blocks.max_pool1d import MaxPool1d
from getdsl.blocks.mnll import MNLL
from getdsl.blocks.motif_scanner import MotifScanner
from getdsl.blocks.patch_lengths import PatchLengths
from getdsl.blocks.poisson_nll import PoissonNLL
from getdsl.blocks.profile_window import ProfileWindow
from getdsl.blocks.relative_attention import RelativeAttention
from getdsl.blocks.rms_norm import RMSNorm
from getdsl.blocks.softmax_pool1d import SoftmaxPool1d
from getdsl.blocks.split_pool import SplitPool
from getdsl.blocks.target_length_crop import TargetLengthCrop
from getdsl.blocks.upsample import Upsample

MASK = torch.tensor([[False, True, False, False, True, False], [True] * 6])


def awake(attention: RelativeAttention) -> RelativeAttention:
    """Its output, zero at first, depends on the tokens."""
    nn.init.normal_(attention.to_out.weight)
    return attention


BODIES = [
    (Linear(D=3, out_features=5), (torch.randn(2, 6, 3),), {}),
    (LayerNorm(dim=3), (torch.randn(2, 6, 3),), {}),
    (Conv1d(C=3, out_channels=5, kernel_size=4), (torch.randn(2, 6, 3),), {}),
    (MotifScanner(num_motif=5, kernel_size=7), (torch.randn(2, 16, 4),), {}),
    (MotifScanner(num_motif=5, kernel_size=7, tie_strands=True), (torch.randn(2, 16, 4),), {}),
    (
        MotifScanner(num_motif=5, kernel_size=7, bidirectional_except_ctcf=True, ctcf_index=1),
        (torch.randn(2, 16, 4),),
        {"motif_mean_std": torch.rand(2, 2, 7) + 0.1},
    ),
    (SplitPool(pool_method="max"), (torch.randn(2, 6, 3), torch.tensor([[2, 1], [3, 3]])), {}),
    (Attention(dim=8, num_heads=2, qkv_bias=True), (torch.randn(2, 6, 8),), {}),
    (Attention(dim=8, num_heads=2, qkv_bias=True), (torch.randn(2, 6, 8),), {"mask": MASK}),
    (
        Attention(dim=8, num_heads=2, qkv_bias=True),
        (torch.randn(2, 6, 8),),
        {"mask": MASK, "bias": torch.randn(2, 2, 6, 6)},
    ),
    (BatchNorm(dim=3), (torch.randn(2, 6, 3),), {}),
    (SoftmaxPool1d(dim=3), (torch.randn(2, 6, 3),), {}),
    (TargetLengthCrop(target_length=4), (torch.randn(2, 6, 3),), {}),
    (awake(RelativeAttention(dim=8, heads=2, num_rel_pos_features=12)), (torch.randn(2, 6, 8),), {}),
    (MaxPool1d(kernel_size=3, stride=2), (torch.randn(2, 6, 3),), {}),
    (MaxPool1d(kernel_size=3, stride=2, padding="same"), (torch.randn(2, 6, 3),), {}),
    (
        AvgPool1d(kernel_size=3, stride=2, padding="same", count_include_pad=False),
        (torch.randn(2, 6, 3),),
        {},
    ),
    (Conv1d(C=3, out_channels=5, kernel_size=4, stride=3), (torch.randn(2, 6, 3),), {}),
    (Conv1d(C=3, out_channels=6, kernel_size=4, groups=3, padding="causal"), (torch.randn(2, 6, 3),), {}),
    (ConvTranspose1d(C=3, out_channels=5, kernel_size=4, stride=2), (torch.randn(2, 6, 3),), {}),
    (Upsample(scale_factor=3), (torch.randn(2, 6, 3),), {}),
    (Upsample(mode="linear"), (torch.randn(2, 6, 3),), {}),
    (GroupNorm(num_groups=2, dim=4), (torch.randn(2, 6, 4),), {}),
    (RMSNorm(dim=4), (torch.randn(2, 6, 4),), {}),
    (Conv2d(C=3, out_channels=2), (torch.randn(2, 3, 6, 6),), {}),
    (AbsolutePositionalEncoding(d_model=4, max_len=9), (torch.randn(2, 6, 4),), {}),
    (CTCFPositionalEncoding(hidden=4), (torch.randn(2, 6, 4), torch.randn(2, 6, 5)), {}),
    (
        CrossAttention(dim=8, C=5, heads=2, causal=True),
        (torch.randn(2, 3, 6, 8), torch.randn(2, 3, 7, 5)),
        {"mask": torch.zeros(2, 3, 7, dtype=torch.bool)},
    ),
    (
        Attention(dim=8, num_heads=2, positions="rotary", window=2),
        (torch.randn(2, 6, 8),),
        {},
    ),
    (Attention(dim=8, num_heads=2, positions="alibi", causal=True), (torch.randn(2, 6, 8),), {}),
    (PatchLengths(patch=5), (torch.tensor([[10, 5], [0, 15]]),), {}),
    (CenterFit(), (torch.randn(2, 6, 7), torch.randn(2, 6, 4)), {}),
    (ProfileWindow(width=3), (torch.randn(2, 2, 6), torch.tensor([[9, 4], [0, 7]])), {}),
    (
        ATACSplitPoolMaxNorm(motif_dim=3, atac_kernel_num=2, joint_kernel_num=4, update_in_eval=False),
        (torch.randn(2, 100, 3), torch.rand(2, 100), torch.tensor([[50, 25], [0, 75]])),
        {},
    ),
    (PoissonNLL(log_input=False), (torch.rand(2, 6, 3), torch.rand(2, 6, 3)), {}),
    (MNLL(), (torch.randn(2, 6, 3), torch.rand(2, 6, 3)), {}),
]
IDS = [f"{type(body).__name__}{'_' + '_'.join(kwargs) if kwargs else ''}" for body, _, kwargs in BODIES]


@pytest.mark.parametrize(("body", "args", "kwargs"), BODIES, ids=IDS)
def test_export(body: nn.Module, args: tuple[Tensor, ...], kwargs: dict[str, Tensor]) -> None:
    body = body.eval()
    batch = {0: Dim.DYNAMIC}
    shapes = (tuple(batch for _ in args), dict.fromkeys(kwargs, batch))
    exported = torch.export.export(
        body, args, kwargs, dynamic_shapes=(*shapes[0], *shapes[1].values()) if kwargs else shapes[0]
    )
    more = tuple(torch.cat([x, x[:1]]) for x in args)
    more_kwargs = {name: torch.cat([x, x[:1]]) for name, x in kwargs.items()}
    torch.testing.assert_close(exported.module()(*more, **more_kwargs), body(*more, **more_kwargs))


@pytest.mark.parametrize(("body", "args", "kwargs"), BODIES, ids=IDS)
def test_compile_without_a_graph_break(
    body: nn.Module, args: tuple[Tensor, ...], kwargs: dict[str, Tensor]
) -> None:
    compiled = torch.compile(body, backend="eager", fullgraph=True)
    torch.testing.assert_close(compiled(*args, **kwargs), body(*args, **kwargs))

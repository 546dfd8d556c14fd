"""Ragged batches of odd sizes: 3 samples, 5 regions, an absent one, an empty contact matrix."""

import torch
from torch import Tensor

B, R = 3, 5
ALIGNED = [[50, 25, 0, 100, 25], [25, 25, 25, 25, 25], [0, 0, 0, 0, 75]]
# a long one, so that the middle of its profile counts, one shorter than the profile's kernel
RAGGED = [[30, 7, 0, 41, 12], [13, 13, 13, 13, 13], [0, 0, 0, 0, 1203]]


def batch_for(kind: str, features: int, motifs: int, seed: int = 0) -> dict[str, Tensor]:
    random = torch.Generator().manual_seed(seed)
    batch = _regions(features, random)
    if kind != "region":
        lengths = torch.tensor(ALIGNED if kind == "peaks" else RAGGED)
        batch |= _sequences(lengths, motifs, random)
    return batch


def _regions(features: int, random: torch.Generator) -> dict[str, Tensor]:
    starts = torch.randint(0, 4_000_000, (B, R), generator=random).sort(1).values + 100_000_000
    contacts = torch.rand(B, R, R, generator=random) * 3
    contacts = contacts * (torch.rand(B, R, R, generator=random) > 0.3)
    contacts[1] = 0
    mask = torch.randint(0, 2, (B, R), generator=random)
    mask[0, 0] = 1
    return {
        "region_motif": torch.rand(B, R, features, generator=random),
        "exp_label": torch.rand(B, R, 2, generator=random) * 3,
        "hic_matrix": contacts,
        "mask": mask,
        "peak_coord": torch.stack([starts, starts + torch.randint(80, 2000, (B, R), generator=random)], 2),
    }


def _sequences(lengths: Tensor, motifs: int, random: torch.Generator) -> dict[str, Tensor]:
    longest = int(lengths.sum(1).max()) + 3  # padding in every sample
    codes = torch.randint(0, 5, (B, longest), generator=random)  # 4: N
    means = torch.rand(B, 1, motifs + 2, generator=random) * 0.2
    return {
        "sample_peak_sequence": torch.nn.functional.one_hot(codes, 5)[..., :4].to(means.dtype),
        "sample_track": torch.rand(B, longest, generator=random) * 4,
        "peak_lengths": lengths,
        "motif_mean_std": torch.cat([means, means + 0.5], 1),
        "padding_mask": lengths == 0,
        "loss_mask": torch.rand(B, R, 1, generator=random) < 0.5,
        "atpm": torch.rand(B, R, generator=random),
        "libsize": torch.tensor([3e4, 1e5, 7e4]),
    }

"""Body of `relative_attention.get`."""

import math
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

GammaMax = Literal["features", "positions"]


class RelativeAttention(nn.Module):
    def __init__(
        self,
        *,
        dim: int,
        heads: int = 8,
        dim_key: int = 64,
        dim_value: int = 64,
        num_rel_pos_features: int,
        dropout: float = 0.0,
        pos_dropout: float = 0.0,
        gamma_max: GammaMax = "features",
        distances: Literal["enformer", "steps"] = "enformer",
    ) -> None:
        super().__init__()
        self.heads = heads
        self.scale = dim_key**-0.5
        self.num_rel_pos_features = num_rel_pos_features
        self.dropout = dropout
        self.pos_dropout = pos_dropout
        self.gamma_max: GammaMax = gamma_max
        self.distances = distances
        self.to_q = nn.Linear(dim, heads * dim_key, bias=False)
        self.to_k = nn.Linear(dim, heads * dim_key, bias=False)
        self.to_v = nn.Linear(dim, heads * dim_value, bias=False)
        self.to_out = nn.Linear(heads * dim_value, dim)
        nn.init.zeros_(self.to_out.weight)
        nn.init.zeros_(self.to_out.bias)
        self.to_rel_k = nn.Linear(num_rel_pos_features, heads * dim_key, bias=False)
        self.rel_content_bias = nn.Parameter(torch.randn(1, heads, 1, dim_key))
        self.rel_pos_bias = nn.Parameter(torch.randn(1, heads, 1, dim_key))

    def forward(self, x: Tensor) -> Tensor:
        """x [B, N, D] -> [B, N, D]."""
        q, k, v = (self._heads(project(x)) for project in (self.to_q, self.to_k, self.to_v))
        q = q * self.scale
        far = self._distances(x.shape[1])
        rel_k = self._heads(self.to_rel_k(F.dropout(far, self.pos_dropout, self.training)))  # [H, 2N - 1, dk]
        by_distance = (q + self.rel_pos_bias) @ rel_k.transpose(-2, -1)  # [B, H, N, 2N - 1]
        attended = F.scaled_dot_product_attention(
            q + self.rel_content_bias,
            k,
            v,
            attn_mask=by_pair(by_distance),
            dropout_p=self.dropout if self.training else 0.0,
            scale=1.0,
        )
        y: Tensor = self.to_out(attended.transpose(1, 2).flatten(2))
        return y

    def _distances(self, n: int) -> Tensor:
        """What tells the distances apart, [2n - 1, features]."""
        if self.distances == "steps":
            return step_features(n, self.num_rel_pos_features, self.to_rel_k.weight)
        return distance_features(n, self.num_rel_pos_features, self.gamma_max, self.to_rel_k.weight)

    def _heads(self, x: Tensor) -> Tensor:
        """[..., N, H * d] -> [..., H, N, d]."""
        return x.reshape(*x.shape[:-1], self.heads, -1).transpose(-3, -2)


def by_pair(scores: Tensor) -> Tensor:
    """Scores of a query with each distance, [..., N, 2N - 1], as those with each key, [..., N, N].

    Key j is j - i away from query i, and distance 0 is column N - 1.
    """
    n = scores.shape[-2]
    # a column more makes each row start one distance later than the row before it
    longer = F.pad(scores, (0, 1)).flatten(-2)  # [..., N * 2N]
    rows = longer[..., n - 1 : n - 1 + n * (2 * n - 1)]
    return rows.reshape(*scores.shape)[..., :n]


def distance_features(n: int, features: int, gamma_max: GammaMax, like: Tensor) -> Tensor:
    """What tells the distances -(n - 1) … n - 1 apart, [2n - 1, features], of the type and device of `like`.

    In half precision the gamma densities, exponentials of large numbers, would be noise: they are made in
    single precision at least.
    """
    dtype = torch.promote_types(like.dtype, torch.float32)
    distance = torch.arange(1 - n, n, device=like.device).to(dtype)[:, None]
    kinds = features // 6
    positive = torch.cat(
        [
            _exponential(distance.abs(), kinds),
            _within(distance.abs(), kinds),
            _gamma(distance.abs(), kinds, gamma_max),
        ],
        dim=-1,
    )
    return torch.cat([positive, distance.sign() * positive], dim=-1).to(like.dtype)


def step_features(n: int, features: int, like: Tensor) -> Tensor:
    """Borzoi's features of the distances -(n - 1) … n - 1, [2n - 1, features].

    1 within (n + 1)^(i / count) - 1 positions, i = 1 … count, and the same with the distance's sign; made in
    single precision at least.
    """
    dtype = torch.promote_types(like.dtype, torch.float32)
    distance = torch.arange(1 - n, n, device=like.device).to(dtype)[:, None]
    exponent = torch.arange(1, features // 2 + 1, device=like.device).to(dtype) / (features // 2)
    within = ((_tokens(distance.abs()) + 1) ** exponent - 1 > distance.abs()).to(dtype)
    return torch.cat([within, distance.sign() * within], dim=-1).to(like.dtype)


def _steps(first: float, far: Tensor, count: int) -> Tensor:
    """`count` evenly spaced numbers, `first` to 1."""
    return torch.linspace(first, 1.0, count, dtype=far.dtype, device=far.device)


def _tokens(far: Tensor) -> Tensor:
    """The number of tokens, as a tensor: an exported graph keeps it free."""
    return far.max() + 1


def _exponential(far: Tensor, count: int) -> Tensor:
    """Halved every 2^3 … n positions."""
    half_life = 2 ** (3 + (_tokens(far).log2() - 3) * _steps(0.0, far, count))
    return torch.exp(-math.log(2.0) / half_life * far)


def _within(far: Tensor, count: int) -> Tensor:
    """1 within 2^i - 1 positions, i = 1 … count."""
    width = 2 ** torch.arange(1, count + 1, device=far.device).to(far.dtype) - 1
    return (width > far).to(far.dtype)


def _gamma(far: Tensor, count: int, gamma_max: GammaMax) -> Tensor:
    """Gamma densities with means n / count … n and the standard deviation n / (2 count), their largest 1."""
    step = torch.arange(1, count + 1, device=far.device).to(far.dtype)
    shape = 4 * step**2  # the squared mean over deviation, whatever n is
    rate = 4 * count * step / _tokens(far)
    log_gamma = far.new_tensor([math.lgamma(4 * i * i) for i in range(1, count + 1)])
    log_density = torch.xlogy(shape - 1, far) - rate * far - (log_gamma - shape * torch.log(rate))
    density = log_density.exp() + 1e-8
    return density / density.amax(dim=-1 if gamma_max == "features" else 0, keepdim=True)

"""Blocks of Enformer, against loops that are written from the paper's formulas."""

import math
from pathlib import Path

import pytest
import torch
from torch import Tensor

import getdsl
from getdsl.blocks.relative_attention import RelativeAttention, by_pair, distance_features
from getdsl.blocks.softmax_pool1d import SoftmaxPool1d
from getdsl.blocks.target_length_crop import TargetLengthCrop

DOUBLE = torch.float64


def gamma_density(x: float, mean: float, deviation: float) -> float:
    shape, rate = (mean / deviation) ** 2, mean / deviation**2
    if x == 0:
        return 1e-8
    log = shape * math.log(rate) - math.lgamma(shape) + (shape - 1) * math.log(x) - rate * x
    return math.exp(log) + 1e-8


def slow_features(n: int, count: int, over: str) -> Tensor:
    """Features of the distances from -(n - 1) to n - 1, one number at a time."""
    kinds = count // 6
    rows = []
    for distance in range(1 - n, n):
        far = abs(distance)
        half_lives = [2 ** (3 + i * (math.log2(n) - 3) / max(kinds - 1, 1)) for i in range(kinds)]
        decays = [0.5 ** (far / half_life) for half_life in half_lives]
        steps = [float(far < 2**i - 1) for i in range(1, kinds + 1)]
        means = [n / kinds + i * (n - n / kinds) / max(kinds - 1, 1) for i in range(kinds)]
        gammas = [gamma_density(far, mean, n / (2 * kinds)) for mean in means]
        rows.append([*decays, *steps, *gammas])
    table = torch.tensor(rows, dtype=DOUBLE)
    gammas_of = table[:, 2 * kinds :]
    table[:, 2 * kinds :] = gammas_of / gammas_of.amax(1 if over == "features" else 0, keepdim=True)
    sign = torch.arange(1 - n, n).sign().to(DOUBLE)[:, None]
    return torch.cat([table, sign * table], dim=1)


@pytest.mark.parametrize("over", ["features", "positions"])
@pytest.mark.parametrize(("n", "count"), [(16, 12), (9, 24), (40, 6)])
def test_distance_features(n: int, count: int, over: str) -> None:
    got = distance_features(n, count, over, torch.zeros(1, dtype=DOUBLE))  # type: ignore[arg-type]
    torch.testing.assert_close(got, slow_features(n, count, over), rtol=1e-9, atol=1e-12)


def test_distance_features_of_one_token_and_in_half_precision() -> None:
    assert distance_features(1, 12, "features", torch.zeros(1)).shape == (1, 12)
    half = distance_features(300, 48, "features", torch.zeros(1, dtype=torch.bfloat16))
    assert half.dtype == torch.bfloat16
    want = distance_features(300, 48, "features", torch.zeros(1, dtype=DOUBLE))
    torch.testing.assert_close(half.double(), want, rtol=1e-2, atol=1e-2)


@pytest.mark.parametrize("n", [1, 2, 7])
def test_each_pair_gets_the_score_of_its_distance(n: int) -> None:
    scores = torch.randn(2, 3, n, 2 * n - 1)
    got = by_pair(scores)
    for i in range(n):
        for j in range(n):
            assert torch.equal(got[..., i, j], scores[..., i, j - i + n - 1])


@pytest.mark.parametrize(("n", "heads"), [(5, 1), (6, 2), (1, 2)])
def test_relative_attention(n: int, heads: int) -> None:
    torch.manual_seed(n)
    module = RelativeAttention(
        dim=10, heads=heads, dim_key=3, dim_value=4, num_rel_pos_features=12, dropout=0.5, pos_dropout=0.5
    ).to(DOUBLE)
    torch.nn.init.normal_(module.to_out.weight)
    module.eval()
    x = torch.randn(2, n, 10, dtype=DOUBLE, requires_grad=True)
    features = slow_features(n, 12, "features") if n > 1 else distance_features(1, 12, "features", x)
    want = []
    for b in range(2):
        rows = []
        for i in range(n):
            read = []
            for h in range(heads):
                q = module.to_q(x[b, i]).view(heads, 3)[h] * 3**-0.5
                scores = []
                for j in range(n):
                    k = module.to_k(x[b, j]).view(heads, 3)[h]
                    r = module.to_rel_k(features[j - i + n - 1]).view(heads, 3)[h]
                    content = (q + module.rel_content_bias[0, h, 0]) @ k
                    scores.append(content + (q + module.rel_pos_bias[0, h, 0]) @ r)
                weight = torch.stack(scores).softmax(0)
                values = torch.stack([module.to_v(x[b, j]).view(heads, 4)[h] for j in range(n)])
                read.append(weight @ values)
            rows.append(module.to_out(torch.cat(read)))
        want.append(torch.stack(rows))
    expected = torch.stack(want)
    got = module(x)
    torch.testing.assert_close(got, expected)
    [gradient] = torch.autograd.grad(got.sin().sum(), x, retain_graph=True)
    [expected_gradient] = torch.autograd.grad(expected.sin().sum(), x)
    torch.testing.assert_close(gradient, expected_gradient)


def test_relative_attention_starts_as_nothing_and_drops_while_training() -> None:
    module = RelativeAttention(dim=12, heads=2, num_rel_pos_features=6, dropout=0.5)
    x = torch.randn(2, 5, 12)
    assert not module(x).any()
    torch.nn.init.normal_(module.to_out.weight)
    assert not torch.equal(module(x), module(x))
    assert torch.equal(module.eval()(x), module(x))


@pytest.mark.parametrize("pool_size", [1, 2, 3])
def test_softmax_pool(pool_size: int) -> None:
    module = SoftmaxPool1d(dim=4, pool_size=pool_size).to(DOUBLE)
    identity = module.to_attn_logits.weight[:, :, 0, 0]
    assert torch.equal(identity, 2 * torch.eye(4, dtype=DOUBLE))
    torch.nn.init.normal_(module.to_attn_logits.weight)
    x = torch.randn(2, 5 * pool_size, 4, dtype=DOUBLE)
    got = module(x)
    for window in range(5):
        inside = x[:, window * pool_size : (window + 1) * pool_size]  # [B, P, C]
        scores = inside @ module.to_attn_logits.weight[:, :, 0, 0].T
        want = sum(
            scores[:, p].exp() / scores.exp().sum(1) * inside[:, p] for p in range(pool_size)
        )  # [B, C]
        torch.testing.assert_close(got[:, window], want)


def test_softmax_pool_of_a_length_that_does_not_divide() -> None:
    with pytest.raises(ValueError, match="a length of 5 does not divide into windows of 2"):
        SoftmaxPool1d(dim=3)(torch.zeros(1, 5, 3))


@pytest.mark.parametrize(("length", "kept"), [(10, range(3, 7)), (9, range(2, 6)), (4, range(4))])
def test_target_length_crop(length: int, kept: range) -> None:
    x = torch.arange(length).view(1, length, 1)
    assert TargetLengthCrop(target_length=4)(x).flatten().tolist() == list(kept)


def test_target_length_crop_of_a_shorter_sequence() -> None:
    with pytest.raises(ValueError, match="the middle 4 positions of a sequence of 3"):
        TargetLengthCrop(target_length=4)(torch.zeros(1, 3, 1))


def test_quick_gelu_is_near_gelu(tmp_path: Path) -> None:
    path = tmp_path / "one.get"
    path.write_text("model M { input x: [B, 9]  output y = x -> QuickGELU() }")
    x = torch.linspace(-4, 4, 18).view(2, 9)
    got = getdsl.compile(path).module(x=x)["y"]
    torch.testing.assert_close(got, x / (1 + torch.exp(-1.702 * x)))
    torch.testing.assert_close(got, torch.nn.functional.gelu(x), rtol=0, atol=0.021)


def test_the_tower_stage_is_its_parts(tmp_path: Path) -> None:
    path = tmp_path / "one.get"
    path.write_text("model M { input x: [B, 2 * N, 3]  s = x -> PreNormConvStage(3, 4)  output y = s }")
    compiled = getdsl.compile(path, seed=0)
    module = compiled.module.eval()
    state = dict(module.state_dict())
    for key in state:
        if "running_var" in key:
            state[key].uniform_(0.5, 2)
        elif state[key].is_floating_point():
            state[key].normal_()

    def norm_conv(x: Tensor, name: str) -> Tensor:
        part = {key.removeprefix(f"s.{name}."): value for key, value in state.items() if name in key}
        centred = (x - part["batch_norm.running_mean"]) / (part["batch_norm.running_var"] + 1e-5).sqrt()
        x = centred * part["batch_norm.weight"] + part["batch_norm.bias"]
        x = x * (1.702 * x).sigmoid()
        width = part["conv.weight"].shape[-1]
        padded = torch.nn.functional.pad(x, (0, 0, width // 2, width // 2))
        windows = padded.unfold(1, width, 1)  # [B, L, C, K]
        return torch.einsum("blck,ock->blo", windows, part["conv.weight"]) + part["conv.bias"]

    x = torch.randn(2, 12, 3)
    conv = norm_conv(x, "conv")
    both = conv + norm_conv(conv, "pointwise")
    pool = SoftmaxPool1d(dim=4)
    pool.load_state_dict({"to_attn_logits.weight": state["s.pool.to_attn_logits.weight"]})
    torch.testing.assert_close(module(x=x)["y"], pool(both), rtol=1e-4, atol=1e-5)


def test_relative_attention_is_exported_with_a_free_length() -> None:
    module = RelativeAttention(dim=8, heads=2, num_rel_pos_features=12).eval()
    torch.nn.init.normal_(module.to_out.weight)
    free = {0: torch.export.Dim.DYNAMIC, 1: torch.export.Dim.DYNAMIC}
    exported = torch.export.export(module, (torch.randn(2, 6, 8),), dynamic_shapes=(free,))
    x = torch.randn(3, 11, 8)
    torch.testing.assert_close(exported.module()(x), module(x))

import math
from pathlib import Path
from typing import cast

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from getdsl.blocks.motif_scanner import MotifScanner
from getdsl.formats.meme import read_meme

YEAST = Path(__file__).parents[2] / "getdsl/data/yeast/JASPAR2026_fungi.meme"

TWO = """MOTIF short
letter-probability matrix: w= 2
0.7 0.1 0.1 0.1
0.0 0.0 1.0 0.0
MOTIF longer
letter-probability matrix: w= 3
0.25 0.25 0.25 0.25
0.0 1.0 0.0 0.0
0.0 0.0 0.0 1.0
"""


@pytest.fixture
def two(tmp_path: Path) -> str:
    path = tmp_path / "two.meme"
    path.write_text(TWO)
    return str(path)


def dna(*shape: int, seed: int = 0) -> Tensor:
    """Random one-hot DNA, one base in five an N."""
    codes = torch.randint(0, 5, shape, generator=torch.Generator().manual_seed(seed))
    return F.one_hot(codes, 5)[..., :4].float()


def conv_of(scanner: MotifScanner) -> nn.Conv1d:
    return cast(nn.Conv1d, scanner.motif[0])


def bias_of(scanner: MotifScanner) -> Tensor:
    return cast(Tensor, conv_of(scanner).bias).detach()


def opposite(x: Tensor) -> Tensor:
    """The other strand of [B, L, 4]."""
    return x.flip(1, 2)


@pytest.mark.parametrize("width", [1, 4, 5])
def test_a_kernel_is_centred_and_reads_the_sequence_forwards(width: int) -> None:
    scanner = MotifScanner(num_motif=1, kernel_size=width, include_reverse_complement=False, has_bias=False)
    x = dna(2, 9)
    kernel = conv_of(scanner).weight[0].detach()  # [4, width]
    want = torch.zeros(2, 9)
    for position in range(9):
        start = position - (width - 1) // 2
        for j in range(max(0, -start), min(width, 9 - start)):
            want[:, position] += x[:, start + j] @ kernel[:, j]
    torch.testing.assert_close(scanner(x)[..., 0], want.relu())


@pytest.mark.parametrize("kernel_size", [1, 2, 5, 8, 29])
@pytest.mark.parametrize("length", [1, 2, 4, 30])
@pytest.mark.parametrize("tie", [False, True])
def test_any_kernel_width_and_any_length(kernel_size: int, length: int, tie: bool) -> None:
    scanner = MotifScanner(num_motif=3, kernel_size=kernel_size, tie_strands=tie)
    assert scanner(dna(2, length)).shape == (2, length, 3)


def test_no_samples() -> None:
    assert MotifScanner(num_motif=3)(dna(0, 30)).shape == (0, 30, 3)


def test_scanning_the_other_strand_mirrors_the_result(two: str) -> None:
    scanner = MotifScanner(num_motif=2, kernel_size=7, motifs=two, prior="log_odds")
    x = dna(3, 40)
    assert scanner(x).max() > 0
    torch.testing.assert_close(scanner(opposite(x)), scanner(x).flip(1))


def test_tied_strands_stay_mirrored_while_they_learn() -> None:
    torch.manual_seed(0)
    x, y = dna(3, 40), torch.randn(3, 40, 4)
    for tie, mirrored in ((True, True), (False, False)):
        scanner = MotifScanner(num_motif=4, kernel_size=7, learnable=True, tie_strands=tie)
        assert len(conv_of(scanner).weight) == (4 if tie else 8)
        (scanner(x) - y).square().sum().backward()
        torch.optim.SGD(scanner.parameters(), 0.01).step()
        assert torch.allclose(scanner(opposite(x)), scanner(x).flip(1), atol=1e-5) == mirrored


def test_the_strands_of_ctcf_come_last() -> None:
    scanner = MotifScanner(num_motif=4, kernel_size=5, bidirectional_except_ctcf=True, ctcf_index=2)
    x = dna(2, 20)
    both = F.relu(scanner.motif(F.pad(x.transpose(1, 2), (2, 2)))).transpose(1, 2)
    out = scanner(x)
    assert out.shape == (2, 20, 6)
    torch.testing.assert_close(out[..., :4], both[..., :4] + both[..., 4:])
    torch.testing.assert_close(out[..., 4:], both[..., [2, 6]])


def test_ctcf_has_no_channels_of_its_own_on_one_strand() -> None:
    scanner = MotifScanner(num_motif=4, include_reverse_complement=False, bidirectional_except_ctcf=True)
    assert scanner(dna(1, 30)).shape == (1, 30, 4)


def test_normalisation() -> None:
    scanner = MotifScanner(num_motif=3, kernel_size=5)
    x = dna(2, 20)
    mean_std = torch.rand(2, 2, 3) + 0.1
    raw = scanner(x)
    want = F.relu((raw - mean_std[:, 0][:, None]) / mean_std[:, 1][:, None])
    torch.testing.assert_close(scanner(x, motif_mean_std=mean_std), want)
    scanner.motif_prior = False
    torch.testing.assert_close(scanner(x, motif_mean_std=mean_std), raw)


def test_the_kernels_are_frozen_unless_learnable_and_the_bias_never() -> None:
    for learnable in (False, True):
        conv = conv_of(MotifScanner(num_motif=3, learnable=learnable))
        assert [p.requires_grad for p in conv.parameters()] == [learnable, True]
    assert set(MotifScanner(num_motif=3, has_bias=False).state_dict()) == {"motif.0.weight"}


def test_probability_kernels(two: str) -> None:
    scanner = MotifScanner(num_motif=2, kernel_size=4, motifs=two)
    weight = conv_of(scanner).weight  # [motif, base, position]
    short = torch.tensor([[0.7, 0, 0, 0], [0.1, 0, 0, 0], [0.1, 1, 0, 0], [0.1, 0, 0, 0]])
    torch.testing.assert_close(weight[0], short / 2)
    torch.testing.assert_close(weight[2:], weight[:2].flip(1, 2))
    assert not bias_of(scanner).any()


def test_log_odds_kernels(two: str) -> None:
    scanner = MotifScanner(num_motif=2, kernel_size=4, motifs=two, prior="log_odds", tie_strands=True)
    weight = conv_of(scanner).weight
    assert weight.shape == (2, 4, 4)

    def odds(p: float) -> float:
        return math.log((p + 0.01) / 1.04 / 0.25)

    assert float(weight[0, 0, 0]) == pytest.approx(odds(0.7))
    assert float(weight[0, 3, 1]) == pytest.approx(odds(0.0))
    assert not weight[0, :, 2:].any()
    assert bias_of(scanner).tolist() == pytest.approx(
        [-(odds(0.7) + odds(1)) / 2, -(odds(0.25) + odds(1) + odds(1)) / 2]
    )


def test_the_best_site_of_a_log_odds_motif_scores_half_its_best() -> None:
    motifs = read_meme(YEAST)
    scanner = MotifScanner(
        num_motif=193, motifs=str(YEAST), prior="log_odds", include_reverse_complement=False
    )
    for i in (0, 50, 192):
        best = F.one_hot(torch.tensor(motifs[i].matrix).argmax(1), 4).float()
        x = F.pad(best, (0, 0, 14, 30))[None]
        score, bias = scanner(x).detach()[0, 28, i], bias_of(scanner)[i]
        assert float(score) == pytest.approx(-float(bias), rel=1e-4)


def test_a_scanner_without_the_file_takes_the_weights_of_one_with_it(two: str) -> None:
    filled = MotifScanner(num_motif=2, motifs=two)
    empty = MotifScanner(num_motif=2)
    empty.load_state_dict(filled.state_dict(), strict=True)
    x = dna(2, 40)
    assert torch.equal(empty(x), filled(x))


def test_a_motif_that_is_too_wide_is_named(two: str) -> None:
    with pytest.raises(ValueError, match="motif longer is 3 bp wide, and kernel_size is 2"):
        MotifScanner(num_motif=2, kernel_size=2, motifs=two)
    MotifScanner(num_motif=2, kernel_size=3, motifs=two)


def test_more_motifs_than_num_motif(two: str) -> None:
    with pytest.raises(ValueError, match="2 motifs, and num_motif is 1"):
        MotifScanner(num_motif=1, motifs=two)


def test_fewer_motifs_leave_random_kernels_only_where_they_can_learn(two: str) -> None:
    with pytest.raises(ValueError, match="must be learnable"):
        MotifScanner(num_motif=3, motifs=two)
    for tie in (False, True):
        scanner = MotifScanner(num_motif=3, motifs=two, learnable=True, tie_strands=tie)
        torch.testing.assert_close(
            conv_of(scanner).weight[:2], conv_of(MotifScanner(num_motif=2, motifs=two)).weight[:2]
        )
        assert conv_of(scanner).weight[2].std() > 0

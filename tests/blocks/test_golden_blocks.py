"""Each Python body against what GET's class of that name computed."""

from typing import Any, TypeVar

import pytest
import torch
from torch import Tensor, nn

from getdsl.blocks.attention import Attention
from getdsl.blocks.log1p_mse import Log1pMSE
from getdsl.blocks.mnll import MNLL
from getdsl.blocks.motif_scanner import MotifScanner
from getdsl.blocks.split_pool import SplitPool
from tests.golden.cases import Case, check, leaf, load, peak_lengths

Body = TypeVar("Body", bound=nn.Module)


def without_freezed(case: Case) -> dict[str, Any]:
    return {key: value for key, value in case.config.items() if key != "freezed"}


def loaded(body: Body, case: Case) -> Body:
    """The body with GET's weights, key for key, and in GET's training state."""
    body.load_state_dict(case["w"], strict=True)
    trainable = [name for name, p in body.named_parameters() if p.requires_grad]
    assert sorted(trainable) == sorted(case.meta["trainable"])
    return body.eval()


def inputs_of(case: Case) -> dict[str, Tensor]:
    return {name: leaf(case["in"][name]) if name in case["gin"] else x for name, x in case["in"].items()}


@pytest.mark.parametrize(
    "name",
    [
        "bidir_noprior_nobias",
        "bidir_prior_bias_norm",
        "norc_noprior_small",
        "norc_prior_quirk",
        "rc_prior_bias",
        "rc_prior_nobias_learnable_norm",
    ],
)
def test_motif_scanner(name: str) -> None:
    case = load(f"MotifScanner__{name}")
    scanner = loaded(MotifScanner(**without_freezed(case)), case)
    given = inputs_of(case)
    y = scanner(given["x"], motif_mean_std=given.get("motif_mean_std"))
    leaves = {key: x for key, x in given.items() if x.requires_grad}
    check(case, {"y": y}, scanner, leaves)


def test_motif_scanner_with_tied_strands_scans_like_untied_kernels_that_mirror_each_other() -> None:
    case = load("MotifScanner__rc_prior_bias")
    scanner = MotifScanner(tie_strands=True)
    first = {key: w[: scanner.num_motif] for key, w in case["w"].items()}
    scanner.load_state_dict(
        {"motif.0.weight": first["motif.0.weight"], "motif.0.bias": first["motif.0.bias"]}
    )
    untied = MotifScanner()
    untied.load_state_dict(
        {"motif.0.weight": case["w"]["motif.0.weight"], "motif.0.bias": first["motif.0.bias"].repeat(2)}
    )
    x = case["in"]["x"]
    torch.testing.assert_close(scanner(x), untied(x))


@pytest.mark.parametrize(
    ("name", "method"),
    [
        # the newer class ignores the method and takes the mean; the older honours it
        ("SplitPool__int_chunk", "mean"),
        ("SplitPool__max_ignored", "mean"),
        ("SplitPool__max_n_peaks_larger", "mean"),
        ("SplitPool__mean", "mean"),
        ("SplitPool__nonsense_ignored__v2", "mean"),
        ("SplitPool__sum_ignored", "mean"),
        ("pooling_SplitPool__mean", "mean"),
        ("pooling_SplitPool__mean__v2", "mean"),
        ("pooling_SplitPool__sum", "sum"),
        ("pooling_SplitPool__sum__v2", "sum"),
    ],
)
def test_split_pool(name: str, method: Any) -> None:
    case = load(name)
    x = leaf(case["in"]["x"])
    check(case, {"y": SplitPool(pool_method=method)(x, peak_lengths(case))}, inputs={"x": x})


ATTENTION = [
    "bias2d",
    "bias3d",
    "bias3d__v2",
    "bias_mask2d",
    "mask1d_bias4d",
    "nobias_scale_headdim",
    "row_fully_masked",
]


@pytest.mark.parametrize("name", ATTENTION)
def test_attention(name: str) -> None:
    case = load(f"Attention__{name}")
    attention = loaded(Attention(**case.config), case)
    given = inputs_of(case)
    masks = {"mask": given.get("attention_mask"), "bias": given.get("attention_bias")}
    both = attention(given["x"], **masks, outputs=("y", "attn"))
    leaves = {key: x for key, x in given.items() if x.requires_grad}
    check(case, {"x": both["y"], "attn": both["attn"]}, attention, leaves)


@pytest.mark.parametrize("name", ATTENTION)
def test_attention_without_its_map_is_the_same(name: str) -> None:
    case = load(f"Attention__{name}")
    attention = loaded(Attention(**case.config), case).double()
    given = {key: x.double() if x.is_floating_point() else x for key, x in case["in"].items()}
    masks = {"mask": given.get("attention_mask"), "bias": given.get("attention_bias")}
    fast, slow = leaf(given["x"]), leaf(given["x"])
    y = attention(fast, **masks)
    want = attention(slow, **masks, outputs=("y", "attn"))["y"]
    torch.testing.assert_close(y, want)
    y.square().sum().backward()
    want.square().sum().backward()
    torch.testing.assert_close(fast.grad, slow.grad)
    tolerance = case.meta["tol"]["out"]["x"]
    torch.testing.assert_close(y.detach(), case["out"]["x"].double(), **tolerance)


def test_mnll() -> None:
    case = load("MNLLLoss")
    given = inputs_of(case)
    check(case, {"loss": MNLL()(given["logps"], given["true_counts"]).mean()}, inputs=given)


def test_log1p_mse() -> None:
    case = load("log1pMSELoss")
    given = inputs_of(case)
    loss = Log1pMSE()(given["log_predicted_counts"], given["true_counts"]).mean()
    check(case, {"loss": loss}, inputs=given)

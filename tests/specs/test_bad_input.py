"""Wrong sizes, files and batches: one diagnostic at check, an error at run, never NaN."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor

import getdsl
from getdsl.compiler.lower.inputs import InputError
from tests.golden.cases import find
from tests.specs.models import MODELS
from tests.specs.test_specs import SPECS, trial

Batch = dict[str, Tensor]
MEME = str(find("components/meme_small.meme"))  # 12 motifs
SCANNER = {"num_motif": 12, "motif_scanner.ctcf_index": 1, "motif_scanner.motifs": MEME}


@pytest.mark.parametrize(
    ("name", "params", "message"),
    [
        ("region_finetune", {"embed_dim": 10, "num_heads": 3}, "dim must be a multiple of num_heads"),
        ("region_finetune", {"num_heads": 0}, "num_heads must be positive"),
        ("region_finetune", {"num_layers": 0}, "num_layers must be positive"),
        ("region_finetune", {"output_dim": 0}, "output_dim must be positive"),
        ("region_finetune", {"dropout": 2.0}, "p must be between 0 and 1"),
        ("region_finetune_exp_hic_axial", {"embed_dim": 10, "num_heads": 3}, "dim must be a multiple"),
        ("region_finetune_positional", {"embed_dim": 9, "num_heads": 3}, "d_model must be even"),
        ("pretrain", {"num_motif": 10}, "ctcf_index must be below num_motif"),
        ("pretrain", SCANNER | {"num_motif": 11}, "the file has more motifs than num_motif"),
        ("pretrain", SCANNER | {"num_motif": 13}, "the file has fewer motifs than num_motif"),
        ("pretrain", SCANNER | {"motif_scanner.kernel_size": 3}, "wider than kernel_size"),
        ("pretrain", SCANNER | {"motif_scanner.motifs": "/no.meme"}, "cannot read `/no.meme`"),
        ("chrombpnet_bias", {"profile_kernel_size": 0}, "profile_kernel_size must be positive"),
        ("chrombpnet_bias", {"n_dil_layers": -1}, "n_dil_layers cannot be negative"),
        ("region_finetune", {"encoder.num_head": 3}, "there is nothing named `encoder.num_head` to set"),
    ],
)
def test_one_diagnostic_at_check(name: str, params: dict[str, Any], message: str) -> None:
    checked = getdsl.check(SPECS / f"{name}.get", params=params)
    assert len(checked.diagnostics) == 1, checked.diagnostics
    assert message in checked.diagnostics[0].message


def run(name: str, change: Callable[[Batch], Batch]) -> dict[str, Tensor]:
    """Outputs and losses of a changed batch."""
    _, compiled, batch = trial(name)
    batch = change(batch)
    outputs = compiled.module(**compiled.prepare(batch))
    return outputs | compiled.loss(outputs, batch)


def without_regions(batch: Batch) -> Batch:
    whole = {"sample_peak_sequence", "sample_track", "motif_mean_std", "libsize"}
    return {key: value if key in whole else value[:, :0] for key, value in batch.items()}


@pytest.mark.parametrize("name", MODELS)
def test_no_regions(name: str) -> None:
    with pytest.raises(InputError, match="the batch is empty: R on axis"):
        run(name, without_regions)


PEAKS = [name for name, plain in MODELS.items() if plain.kind != "region"]


@pytest.mark.parametrize("name", PEAKS)
def test_peaks_beyond_the_sequence(name: str) -> None:
    with pytest.raises(InputError, match="the lengths in `peak_lengths` sum to"):
        run(name, lambda batch: batch | {"peak_lengths": batch["peak_lengths"] * 10})


@pytest.mark.parametrize("name", PEAKS)
def test_all_peaks_absent(name: str) -> None:
    def absent(batch: Batch) -> Batch:
        return batch | {"peak_lengths": batch["peak_lengths"] * 0}

    if name.startswith("chrombpnet"):
        with pytest.raises(ValueError, match="the longest peak has 0 bp, and 9 are needed"):
            run(name, absent)
    else:
        assert not any(tensor.isnan().any() for tensor in run(name, absent).values())


@pytest.mark.parametrize("name", ["pretrain", "pretrain_max_norm"])
def test_lengths_off_the_patches(name: str) -> None:
    _, compiled, batch = trial(name)
    wrong = batch | {"peak_lengths": torch.tensor([[25, 50, 0, 0, 0], [25, 30, 0, 0, 0], [0] * 5])}
    with pytest.raises(InputError, match="row 1"):
        compiled.prepare(wrong)
    with pytest.raises(ValueError, match=r"peak_lengths\[1, 1\] is 30 bp, not a multiple of 25"):
        compiled.module(**{key: wrong[key] for key in compiled.spec.graph.inputs})


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("pretrain", {"padding_mask": torch.ones(3, 5, dtype=torch.bool)}),
        ("region_pretrain", {"mask": torch.zeros(3, 5, dtype=torch.int64)}),
        ("region_pretrain", {"mask": torch.ones(3, 5, dtype=torch.int64)}),
        ("distance_contact_map", {"hic_matrix": torch.zeros(3, 5, 5)}),
        ("region_finetune_exp_hic_abc", {"hic_matrix": torch.zeros(3, 5, 5)}),
        ("region_finetune_hic_oe", {"hic_matrix": torch.zeros(3, 5, 5)}),
        ("chrombpnet_bias", {"libsize": torch.zeros(3)}),
        ("chrombpnet_bias", {"sample_track": torch.zeros(3, 1206)}),
    ],
)
def test_nothing_to_learn_from_is_no_nan(name: str, change: Batch) -> None:
    assert not any(tensor.isnan().any() for tensor in run(name, lambda batch: batch | change).values())


def test_a_batch_of_one() -> None:
    found = run("region_pretrain", lambda batch: {key: value[:1] for key, value in batch.items()})
    assert found["masked"].isfinite().all()


def test_more_regions_than_positions() -> None:
    with pytest.raises(
        ValueError, match=r"axis 1 of the input `region_motif.* is 1500, and .* needs R <= 1000"
    ):
        run("region_finetune_positional", lambda batch: batch | {"region_motif": torch.rand(3, 1500, 7)})


def test_a_kernel_longer_than_the_peaks() -> None:
    params = MODELS["chrombpnet_bias"].params | {"profile_kernel_size": 2001}
    compiled = getdsl.compile(SPECS / "chrombpnet_bias.get", params=params)
    _, _, batch = trial("chrombpnet_bias")
    inputs = {key: value.float() if value.is_floating_point() else value for key, value in batch.items()}
    with pytest.raises(ValueError, match="the longest peak has 1203 bp, and 2001 are needed"):
        compiled.module(**compiled.prepare(inputs))


@pytest.mark.parametrize("pool_method", ["mean", "sum", "max"])
def test_every_way_to_pool(pool_method: str) -> None:
    params = MODELS["pretrain"].params | {"atac_attention.pool_method": pool_method}
    compiled = getdsl.compile(SPECS / "pretrain.get", params=params)
    _, _, batch = trial("pretrain")
    outputs = compiled.module(**compiled.prepare(batch))
    assert outputs["x_original"].isfinite().all()
    assert not outputs["x_original"][:, :, :8][batch["padding_mask"]].any()


def test_running_maxima_that_stay_in_evaluation() -> None:
    for update, moves in ((True, True), (False, False)):
        params = MODELS["pretrain_max_norm"].params | {"atac_attention.update_in_eval": update}
        compiled = getdsl.compile(SPECS / "pretrain_max_norm.get", params=params)
        _, _, batch = trial("pretrain_max_norm")
        maxima = compiled.module.eval().state_dict()["atac_attention.running_max"]
        before = maxima.fill_(0).clone()
        compiled.module(**compiled.prepare(batch))
        assert bool((maxima != before).any()) == moves

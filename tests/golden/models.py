"""Which spec stands for which GET model, and how a recorded config becomes its params."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from tests.golden.cases import Case, lengths_of

SPECS = Path(__file__).parents[2] / "specs" / "get"

SPEC_OF = {
    "DistanceContactMap": "distance_contact_map",
    "GETChrombpNet": "chrombpnet",
    "GETChrombpNetBias": "chrombpnet_bias",
    "GETFinetune": "finetune",
    "GETFinetuneGBM": "finetune_gbm",
    "GETFinetuneMaxNorm": "finetune_max_norm",
    "GETNucleotideMotifAdaptor": "nucleotide_motif_adaptor",
    "GETNucleotideRegionFinetuneATAC": "nucleotide_region_finetune_atac",
    "GETNucleotideRegionFinetuneExp": "nucleotide_region_finetune_exp",
    "GETNucleotideRegionFinetuneExpHiCABC": "nucleotide_region_finetune_exp_hic_abc",
    "GETNucleotideRegionFinetuneExpHiCAxial": "nucleotide_region_finetune_exp_hic_axial",
    "GETNucleotideV1MotifAdaptor": "nucleotide_v1_motif_adaptor",
    "GETPretrain": "pretrain",
    "GETPretrainMaxNorm": "pretrain_max_norm",
    "GETRegionFinetune": "region_finetune",
    "GETRegionFinetuneATAC": "region_finetune_atac",
    "GETRegionFinetuneExpHiCABC": "region_finetune_exp_hic_abc",
    "GETRegionFinetuneExpHiCAxial": "region_finetune_exp_hic_axial",
    "GETRegionFinetuneHiC": "region_finetune_hic",
    "GETRegionFinetuneHiCOE": "region_finetune_hic_oe",
    "GETRegionFinetunePositional": "region_finetune_positional",
    "GETRegionPretrain": "region_pretrain",
    "MLPRegionFinetune": "mlp_region_finetune",
}

# what GET's configs call otherwise, or its models do not read
BLOCK_OF = {"header_hic": "hic_header", "header_abc": "abc_header"}
SETTINGS = {"loss", "metrics", "cfg", "mask_token", "distance_contact_map"}
NOT_OURS = {"freezed", "flash_attn", "num_regions", "use_mean_pooling", "in_features"}
# blocks that a config names and its class does not have
ABSENT = {
    "GETRegionFinetuneExpHiCAxial": {"header_hic", "header_abc"},
    "GETNucleotideRegionFinetuneATAC": {"region_embed"},
}
PARAM_OF = {"drop_path_rate": "dropout"}


def class_of(case: Case) -> str:
    name: str = case.meta["class"].rsplit(".", 1)[-1]
    return name


def spec_of(case: Case) -> Path:
    return SPECS / f"{SPEC_OF[class_of(case)]}.get"


def params_of(case: Case, known: Mapping[str, Any]) -> dict[str, Any]:
    """Overrides that bring a spec to the recorded sizes: the spec's own params, then those of its blocks."""
    config = case.config["model"]["cfg"]
    params: dict[str, Any] = {}
    for block, values in config.items():
        if block in SETTINGS | ABSENT.get(class_of(case), set()) or not isinstance(values, Mapping):
            continue
        for name, value in values.items():
            if name in NOT_OURS or (name == "pool_method" and "n_dil_layers" in values):
                continue
            params[f"{BLOCK_OF.get(block, block)}.{name}"] = value
            own = str(PARAM_OF.get(name, name))
            if own in known:
                params.setdefault(own, value)
    params |= {name: value for name, value in config.items() if name in known}
    return params


def batch_of(case: Case) -> dict[str, Tensor]:
    """The recorded batch in our terms: flat chunk sizes as lengths, the library size by its name."""
    batch = dict(case["batch"])
    if "chunk_size" in batch:
        batch["peak_lengths"] = lengths_of(batch)
    if "metadata.libsize" in batch:
        batch["libsize"] = batch["metadata.libsize"]
    return batch


def inputs_of(case: Case, leaves: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """What GET's forward was called with, in our terms."""
    given = dict(case["in"]) | dict(leaves)
    if "chunk_size" in given:
        given["peak_lengths"] = lengths_of(given)
    return given


def outputs_of(case: Case, outputs: Mapping[str, Tensor], inputs: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Our outputs as GET returns them, with the inputs that it passes on."""
    return dict(_outputs(case, outputs, inputs))


def _outputs(
    case: Case, outputs: Mapping[str, Tensor], inputs: Mapping[str, Tensor]
) -> Iterator[tuple[str, Tensor]]:
    for name in case["out"]:
        if name == "x_masked":
            masked = outputs["masked"]
            flat = class_of(case) == "GETRegionPretrain"
            yield name, masked[inputs["mask"].squeeze(2)] if flat else masked
        elif name == "aprofile":
            yield name, outputs[name].flatten(1)
        elif name in outputs:
            yield name, outputs[name]
        else:
            yield name, inputs[name]


def intended(case: Case) -> dict[str, Tensor]:
    """The terms of the loss that GET gets wrong, from the recorded outputs, as they were meant."""
    name = class_of(case)
    if name == "DistanceContactMap" and "one_empty" in case.name:
        prediction, target = case["out"]["hic"].squeeze(1), case["batch"]["hic_matrix"]
        empty = (target == 0).all(2).all(1)[:, None, None]
        target = torch.where(empty, prediction, target)
        return {"hic": torch.nn.functional.poisson_nll_loss(prediction, target, log_input=False)}
    if name == "GETChrombpNetBias":
        scale = (1e5 / case["batch"]["metadata.libsize"])[:, None]
        profile = case["out"]["aprofile"]
        cut = (profile.shape[1] - 1000) // 2
        counts = torch.nn.functional.softplus(profile[:, cut : cut + 1000]).sum(1, keepdim=True)
        track = case["batch"]["sample_track"].sum(1, keepdim=True)
        error = torch.log10(counts * scale + 1) - torch.log10(track * scale + 1)
        return {"atpm": error.square().mean().float()}
    return {}

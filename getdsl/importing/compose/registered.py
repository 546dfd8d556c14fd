"""The configs that GET registers in Python, known by name: what they say where a file says nothing.

They are facts of GET's `config.py`, whose dataclasses a defaults list names as if they were files.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from getdsl.importing.compose.overrides import node_of
from getdsl.importing.config import Place, Table

MISSING = "???"

_RUN = {"project_name": MISSING, "run_name": MISSING, "use_wandb": True}
_MACHINE = {
    "codebase": MISSING,
    "data_path": MISSING,
    "output_dir": MISSING,
    "num_devices": 1,
    "num_workers": 32,
    "batch_size": 16,
    "fasta_path": MISSING,
}
_TRAINING = {
    "save_ckpt_freq": 10,
    "epochs": 100,
    "warmup_epochs": 5,
    "accumulate_grad_batches": 1,
    "clip_grad": None,
    "use_fp16": True,
    "log_every_n_steps": 25,
    "val_check_interval": 0.5,
    "add_lr_monitor": False,
    "save_every_n_epochs": None,
}
_OPTIMIZER = {
    "lr": 0.001,
    "min_lr": 0.0001,
    "weight_decay": 0.05,
    "opt": "adamw",
    "opt_eps": 1e-8,
    "opt_betas": [0.9, 0.95],
}
_FINETUNE = {
    "resume_ckpt": None,
    "pretrain_checkpoint": False,
    "checkpoint": None,
    "strict": True,
    "model_key": "state_dict",
    "use_lora": False,
    "lora_checkpoint": None,
    "rename_config": None,
    "layers_with_lora": ["region_embed", "encoder", "head_exp"],
    "patterns_to_freeze": ["motif_scanner"],
    "patterns_to_drop": [],
    "additional_checkpoints": [],
}
_TASK = {"test_mode": "predict", "gene_list": None, "layer_names": ["atac_attention"], "mutations": None}
_PEAKS = {
    "zarr_dirs": MISSING,
    "n_peaks_lower_bound": 5,
    "n_peaks_upper_bound": 10,
    "max_peak_length": 5000,
    "peak_count_filter": 0,
    "center_expand_target": 500,
    "padding": 0,
    "peak_name": "peaks_q0.01_tissue_open_exp",
    "negative_peak_name": None,
    "negative_peak_ratio": 0,
    "additional_peak_columns": ["Expression_positive", "Expression_negative", "aTPM", "TSS"],
    "random_shift_peak": None,
    "use_insulation": False,
    "insulation_subsample_ratio": 1,
    "hic_path": None,
    "preload_count": 10,
    "pin_mem": True,
    "n_packs": 1,
    "keep_celltypes": None,
    "leave_out_celltypes": "Astrocyte",
    "leave_out_chromosomes": "chr4,chr14",
    "non_redundant": False,
    "filter_by_min_depth": False,
    "mask_ratio": 0.5,
    "peak_inactivation": None,
    "mutations": None,
    "dataset_size": 40960,
    "eval_dataset_size": 4096,
}
_REFERENCES = {  # of earlier releases, which their run configs still name
    **_PEAKS,
    "reference_region_motif": {
        "root": MISSING,
        "data": "fetal_tfatlas_peaks_motif.hg38.zarr",
        "refdata": "fetal_union_peak_motif_v1.hg38.zarr",
        "motif_scaler": 1.0,
    },
    "quantitative_atac": False,
    "sampling_step": 100,
    "mask_ratio": 0,
    "leave_out_motifs": None,
}
_REGIONS = {
    "root": MISSING,  # a folder of its authors
    "metadata_path": "cell_type_align.txt",
    "num_region_per_sample": 900,
    "transform": None,
    "data_type": "fetal",
    "keep_celltypes": "",
    "is_pretrain": False,
    "leave_out_celltypes": "Astrocytes",
    "leave_out_chromosomes": "chr4,chr14",
    "quantitative_atac": False,
    "sampling_step": 100,
    "mask_ratio": 0,
}
_REGIONS_OF_ZARR = {
    "zarr_path": MISSING,
    "celltypes": MISSING,
    "transform": None,
    "quantitative_atac": False,
    "sampling_step": 50,
    "num_region_per_sample": 1000,
    "leave_out_chromosomes": None,
    "leave_out_celltypes": None,
    "mask_ratio": 0.0,
}


def _whole(kind: str, dataset: Mapping[str, Any], **others: Any) -> dict[str, Any]:
    return {
        "run": _RUN,
        "type": kind,
        "stage": "fit",
        "assembly": "hg38",
        **others,
        "log_image": False,
        "model": MISSING,
        "machine": _MACHINE,
        "dataset": dataset,
        "training": _TRAINING,
        "optimizer": _OPTIMIZER,
        "finetune": _FINETUNE,
        "task": _TASK,
    }


REGISTERED: Mapping[str, Mapping[str, Any]] = {
    "base_config": _whole("nucleotide", _PEAKS),
    "base_region_config": _whole("region", _REGIONS, eval_tss=False),
    "base_region_zarr_config": _whole("region", _REGIONS_OF_ZARR, eval_tss=False),
    "base_ref_region_config": _whole("reference_region", _REFERENCES, eval_tss=False),
    "base_everything_config": _whole("everything", _REFERENCES, eval_tss=False),
}


def registered(name: str) -> Table:
    """One of them as a config, all of it at a place that says its name."""
    found = node_of(REGISTERED[name], Place(f"GET's {name}"))
    assert isinstance(found, Table)
    return found

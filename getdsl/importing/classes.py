"""Which spec stands for which of GET's classes, and what GET's configs name otherwise than its models do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

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
GUIDE = "MyModel"  # the guide's own example, which a user's package holds

# a block of a config by the bindings that may stand for it, first match
BINDINGS_OF = {
    "header_hic": ("hic_header", "head_hic"),
    "header_abc": ("abc_header",),
    "hic_header": ("hic_header", "head_hic"),
    "head_hic": ("head_hic", "hic_header"),
    "splitpool": ("atac_attention",),
    "split_pool": ("atac_attention",),
}

INSTANTIATION = ("_target_", "_convert_", "_recursive_", "_partial_")  # Hydra's own keys


@dataclass(frozen=True)
class Loss:
    """Our block for a loss class, its options with their defaults, and those that can have no other here."""

    block: str
    defaults: Mapping[str, object] = field(default_factory=dict)
    fixed: frozenset[str] = frozenset()


LOSSES = {  # of PyTorch and GET
    "PoissonNLLLoss": Loss("PoissonNLL", {"log_input": True, "full": False, "eps": 1e-8}),
    "MSELoss": Loss("MSE"),
    "L1Loss": Loss("MAE"),
    "HuberLoss": Loss("Huber", {"delta": 1.0}),
    "SmoothL1Loss": Loss("Huber", {"beta": 1.0}, frozenset({"beta"})),
    "BCEWithLogitsLoss": Loss("BCEWithLogits", {"pos_weight": 1.0}),
    "MNLLLoss": Loss("MNLL"),
    "log1pMSELoss": Loss("log1pMSE"),
}

# the batch keys that GET's classes compare outputs with, for classes that no spec stands for
TARGETS = {"exp": "exp_label", "hic": "hic_matrix", "atpm": "atpm", "atac": "atpm", "abc": "abc_matrix"}

SECTION_OF = {
    "model": "model",
    "loss": "loss",
    "metrics": "metrics",
    "dataset": "data",
    "finetune": "load",
    "optimizer": "optimizer",
    "training": "train",
    "machine": "train",
    "run": "train",
}

# why settings of GET have no counterpart: by path, or by name anywhere (`*.name`)
REASONS = {
    "*.flash_attn": "GET reads it and does nothing; attention here is always PyTorch's fused one",
    "*.num_regions": "GET does nothing with it; the number of regions is a size of the batch",
    "*.freezed": "GET never applies it; `freeze = [NAME]` does",
    "*.use_wandb": "runs are logged to files in the run's folder",
    "*.wandb_enabled": "runs are logged to files in the run's folder",
    "*.log_image": "`train` draws its pictures always",
    "*.freeze_last_layer": "write `freeze = [NAME]`",
    "hydra": "Hydra's own",
    "stage": "`getdsl train`, `evaluate` and `predict` are commands",
    "type": "the model's inputs say which data it reads",
    "assembly": "the files of `data` say it",
    "task": "interpretation and prediction are commands, with options of their own",
    "wandb": "runs are logged to files in the run's folder",
    "log_image": "`train` draws its pictures always",
    "dataset_name": "a name only",
    "run.project_name": "a name for Weights & Biases; runs are logged to files",
    "run.use_wandb": "runs are logged to files in the run's folder",
    "training.save_ckpt_freq": "the best and the last checkpoint are kept; `keep` says by what",
    "training.save_ckpt_frequency": "the best and the last checkpoint are kept; `keep` says by what",
    "training.save_every_n_epochs": "the best and the last checkpoint are kept; `keep` says by what",
    "training.add_lr_monitor": "the rate of each epoch is logged anyway",
    "training.log_every_n_steps": "progress is shown each batch, and each epoch is logged",
    "training.val_check_interval": "validation follows each epoch",
    "training.warmup_steps": "the warm-up is counted in epochs",
    "training.warmup_lr": "the warm-up starts at min_lr",
    "training.output_dir": "`train -o DIR` says where a run goes",
    "machine.codebase": "a path of one machine",
    "machine.data_path": "a path of one machine",
    "machine.fasta_path": "a path of one machine; `genome` in `data` names it",
    "machine.output_dir": "`train -o DIR` says where a run goes",
    "machine.num_devices": "`train --devices` says how many",
    "finetune.resume_ckpt": "`getdsl train SPEC -o DIR --resume` goes on with a run",
    "finetune.pretrain_checkpoint": "whether weights are loaded is said by `load`",
    "finetune.model_prefix": "the usual prefixes are found; `replace` takes off any other",
    "optimizer.layer_decay": "GET computes it and never applies it; `layer_decay = …` in AdamW(…) does",
}

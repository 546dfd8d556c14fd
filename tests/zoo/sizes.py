"""Sizes at which a spec of specs/zoo runs in well under a second, with every layer of it in use.

Tests of all specs take them; what the published sizes come to is counted without making a tensor.
"""

from typing import Any

SMALL: dict[str, dict[str, Any]] = {
    "aparent2": {"width": 6, "dilations": [1, 4], "depth": 2, "num_libraries": 3},
    "akita": {"width": 6, "tower": 4, "last_width": 5, "map_width": 6, "crop": 2, "num_maps": 2},
    "basenji2": {
        "stem_width": 6,
        "width": 7.0,
        "tower": 2,
        "narrow": 4,
        "target_length": 12,
        "last_width": 8,
        "num_tracks": 3,
    },
    "borzoi": {
        "stem_width": 4,
        "widths": [4, 5, 6, 12],
        "depth": 1,
        "heads": 2,
        "dim_key": 4,
        "target_length": 10,
        "last_width": 7,
        "tracks": {"human": 4, "mouse": 3},
    },
    "bpnet": {"n_filters": 4, "n_layers": 2},
    "chrombpnet": {"n_filters": 4, "n_layers": 2, "bias_n_filters": 3, "bias_n_layers": 2},
    "danq": {"num_classes": 4, "length": 64, "width": 5, "hidden": 6},
    "deeptopic": {"filters": 8, "dense_out": 6, "num_classes": 4},
    "dilated_cnn": {"first_conv_filters": 6, "num_filters": 6, "n_dil_layers": 3, "num_classes": 4},
    "distillation": {
        "width": 4,
        "depth": 1,
        "teacher.num_filters": [4, 3, 3, 4],
        "teacher.dense_neurons": [5, 4],
    },
    "enformer": {
        "dim": 72,
        "depth": 2,
        "heads": 2,
        "human": 5,
        "mouse": 3,
        "target_length": 4,
        "attn_dim_key": 8,
        "num_downsamples": 3,
        "dim_divisible_by": 8,
    },
    "explainn": {"num_cnns": 5, "num_classes": 3, "input_length": 60, "inside": 4},
    "film": {"num_celltypes": 3, "embedding": 4, "width": 6, "depth": 2},
    "malinois": {"conv_channels": [6, 5, 5], "linear_channels": 8, "branched_channels": 4},
    "mixture_of_experts": {"num_features": 3, "width": 8, "heads": 2, "depth": 2, "experts": 3},
    "nucleotide_lm": {"width": 8, "depth": 2, "heads": 2},
    "orca": {"widths": [4, 5, 6, 6, 6, 6, 6], "dilations": [1, 2, 4], "map_width": 6, "num_1d": 3},
    "sei": {"num_profiles": 5, "widths": [4, 5, 6], "splines": 7, "length": 640},
    "peakvi": {"num_peaks": 30},
    "procapnet": {"n_filters": 4, "n_layers": 2, "trimming": 40},
    "puffin": {"num_tracks": 4, "motifs": 3, "initiators": 2, "trinucs": 4, "reach": 20},
    "saluki": {"length": 384, "width": 12},
    "scbasset": {"num_cells": 7, "width": 4, "wider": 1.25, "last_width": 6, "bottleneck_size": 5},
}
DIMS = {
    "akita": {"N": 12},
    "basenji2": {"N": 20},
    "borzoi": {"N": 4},
    "dilated_cnn": {"L": 60},
    "enformer": {"N": 16},
    "film": {"L": 40},
    "nucleotide_lm": {"L": 12},
    "orca": {"N": 4},
    "puffin": {"P": 40},
}

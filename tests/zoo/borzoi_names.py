"""A weight of CREsted's Borzoi by the name and in the layout that borzoi-pytorch has for it."""

import re

from torch import Tensor

LAYERS = {  # of CREsted, which numbers from 1, as borzoi-pytorch calls them
    r"stem_conv/": "conv_dna.conv_layer",
    r"tower_conv_6_batchnorm/": "unet1.1.norm",
    r"tower_conv_6_conv/": "unet1.1.conv_layer",
    r"transformer_mha_(\d+)_layernorm/": "transformer.{}.0.fn.0",
    r"transformer_mha_(\d+)_mhsa/": "transformer.{}.0.fn.1",
    r"transformer_ff_(\d+)_layernorm/": "transformer.{}.1.fn.0",
    r"transformer_ff_(\d+)_pointwise_1/": "transformer.{}.1.fn.1",
    r"transformer_ff_(\d+)_pointwise_2/": "transformer.{}.1.fn.4",
    r"unet_skip_(\d+)_batchnorm/": "horizontal_conv{}.norm",
    r"unet_skip_(\d+)_conv/": "horizontal_conv{}.conv_layer",
    r"upsampling_conv_1_batchnorm/": "upsampling_unet1.0.norm",
    r"upsampling_conv_1_conv/": "upsampling_unet1.0.conv_layer",
    r"upsampling_conv_2_batchnorm/": "upsampling_unet0.0.norm",
    r"upsampling_conv_2_conv/": "upsampling_unet0.0.conv_layer",
    r"upsampling_separable_1/": "separable1.conv_layer",
    r"upsampling_separable_2/": "separable0.conv_layer",
    r"final_conv_batchnorm/": "final_joined_convs.0.norm",
    r"final_conv_conv/": "final_joined_convs.0.conv_layer",
    r"head_0/": "human_head",
    r"head_1/": "mouse_head",
}
WEIGHTS = {
    "kernel": "weight",
    "gamma": "weight",
    "beta": "bias",
    "moving_mean": "running_mean",
    "moving_variance": "running_var",
    "depthwise_kernel": "0.weight",
    "pointwise_kernel": "1.weight",
    "r_w_bias": "rel_content_bias",
    "r_r_bias": "rel_pos_bias",
    "q_layer/kernel": "to_q.weight",
    "k_layer/kernel": "to_k.weight",
    "v_layer/kernel": "to_v.weight",
    "r_k_layer/kernel": "to_rel_k.weight",
    "embedding_layer/kernel": "to_out.weight",
    "embedding_layer/bias": "to_out.bias",
}


def borzoi_name(path: str) -> tuple[str, str]:
    """The name, and what Keras calls the weight inside of its layer."""
    if tower := re.match(r"tower_conv_([1-5])_(batchnorm|conv)/(.*)", path):
        part = {"batchnorm": "norm", "conv": "conv_layer"}[tower[2]]
        return f"res_tower.{2 * int(tower[1]) - 2}.{part}.{WEIGHTS.get(tower[3], tower[3])}", tower[3]
    for pattern, layer in LAYERS.items():
        if found := re.match(pattern, path):
            rest = path[found.end() :]
            weight = "1.bias" if "separable" in layer and rest == "bias" else WEIGHTS.get(rest, rest)
            return f"{layer.format(*(int(number) - 1 for number in found.groups()))}.{weight}", rest
    raise KeyError(path)


def turned(value: Tensor, weight: str, name: str) -> Tensor:
    """Axes in PyTorch's order; the layers of the MLP are convolutions there and linear here."""
    if ".1.fn." in name and weight == "kernel":
        return value[0].T
    if weight == "depthwise_kernel":
        return value.permute(1, 2, 0)
    if weight.endswith("kernel"):
        return value.permute(*reversed(range(value.dim())))
    return value

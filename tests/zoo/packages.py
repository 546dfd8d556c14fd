"""Models of bpnet-lite, enformer-pytorch and CREsted at small sizes, and what they compute; needs those."""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from unittest import mock

import torch
from torch import Tensor, nn

from tests.zoo.borzoi_names import borzoi_name, turned

BPNET = {"n_filters": 8, "n_layers": 3, "n_outputs": 2, "n_control_tracks": 2}
UNSTRANDED = {"n_filters": 6, "n_layers": 2, "n_outputs": 1, "n_control_tracks": 0}
NARROW = {"n_filters": 6, "n_layers": 3, "n_outputs": 2, "n_control_tracks": 1, "trimming": 20}
NO_BIAS = UNSTRANDED | {"count_output_bias": False, "profile_output_bias": False}
PROCAPNET = {"n_filters": 6, "n_layers": 2, "n_outputs": 2, "n_control_tracks": 0, "trimming": 50}
CRESTED = {
    "deeptopic": {"filters": 12, "dense_out": 10, "num_classes": 5},
    "dilated_cnn": {"first_conv_filters": 8, "num_filters": 8, "n_dil_layers": 3, "num_classes": 4},
}
CHROMBPNET = {"n_filters": 8, "n_layers": 3, "bias_n_filters": 4, "bias_n_layers": 2}
EXPLAINN = {"num_cnns": 4, "num_classes": 3, "input_length": 70, "filter_size": 11, "pool_size": 5}
BORZOI = {
    "stem_width": 4,
    "widths": [4, 5, 5, 6, 7, 8],
    "depth": 1,
    "heads": 2,
    "target_length": 18,
    "last_width": 7,
    "tracks": {"human": 4, "mouse": 3},
}
ENFORMER = {
    "dim": 24,
    "depth": 2,
    "heads": 2,
    "human": 5,
    "mouse": 3,
    "target_length": 6,
    "attn_dim_key": 6,
    "num_downsamples": 3,
    "dim_divisible_by": 4,
}


@dataclass(frozen=True)
class Recorded:
    """A model of a package: the spec and its params, weights as the package has them, inputs and results.

    `inputs` and `outputs` go by the spec's names; DNA is [B, L, 4].
    """

    spec: str
    params: dict[str, Any]
    weights: dict[str, Tensor]
    inputs: dict[str, Tensor]
    outputs: dict[str, Tensor]


def randomise(module: nn.Module, seed: int) -> None:
    """Weights and buffers that leave nothing at a value where a slip would not show."""
    random = torch.Generator().manual_seed(seed)
    for name, tensor in module.state_dict().items():
        if not tensor.is_floating_point():
            continue
        scale = 2 / max(1, tensor[0].numel()) ** 0.5 if tensor.dim() > 1 else 0.3
        drawn = torch.randn(tensor.shape, generator=random) * scale
        if "running_var" in name:
            drawn = drawn.abs() + 0.4
        elif tensor.dim() == 1 and name.endswith("weight"):
            drawn = drawn + 1  # of a normalisation
        tensor.copy_(drawn)


def dna(batch: int, length: int, seed: int) -> Tensor:
    random = torch.Generator().manual_seed(seed)
    return torch.eye(4)[torch.randint(0, 4, (batch, length), generator=random)]


def bpnet(params: Mapping[str, Any], seed: int, spec: str = "bpnet") -> Recorded:
    from bpnetlite import BPNet

    module = BPNet(**params, verbose=False).eval()
    randomise(module, seed)
    sequence = dna(2, 61 + 2 * module.trimming, seed)
    inputs = {"sequence": sequence}
    tracks = params["n_control_tracks"]
    if tracks:
        random = torch.Generator().manual_seed(seed + 1)
        inputs["control"] = torch.poisson(torch.full((2, sequence.shape[1], tracks), 0.7), generator=random)
    with torch.no_grad():
        profile, counts = module(*(tensor.transpose(1, 2) for tensor in inputs.values()))
    return Recorded(spec, dict(params), module.state_dict(), inputs, {"profile": profile, "counts": counts})


def chrombpnet(params: Mapping[str, Any], seed: int) -> Recorded:
    from bpnetlite import BPNet, ChromBPNet

    parts = [
        BPNet(params[f"{part}n_filters"], params[f"{part}n_layers"], 1, 0, verbose=False)
        for part in ("bias_", "")
    ]
    module = ChromBPNet(*parts).eval()
    randomise(module, seed)
    sequence = dna(2, 70 + 2 * parts[1].trimming, seed)
    with torch.no_grad():
        profile, counts = module(sequence.transpose(1, 2))
    outputs = {"profile": profile, "counts": counts}
    return Recorded("chrombpnet", dict(params), module.state_dict(), {"sequence": sequence}, outputs)


def enformer_module(params: Mapping[str, Any]) -> nn.Module:
    from enformer_pytorch import Enformer

    tracks = {name: params[name] for name in ("human", "mouse")}
    rest = {name: value for name, value in params.items() if name not in tracks}
    module: nn.Module = Enformer.from_hparams(**rest, output_heads=tracks)
    return module


def enformer(params: Mapping[str, Any], seed: int) -> Recorded:
    module = enformer_module(params).eval()
    randomise(module, seed)
    sequence = dna(2, 12 * 2 ** params["num_downsamples"], seed)
    with torch.no_grad():
        outputs = module(sequence)
    return Recorded("enformer", dict(params), module.state_dict(), {"sequence": sequence}, outputs)


def drawn_anew(weights: Iterable[Any], seed: int) -> None:
    """`randomise`, for variables of Keras."""
    random = torch.Generator().manual_seed(seed)
    for weight in weights:
        drawn = torch.randn(tuple(weight.shape), generator=random)
        scale = 2 / drawn[..., 0].numel() ** 0.5 if drawn.dim() > 1 else 0.3
        weight.assign(drawn * scale + {"gamma": 1.0, "moving_variance": 2.0}.get(weight.name, 0.0))


def crested(spec: str, params: Mapping[str, Any], seed: int, length: int) -> tuple[Recorded, Any]:
    """Of CREsted's zoo, on Keras with PyTorch; weights are named as those of a `.keras` file are read."""
    os.environ["KERAS_BACKEND"] = "torch"
    import keras
    from crested.tl import zoo

    keras.utils.clear_session()  # layers are numbered from the start
    make, output = {
        "deeptopic": (zoo.deeptopic_cnn, "topics"),
        "dilated_cnn": (zoo.dilated_cnn, "accessibility"),
    }[spec]
    model = make(seq_len=length, **params)
    named = {f"{layer.name}/vars/{i}": w for layer in model.layers for i, w in enumerate(layer.weights)}
    drawn_anew(named.values(), seed)
    sequence = dna(2, length, seed)
    with torch.no_grad():
        outputs = {output: model(sequence, training=False).detach().cpu()}
    weights = {name: torch.tensor(keras.ops.convert_to_numpy(weight)) for name, weight in named.items()}
    return Recorded(spec, dict(params), weights, {"sequence": sequence}, outputs), model


def explainn(params: Mapping[str, Any], seed: int) -> Recorded:
    from explainn.models.networks import ExplaiNN

    module = ExplaiNN(**params, pool_stride=params["pool_size"]).eval()
    randomise(module, seed)
    sequence = dna(2, params["input_length"], seed)
    with torch.no_grad():
        outputs = {"accessibility": module(sequence.transpose(1, 2))}
    return Recorded("explainn", dict(params), module.state_dict(), {"sequence": sequence}, outputs)


def borzoi(params: Mapping[str, Any], seed: int) -> Recorded:
    """CREsted's, its weights under the names of borzoi-pytorch, which the published replicates have."""
    os.environ["KERAS_BACKEND"] = "torch"
    import keras
    from crested.tl.zoo import _borzoi

    length = 2**7 * 6
    sizes = [params["stem_width"], *params["widths"]]
    with mock.patch.object(_borzoi, "exp_linspace_int", return_value=sizes):  # it rounds to 32
        model = _borzoi.borzoi(
            length,
            list(params["tracks"].values()),
            num_transformer_blocks=params["depth"],
            num_transformer_heads=params["heads"],
            target_length=params["target_length"],
            start_filters=params["stem_width"],
            filters=sizes[-1],
            unet_filters=sizes[-1],
            pointwise_filters=params["last_width"],
        )
    drawn_anew(model.weights, seed)
    sequence = dna(2, length, seed)
    with torch.no_grad():
        outputs = dict(zip(params["tracks"], model(sequence, training=False), strict=True))
    weights = {}
    for weight in model.weights:
        name, rest = borzoi_name(weight.path)
        value = torch.tensor(keras.ops.convert_to_numpy(weight))
        weights[name] = turned(value, rest, name).contiguous()
        if rest == "moving_variance":
            weights[name.replace("running_var", "num_batches_tracked")] = torch.tensor(0)
    outputs = {key: value.detach().cpu() for key, value in outputs.items()}
    return Recorded("borzoi", dict(params), weights, {"sequence": sequence}, outputs)


def all_cases(seed: int) -> dict[str, Recorded]:
    return {
        "bpnet": bpnet(BPNET, seed),
        "bpnet_unstranded": bpnet(NO_BIAS, seed),
        "bpnet_narrow": bpnet(NARROW, seed),
        "chrombpnet": chrombpnet(CHROMBPNET, seed),
        "borzoi": borzoi(BORZOI, seed),
        "deeptopic": crested("deeptopic", CRESTED["deeptopic"], seed, 500)[0],
        "dilated_cnn": crested("dilated_cnn", CRESTED["dilated_cnn"], seed, 71)[0],
        "enformer": enformer(ENFORMER, seed),
        "explainn": explainn(EXPLAINN, seed),
        "procapnet": bpnet(PROCAPNET, seed, "procapnet"),
    }

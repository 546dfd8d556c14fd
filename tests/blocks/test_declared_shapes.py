"""The shapes and weights that a face declares are those that its body has."""

from pathlib import Path

import pytest
import torch

import getdsl
from getdsl.compiler.graph.dimensions import Dim
from getdsl.compiler.graph.symbols import Symbol

SEQUENCE = {"x": "onehot[B, L, 4]", "peak_lengths": "lengths[B, R] of L"}
MEAN_STD = "[B, 2, 5]"
LENGTHS = {"peak_lengths": "lengths[B, R] of L"}
POOLED = {"x": "[B, L, 4]"} | LENGTHS
JOINT = {"x": "[B, L, 4]", "atac": "[B, L]", "peak_lengths": "lengths[B, R] of L step 25"}


def scanners() -> list[tuple[str, dict[str, str]]]:
    calls = []
    for strands in ("true", "false"):
        for tie in ("true", "false"):
            for learnable in ("true", "false"):
                flags = (
                    f"include_reverse_complement = {strands}, tie_strands = {tie}, learnable = {learnable}"
                )
                calls.append((f"MotifScanner(5, kernel_size = 7, {flags})", SEQUENCE))
    return calls


OF_THE_LAST = ("KL", "CosineMSE", "PoissonMultinomial")  # losses with one value for an axis or two
CALLS = [
    *scanners(),
    ("MotifScanner(5, has_bias = false, motif_mean_std = stats)", SEQUENCE | {"stats": MEAN_STD}),
    (
        "MotifScanner(3, bidirectional_except_ctcf = true, ctcf_index = 1, motif_mean_std = stats)",
        SEQUENCE | {"stats": MEAN_STD},
    ),
    ('MotifScanner(motifs = "getdsl:yeast/JASPAR2026_fungi.meme", prior = "log_odds")', SEQUENCE),
    ("SplitPool(peak_lengths)", SEQUENCE),
    ("Linear(5)", {"x": "[B, 3]"}),
    ('Linear(5, bias = false, init = "default")', {"x": "[B, R, 2, 3]"}),
    ("LayerNorm(3)", {"x": "[B, R, 3]"}),
    ("Dropout(0.1)", {"x": "[B, R]"}),
    ("DropPath(0.1)", {"x": "[B, R]"}),
    ("Conv1d(5)", {"x": "[B, L, 3]"}),
    ('Conv1d(5, kernel_size = 4, dilation = 2, padding = "valid", bias = false)', {"x": "[B, L, 3]"}),
    ("RegionEmbed(7, 8)", {"x": "[B, R, 7]"}),
    ("ExpressionHead(8)", {"x": "[B, R, 8]"}),
    ("ExpressionHead(8, use_atac = true, atac = atac)", {"x": "[B, R, 8]", "atac": "[B, R, 1]"}),
    ("ContactMapHead(3, hidden_dim = 4, output_dim = 2)", {"x": "[B, 3, R, R]"}),
    ("Attention(8, 2)", {"x": "[B, N, 8]"}),
    ("Attention(8, 2, qkv_bias = true, attn_head_dim = 3, mask = m)", {"x": "[B, N, 8]", "m": "bool[B, N]"}),
    ("Mlp(8, drop = 0.1)", {"x": "[B, 8]"}),
    ("Mlp(8, hidden_features = 3, out_features = 2)", {"x": "[B, N, 8]"}),
    ("TransformerBlock(8, 2)", {"x": "[B, N, 8]"}),
    ("GETTransformer(8, 2, 3)", {"x": "[B, N, 8]"}),
    ("GETTransformer(8, 2, 3, use_mean_pooling = true)", {"x": "[B, N, 8]"}),
    ("BatchNorm(3)", {"x": "[B, R, 3]"}),
    ("BatchNorm(3, affine = false)", {"x": "[B, 3]"}),
    ("MaxPool1d(7)", {"x": "[B, L, 3]"}),
    ("MaxPool1d(7, stride = 3)", {"x": "[B, L, 3]"}),
    ("Conv2d(5)", {"x": "[B, 3, R, R]"}),
    ('Conv2d(5, kernel_size = 5, bias = false, init = "xavier_uniform")', {"x": "[B, 3, R, R]"}),
    ('Conv2d(6, [2, 3], padding = [1, 0], stride = 2, groups = 3, channels = "last")', {"x": "[B, N, R, 3]"}),
    ("Conv1d(6, 4, groups = 3, stride = 3)", {"x": "[B, L, 3]"}),
    ('Conv1d(6, 4, padding = "causal", stride = 3)', {"x": "[B, L, 3]"}),
    ("Conv1d(6, 4, padding = 5, stride = 2)", {"x": "[B, L, 3]"}),
    ("SeparableConv1d(5, stride = 2, depth_multiplier = 2)", {"x": "[B, L, 3]"}),
    ("ConvTranspose1d(6, 4, stride = 3, padding = 1, groups = 3)", {"x": "[B, L, 3]"}),
    ("ConvTranspose2d(6, [4, 2], stride = [3, 1], padding = [1, 0])", {"x": "[B, 3, N, R]"}),
    ('MaxPool1d(4, 3, padding = "same")', {"x": "[B, L, 3]"}),
    ("AvgPool1d(4, 3, padding = 2)", {"x": "[B, L, 3]"}),
    ('MaxPool2d([4, 2], padding = "same")', {"x": "[B, 3, N, R]"}),
    ('AvgPool2d([3, 2], 1, padding = 1, channels = "last")', {"x": "[B, N, R, 3]"}),
    ('Upsample(3, mode = "linear")', {"x": "[B, L, 3]"}),
    ('Upsample2d([3, 1], channels = "last")', {"x": "[B, N, R, 3]"}),
    ("GroupNorm(2, 4)", {"x": "[B, L, 4]"}),
    ("InstanceNorm(4, affine = true)", {"x": "[B, L, 4]"}),
    ("RMSNorm(4)", {"x": "[B, L, N, 4]"}),
    ("Embedding(99, 4, padding_idx = 0)", {"x": "int[B, R]"}),
    ("GRU(6, num_layers = 2, bidirectional = true)", {"x": "[B, L, 3]"}),
    ("LSTM(6)", {"x": "[B, L, 3]"}),
    ("MultiheadAttention(k, k, 8, 2, bias = false)", {"x": "[B, N, 8]", "k": "[B, R, 5]"}),
    ("TransformerEncoderLayer(8, 2)", {"x": "[B, N, 8]"}),
    ("ConvBlock(3)", {"x": "[B, L, 3]"}),
    ("DilatedConv1d(3, dilation = 4)", {"x": "[B, L, 3]"}),
    ("DilatedConv1dBlock(3, depth = 2)", {"x": "[B, L, 3]"}),
    ("DilatedConv1dBlock(3, depth = 2, inside = m)", {"x": "[B, L, 3]", "m": "bool[B, L]"}),
    ("ConvPool(peak_lengths, 4, 6, profile_kernel_size = 3)", POOLED),
    ("ATACSplitPool(atac, peak_lengths, 4, 5, 6, final_bn = true)", JOINT),
    ("ATACSplitPool(atac, peak_lengths, 4, 5, 6, binary_atac = true)", JOINT),
    ("ATACSplitPoolMaxNorm(atac, peak_lengths, 4, 5, 6, final_bn = true)", JOINT),
    ("ATACSplitPoolMaxNorm(atac, peak_lengths, 4, 5, 6)", JOINT),
    ("ATACHead(8, hidden_dim = 3)", {"x": "[B, R, 8]"}),
    ("HiCHead(8)", {"x": "[B, R, 8]"}),
    ("OuterProductMean(8, 3, 2, mask = m)", {"x": "[B, R, 8]", "m": "[B, R]"}),
    ('OuterProductMean(8, 3, 2, divide_by = "pairs", mask = m)', {"x": "[B, R, 8]", "m": "[B, R]"}),
    ("DistanceContactHead()", {"x": "[B, 1, R, R]"}),
    ("AbsolutePositionalEncoding(8, max_len = 9)", {"x": "[B, R, 8]"}),
    ("CTCFPositionalEncoding(ctcf, 8)", {"x": "[B, R, 8]", "ctcf": "[B, R, 5]"}),
    ("AttentionPooling(2, 8)", {"x": "[B, N, 8]"}),
    ("CrossAttention(c, 8, 2)", {"x": "[B, R, N, 8]", "c": "[B, R, L, 5]"}),
    (
        "CrossAttention(c, 8, 2, dim_head = 3, window = 2, mask = m)",
        {"x": "[B, N, 8]", "c": "[B, L, 5]", "m": "bool[B, L]"},
    ),
    ('Attention(8, 2, positions = "rotary", causal = true)', {"x": "[B, N, 8]"}),
    ('TransformerBlock(8, 2, positions = "alibi", window = 3)', {"x": "[B, N, 8]"}),
    ('RelativeAttention(8, 2, 3, 5, 4, distances = "steps")', {"x": "[B, N, 8]"}),
    ("AxialAttention(8, 2)", {"x": "[B, R, N, 8]"}),
    ("PairedBlock(8, 2)", {"x": "[B, R, N, 8]"}),
    ("QuickGELU()", {"x": "[B, R]"}),
    ("ReverseComplement()", {"x": "onehot[B, L, 4]"}),
    ("PreNormConv1d(3)", {"x": "[B, L, 3]"}),
    ("PreNormConv1d(3, 5, kernel_size = 4)", {"x": "[B, L, 3]"}),
    ("PreNormConvStage(3, 5)", {"x": "[B, 2 * L, 3]"}),
    ("PreNormConvStage(3, pool_size = 4)", {"x": "[B, 4 * L, 3]"}),
    ("SoftmaxPool1d(3)", {"x": "[B, 2 * L, 3]"}),
    ("SoftmaxPool1d(3, pool_size = 3)", {"x": "[B, 12, 3]"}),
    ("TargetLengthCrop(7)", {"x": "[B, L, 3]"}),
    ("RelativeAttention(12, 2)", {"x": "[B, N, 12]"}),
    ("RelativeAttention(8, 2, 3, 5, num_rel_pos_features = 6)", {"x": "[B, N, 8]"}),
    ("RelativeTransformerBlock(12, 2, 4)", {"x": "[B, N, 12]"}),
    ("CenterFit(like)", {"x": "[B, R, N]", "like": "[B, R, L]"}),
    ("CenterFit(like)", {"x": "[B, L]", "like": "[B, N]"}),
    ("ProfileTrack(track, peak_lengths)", {"x": "[B, R, N]", "track": "[B, L]"} | LENGTHS),
    ("ProfileWindow(peak_lengths, width = 2)", {"x": "[B, R, N]", "track": "[B, L]"} | LENGTHS),
    ("LogRate(size)", {"x": "[B, R]", "size": "[B]"}),
    ("LogDistance()", {"x": "int[B, R, 2]"}),
    ("PatchLengths(1)", {"x": "int[B, R]"}),
    ('KnownContacts(guess, of = "entries", half = true)', {"x": "[B, R, R]", "guess": "[B, R, R]"}),
    *(
        (f"GETTransformerWithContactMap{kind}(far, 8, 2, 7)", {"x": "[B, R + 1, 8]", "far": "[B, 1, R, R]"})
        for kind in ("", "OE", "Axial")
    ),
    *(
        (f"{loss}(target)", {"x": "[B, R, 3]", "target": "[B, R, 3]"})
        for loss in (
            "PoissonNLL",
            "MSE",
            "MAE",
            "Huber",
            "BCE",
            "BCEWithLogits",
            "MNLL",
            "log1pMSE",
            *OF_THE_LAST,
        )
    ),
    ("CrossEntropy(target)", {"x": "[B, R, 3]", "target": "int[B, R]"}),
    ("Contrastive(other)", {"x": "[B, 3]", "other": "[B, 3]"}),
]

DTYPES = {torch.float32: "float", torch.int64: "int", torch.bool: "bool"}
SIZES = {"B": 2, "L": 40, "R": 3, "N": 6}


@pytest.mark.parametrize(("call", "inputs"), CALLS, ids=lambda value: value if isinstance(value, str) else "")
def test_declared_shapes_and_weights(call: str, inputs: dict[str, str], tmp_path: Path) -> None:
    path = tmp_path / "one.get"
    declared = "\n".join(f"input {name}: {type}" for name, type in inputs.items())
    path.write_text(f"model One {{\n{declared}\nbody = x -> {call}\noutput y = body\n}}\n")
    compiled = getdsl.compile(path)
    graph = compiled.spec.graph

    trainable = {name: p.requires_grad for name, p in compiled.module.named_parameters()}
    found = {
        name: (tuple(t.shape), trainable.get(name), DTYPES[t.dtype])
        for name, t in compiled.module.state_dict().items()
    }
    flags = {"weight": True, "frozen": False, "buffer": None}
    assert found == {
        tensor.name: (tensor.shape, flags[tensor.kind], tensor.dtype) for tensor in graph.tensors()
    }

    used = {symbol: size for symbol, size in SIZES.items() if any(symbol in type for type in inputs.values())}
    batch = compiled.dummy_batch(**used)
    y = compiled.module(**{name: batch[name] for name in inputs})["y"]
    bindings = {Symbol(symbol): Dim.of(size) for symbol, size in used.items()}
    want = [side.substitute(bindings).value for side in graph.output_types()["y"].shape]
    assert list(y.shape) == want

"""How each recorded component is called in the language, and how GET's arguments become the block's."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor

from tests.golden.cases import Case, peak_lengths

Tensors = Mapping[str, Tensor]

# of GET's configs, not of what it computes
NOT_OURS = {"freezed"}


@dataclass(frozen=True)
class Component:
    """A GET class and the block that is held against it.

    `types` declares the model's inputs, `adapt` makes them from GET's arguments, `outputs` gives each
    recorded output as an expression of the language over the block `body`, `back` turns ours into GET's.
    """

    block: str
    types: Callable[[Case], dict[str, str]]
    outputs: dict[str, str] = field(default_factory=lambda: {"y": "body"})
    renamed: dict[str, str] = field(default_factory=dict)
    left_out: frozenset[str] = frozenset()
    adapt: Callable[[Case, Tensors], dict[str, Tensor]] = lambda case, given: dict(given)
    back: Callable[[Tensors], dict[str, Tensor]] = dict

    def params(self, case: Case) -> dict[str, Any]:
        kept = {name: value for name, value in case.config.items() if name not in NOT_OURS | self.left_out}
        return {self.renamed.get(name, name): value for name, value in kept.items()}

    def spec(self, case: Case) -> str:
        """A model whose one block is this, under the name `body`."""
        types = self.types(case)
        first, *others = types
        required = [name for name in others if not types[name].endswith("?")]
        optional = [name for name in others if types[name].endswith("?")]
        given = [f"{name} = {_literal(value)}" for name, value in self.params(case).items()]
        arguments = ", ".join([*required, *given, *(f"{name} = {name}" for name in optional)])
        lines = [f"input {name}: {type.rstrip('?')}" for name, type in types.items()]
        lines.append(f"body = {first} -> {self.block}({arguments})")
        outputs = self.expressions(case).items()
        lines += [f"output {_ours(name)} = {expression}" for name, expression in outputs]
        return "model Case {\n    " + "\n    ".join(lines) + "\n}\n"

    def expressions(self, case: Case) -> dict[str, str]:
        maps = {name: f"body.blocks[{name[5:]}].attn" for name in case["out"] if name.startswith("attn.")}
        return self.outputs | maps

    def results(self, case: Case, outputs: Tensors) -> dict[str, Tensor]:
        return self.back({name: outputs[_ours(name)] for name in self.expressions(case)})


def _ours(name: str) -> str:
    return "out_" + name.replace(".", "_")


def _literal(value: Any) -> str:
    return "none" if value is None else json.dumps(value)


# ---- types of the inputs


def fixed(**types: str) -> Callable[[Case], dict[str, str]]:
    return lambda case: types


def sized(**types: str) -> Callable[[Case], dict[str, str]]:
    """Types with `{name}` for a number of the config, an optional input only where the case gives it."""

    def found(case: Case) -> dict[str, str]:
        given = {_INPUTS.get(name, name) for name in case["in"]}
        sizes = {name: value for name, value in case.config.items() if isinstance(value, int)}
        return {
            name: type.format(**sizes)
            for name, type in types.items()
            if not type.endswith("?") or name in given
        }

    return found


_INPUTS = {"attention_mask": "mask", "attention_bias": "bias", "m": "x"}


# ---- arguments


def renamed(case: Case, given: Tensors) -> dict[str, Tensor]:
    return {_INPUTS.get(name, name): tensor for name, tensor in given.items()}


def over_heads(case: Case, given: Tensors) -> dict[str, Tensor]:
    """GET takes masks and biases of 1 to 4 axes; the faces declare mask [B, N] and bias [B, H, N, N]."""
    ours = renamed(case, given)
    rows, tokens = ours["x"].shape[:2]
    if "mask" in ours:
        ours["mask"] = ours["mask"].expand(rows, tokens)
    if "bias" in ours:
        bias, heads = ours["bias"], case.config["num_heads"]
        if bias.ndim == 2:
            bias = bias[:, None, None]
        elif bias.ndim == 3:
            bias = bias[:, None]
        ours["bias"] = bias.expand(rows, heads, tokens, tokens)
    return ours


def channels_last(case: Case, given: Tensors) -> dict[str, Tensor]:
    return {"x": given["x"].transpose(1, 2)}


def channels_first(outputs: Tensors) -> dict[str, Tensor]:
    return {name: tensor.transpose(1, 2) for name, tensor in outputs.items()}


def pooled(case: Case, given: Tensors) -> dict[str, Tensor]:
    kept = {name: tensor for name, tensor in given.items() if name in ("x", "atac")}
    return kept | {"peak_lengths": peak_lengths(case)}


def flat_profile(outputs: Tensors) -> dict[str, Tensor]:
    """Our profile [B, R, P] as GET has it, a sample's peaks in one row."""
    return {"peak_atpm": outputs["peak_atpm"], "peak_profile": outputs["peak_profile"].flatten(1)}


# ---- the table

PAIRED = sized(
    x="[B, R + 1, {embed_dim}]",
    distance_map="[B, 1, R, R]",
    mask="bool[B, R + 1]?",
    bias="[B, {num_heads}, R + 1, R + 1]?",
)
TOKENS = sized(x="[B, N, {embed_dim}]", mask="bool[B, N]?", bias="[B, {num_heads}, N, N]?")
PEAKS = sized(x="[B, L, {motif_dim}]", atac="[B, L]", peak_lengths="lengths[B, R] of L")
ATTENTION = sized(x="[B, N, {dim}]", mask="bool[B, N]?", bias="[B, {num_heads}, N, N]?")
ATTENDED = {"x": "body", "attn": "body.attn"}
WITH_MAP = {"x": "body", "pair": "body.map"}


def _scanned(case: Case) -> dict[str, str]:
    types = {"x": "[B, L, 4]"}
    if "motif_mean_std" in case["in"]:
        types["motif_mean_std"] = f"[B, 2, {case['in']['motif_mean_std'].shape[2]}]?"
    return types


def _pool_types(case: Case) -> dict[str, str]:
    return {"x": f"[B, L, {case['in']['x'].shape[2]}]", "peak_lengths": "lengths[B, R] of L"}


COMPONENTS = {
    "ATACHead": Component("ATACHead", sized(x="[B, R, {embed_dim}]")),
    "ATACSplitPool": Component("ATACSplitPool", PEAKS, adapt=pooled),
    "ATACSplitPoolMaxNorm": Component("ATACSplitPoolMaxNorm", PEAKS, adapt=pooled),
    "AbsolutePositionalEncoding": Component("AbsolutePositionalEncoding", sized(x="[B, N, {d_model}]")),
    "Attention": Component("Attention", ATTENTION, ATTENDED, adapt=over_heads),
    "AttentionPooling": Component("AttentionPooling", sized(x="[B, N, {embed_dim}]")),
    "Block": Component("TransformerBlock", ATTENTION, ATTENDED, adapt=over_heads),
    "CTCFPositionalEncoding": Component(
        "CTCFPositionalEncoding", sized(x="[B, N, {hidden}]", ctcf_pos="[B, N, K]")
    ),
    "ContactMapHead": Component("ContactMapHead", sized(distance_map="[B, {input_dim}, H, W]")),
    "ConvBlock": Component(
        "ConvBlock",
        sized(x="[B, L, {in_channels}]"),
        renamed={"in_channels": "channels"},
        left_out=frozenset({"out_channels", "stride", "padding"}),
        adapt=channels_last,
        back=channels_first,
    ),
    "ConvPool": Component(
        "ConvPool",
        sized(x="[B, L, {motif_dim}]", peak_lengths="lengths[B, R] of L"),
        {"peak_atpm": "body", "peak_profile": "body.aprofile"},
        left_out=frozenset({"pool_method"}),
        adapt=pooled,
        back=flat_profile,
    ),
    "DilatedConv1d": Component(
        "DilatedConv1d", sized(x="[B, L, {dim}]"), adapt=channels_last, back=channels_first
    ),
    "DilatedConv1dBlock": Component(
        "DilatedConv1dBlock", sized(x="[B, L, {hidden_dim}]"), adapt=channels_last, back=channels_first
    ),
    "DistanceContactHead": Component("DistanceContactHead", fixed(distance_map="[B, 1, H, W]")),
    "ExpressionHead": Component("ExpressionHead", sized(x="[B, R, {embed_dim}]", atac="[B, R, 1]?")),
    "GETTransformer": Component("GETTransformer", TOKENS, {"x": "body"}, adapt=over_heads),
    "GETTransformerWithContactMap": Component("GETTransformerWithContactMap", PAIRED, WITH_MAP),
    "GETTransformerWithContactMapAxial": Component("GETTransformerWithContactMapAxial", PAIRED, WITH_MAP),
    "GETTransformerWithContactMapOE": Component("GETTransformerWithContactMapOE", PAIRED, WITH_MAP),
    "HiCHead": Component("HiCHead", sized(x="[B, R, {embed_dim}]", mask="[B, R]?")),
    "MNLLLoss": Component("MNLL", fixed(logps="[B, C, N]", true_counts="[B, C, N]"), {"loss": "mean(body)"}),
    "MotifScanner": Component("MotifScanner", _scanned),
    "OuterProductMean": Component(
        "OuterProductMean",
        sized(x="[B, R, {c_m}]", mask="[B, R]?"),
        renamed={"c_m": "embed_dim", "c_z": "output_dim", "c_hidden": "hidden_dim"},
        adapt=renamed,
    ),
    "RegionEmbed": Component("RegionEmbed", sized(x="[B, R, {num_features}]")),
    # the newer class takes the mean whatever its config says, the older honours it
    "SplitPool": Component("SplitPool", _pool_types, left_out=frozenset({"pool_method"}), adapt=pooled),
    "pooling_SplitPool": Component("SplitPool", _pool_types, adapt=pooled),
    "log1pMSELoss": Component(
        "log1pMSE",
        fixed(log_predicted_counts="[B, N]", true_counts="[B, N]"),
        {"loss": "mean(body)"},
    ),
}

"""The 23 GET models over plain.py: for each the sizes it is tried at, what it returns, and its loss."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from tests.specs.plain import (
    Weights,
    atac_pool,
    contact_head,
    conv,
    conv_block,
    conv_pool,
    distance_contacts,
    encode,
    encode_axial,
    encode_oe,
    encode_with_map,
    linear,
    outer_products,
    pool,
    scan,
)

Tensors = dict[str, Tensor]
FEATURES, WIDTH, HEADS, LAYERS, MOTIFS = 7, 12, 3, 3, 6
REGION = {"num_motif": FEATURES, "embed_dim": WIDTH, "num_heads": HEADS, "num_layers": LAYERS}
AXIAL = 9  # layers, so that two of three paired blocks run
SCANNER = {"num_motif": MOTIFS, "motif_scanner.ctcf_index": 4}
ENCODER = {"embed_dim": WIDTH, "num_heads": HEADS, "num_layers": LAYERS}
ADAPTOR = SCANNER | {"num_features": FEATURES}


@dataclass(frozen=True)
class Plain:
    """`forward` and `loss` (terms with their weights) of a model in plain PyTorch, for a spec at `params`."""

    params: dict[str, Any]
    forward: Callable[[Weights, Tensors], Tensors]
    loss: Callable[[Weights, Tensors, Tensors], Tensors]
    kind: str = "region"  # or "peaks", aligned to 25 bp, or "ragged"


# ---- losses


def poisson(rate: Tensor, count: Tensor) -> Tensor:
    return (rate - count * (rate + 1e-8).log()).mean()


def squared(prediction: Tensor, target: Tensor) -> Tensor:
    return (prediction - target).square().mean()


def expression(w: Weights, out: Tensors, batch: Tensors) -> Tensors:
    return {"exp": poisson(out["exp"], batch["exp_label"])}


def distance(batch: Tensors) -> Tensor:
    start = batch["peak_coord"][:, :, 0]
    return ((start[:, :, None] - start[:, None]).abs() + 1).log10()[:, None]


def measured(w: Weights, prediction: Tensor, batch: Tensors, entries: bool = False) -> Tensor:
    """The contacts to compare with: where none were measured the prediction's own, without a gradient."""
    if "hic_matrix" not in batch or batch["hic_matrix"].ndim < 3:
        return distance_contacts(w / "distance_contact_map", distance(batch))[:, 0].detach()
    contacts = batch["hic_matrix"]
    if entries:
        contacts = contacts.half().float()
        return torch.where(contacts == 0, prediction.detach(), contacts)
    rows = [p.detach() if not c.any() else c for p, c in zip(prediction, contacts, strict=True)]
    return torch.stack(rows)


# ---- region models


def with_cls(w: Weights, x: Tensor) -> Tensor:
    return torch.cat([w["cls_token"].expand(len(x), 1, -1), x], 1)


def embed(w: Weights, x: Tensor) -> Tensor:
    return linear(w / "region_embed" / "embed", x)


def head(w: Weights, x: Tensor) -> Tensor:
    return F.softplus(linear(w / "head_exp" / "head", x))


def encoded(w: Weights, x: Tensor) -> Tensor:
    return encode(w / "encoder", with_cls(w, x), LAYERS, HEADS)[:, 1:]


def region_finetune(w: Weights, batch: Tensors) -> Tensors:
    return {"exp": head(w, encoded(w, embed(w, batch["region_motif"])))}


def region_finetune_positional(w: Weights, batch: Tensors) -> Tensors:
    x = embed(w, batch["region_motif"])
    return {"exp": head(w, encoded(w, x + w["pos_embed.pe"][: x.shape[1], 0]))}


def mlp_region_finetune(w: Weights, batch: Tensors) -> Tensors:
    x = F.relu(linear(w / "linear2", F.relu(linear(w / "linear1", batch["region_motif"]))))
    return {"exp": F.softplus(linear(w / "linear3", x))}


def region_finetune_atac(w: Weights, batch: Tensors) -> Tensors:
    features = batch["region_motif"].clone()
    features[..., -1] = 1
    return {"atpm": head(w, encoded(w, embed(w, features)))}


def region_pretrain(w: Weights, batch: Tensors) -> Tensors:
    x = torch.where(batch["mask"][..., None] > 0, w["mask_token"], embed(w, batch["region_motif"]))
    return {"masked": linear(w / "head_mask", encoded(w, x))}


def region_pretrain_loss(w: Weights, out: Tensors, batch: Tensors) -> Tensors:
    chosen = batch["mask"] > 0
    return {"masked": squared(out["masked"][chosen], batch["region_motif"][chosen])}


def region_finetune_hic(w: Weights, batch: Tensors) -> Tensors:
    x = encode(w / "encoder", embed(w, batch["region_motif"]), LAYERS, HEADS)
    return {"hic": outer_products(w / "head_hic" / "outer_product", x)}


def distance_contact_map(w: Weights, batch: Tensors) -> Tensors:
    return {"hic": distance_contacts(w, distance(batch))}


def distance_contact_map_loss(w: Weights, out: Tensors, batch: Tensors) -> Tensors:
    contacts = out["hic"][:, 0]
    return {"hic": poisson(contacts, measured(w, contacts, batch))}


def abc_heads(w: Weights, tokens: Tensor, batch: Tensors) -> Tensors:
    x, pairs = encode_with_map(w / "encoder", tokens, distance(batch), LAYERS, HEADS)
    pairs = linear(w / "proj_distance", pairs)
    return {
        "exp": head(w, x[:, 1:]),
        "hic": contact_head(w / "hic_header", pairs),
        "abc": contact_head(w / "abc_header", pairs),
    }


def region_finetune_exp_hic_abc(w: Weights, batch: Tensors) -> Tensors:
    return abc_heads(w, with_cls(w, embed(w, batch["region_motif"])), batch)


def abc_loss(w: Weights, out: Tensors, batch: Tensors) -> Tensors:
    exp = 0.1 * poisson(out["exp"], batch["exp_label"])
    return {"exp": exp, "hic": poisson(out["hic"], measured(w, out["hic"], batch))}


def region_finetune_hic_oe(w: Weights, batch: Tensors) -> Tensors:
    coord = batch["peak_coord"]
    kilobases = (coord[..., 1] - coord[..., 0])[..., None] / 1000
    tokens = with_cls(w, embed(w, torch.cat([batch["region_motif"], kilobases], -1)))
    _, pairs = encode_oe(w / "encoder", tokens, distance(batch), LAYERS, HEADS)
    return {"hic": contact_head(w / "hic_header", linear(w / "proj_distance", pairs), activate=False)}


def region_finetune_hic_oe_loss(w: Weights, out: Tensors, batch: Tensors) -> Tensors:
    return {"hic": squared(out["hic"], measured(w, out["hic"], batch, entries=True))}


def axial_heads(w: Weights, tokens: Tensor, batch: Tensors) -> Tensors:
    x, pairs = encode_axial(w / "encoder", tokens, distance(batch), AXIAL, HEADS)
    return {"exp": head(w, x[:, 1:]), "hic": linear(w / "proj_distance", pairs)[..., 0]}


def region_finetune_exp_hic_axial(w: Weights, batch: Tensors) -> Tensors:
    return axial_heads(w, with_cls(w, embed(w, batch["region_motif"])), batch)


def axial_loss(w: Weights, out: Tensors, batch: Tensors) -> Tensors:
    exp = 0.1 * poisson(out["exp"], batch["exp_label"])
    return {"exp": exp, "hic": squared(out["hic"], measured(w, out["hic"], batch))}


# ---- sequence models


def lengths(batch: Tensors) -> list[list[int]]:
    found: list[list[int]] = batch["peak_lengths"].tolist()
    return found


def scanned(w: Weights, batch: Tensors, ctcf: int | None = 4, normalise: bool = False) -> Tensor:
    scale = batch["motif_mean_std"] if normalise else None
    return scan(w / "motif_scanner", batch["sample_peak_sequence"], MOTIFS, True, ctcf, scale)


def peak_features(w: Weights, batch: Tensors, scaled: bool) -> Tensor:
    x = scanned(w, batch, normalise=True)
    return atac_pool(w / "atac_attention", x, batch["sample_track"], lengths(batch), scaled)


def pretrain(scaled: bool) -> Callable[[Weights, Tensors], Tensors]:
    def forward(w: Weights, batch: Tensors) -> Tensors:
        original = peak_features(w, batch, scaled)
        x = torch.where(batch["loss_mask"], w["mask_token"], embed(w, original))
        x = encode(w / "encoder", x, LAYERS, HEADS, batch["padding_mask"])
        return {"masked": linear(w / "head_mask", x), "x_original": original}

    return forward


def pretrain_loss(w: Weights, out: Tensors, batch: Tensors) -> Tensors:
    return {"masked": ((out["masked"] - out["x_original"]) * batch["loss_mask"]).square().mean()}


def finetune(scaled: bool) -> Callable[[Weights, Tensors], Tensors]:
    def forward(w: Weights, batch: Tensors) -> Tensors:
        x = embed(w, peak_features(w, batch, scaled))
        return {"exp": head(w, encode(w / "encoder", x, LAYERS, HEADS, batch["padding_mask"]))}

    return forward


def finetune_gbm(w: Weights, batch: Tensors) -> Tensors:
    atac = F.gelu(linear(w / "head_atac" / "fc1", peak_features(w, batch, False)))
    return finetune(False)(w, batch) | {"atac": F.softplus(linear(w / "head_atac" / "fc2", atac))}


def finetune_gbm_loss(w: Weights, out: Tensors, batch: Tensors) -> Tensors:
    atac = 0.5 * squared(out["atac"][..., 0], batch["atpm"])
    return {"exp": poisson(out["exp"], batch["exp_label"]), "atac": atac}


def chrombpnet_bias(w: Weights, batch: Tensors) -> Tensors:
    atpm, profile = conv_pool(w / "atac_attention", scanned(w, batch), lengths(batch), 2)
    return {"atpm": atpm, "aprofile": profile}


def chrombpnet(w: Weights, batch: Tensors) -> Tensors:
    own, bias = chrombpnet_bias(w, batch), chrombpnet_bias(w / "bias_model", batch)
    extra = bias["aprofile"].detach()
    missing = own["aprofile"].shape[2] - extra.shape[2]
    extra = F.pad(extra, (missing // 2, missing - missing // 2))
    atpm = torch.logaddexp(own["atpm"], bias["atpm"].detach())
    return {"atpm": atpm * (batch["peak_lengths"] > 0), "aprofile": own["aprofile"] + extra}


def profile_loss(w: Weights, out: Tensors, batch: Tensors) -> Tensors:
    """The middle 1000 of each peak's own positions; the track's total is over all of them."""
    profile, taken = out["aprofile"], int(batch["peak_lengths"].max()) - out["aprofile"].shape[2]
    rates, counts, totals = [], [], []
    for i, sizes in enumerate(lengths(batch)):
        start, scale = 0, 1e5 / batch["libsize"][i]
        for j, size in enumerate(sizes):
            if size:
                track = batch["sample_track"][i, start : start + size]
                own = F.softplus(profile[i, j, : max(size - taken, 0)])
                cut = max(len(own) - 1000, 0) // 2
                rates.append((own[cut : cut + 1000] + 1).log2())
                counts.append((track[taken // 2 :][cut : cut + len(rates[-1])] + 1).log2())
                error = (own[cut : cut + 1000].sum() * scale + 1).log10() - (track.sum() * scale + 1).log10()
                totals.append(error.square())
            start += size
    aprofile = 0.3 * poisson(torch.cat(rates), torch.cat(counts))
    return {"aprofile": aprofile, "atpm": torch.stack(totals).mean()}


def adapted(w: Weights, batch: Tensors) -> Tensor:
    x = conv(w / "conv_blocks" / 0, scanned(w, batch))
    x = conv_block(w / "conv_blocks" / 1, x)
    return linear(w / "proj", pool(x, lengths(batch)))


def nucleotide_v1_motif_adaptor(w: Weights, batch: Tensors) -> Tensors:
    return {"motif": F.relu(adapted(w, batch))}


def nucleotide_v1_motif_adaptor_loss(w: Weights, out: Tensors, batch: Tensors) -> Tensors:
    return {"motif": squared(out["motif"][..., :-1], batch["region_motif"][..., :-1])}


def nucleotide_motif_adaptor(w: Weights, batch: Tensors) -> Tensors:
    return {"motif": adapted(w, batch)}


def nucleotide_motif_adaptor_loss(w: Weights, out: Tensors, batch: Tensors) -> Tensors:
    return {"motif": squared(out["motif"], embed(w, batch["region_motif"]).detach())}


def nucleotide_region_finetune_exp(w: Weights, batch: Tensors) -> Tensors:
    x = F.relu(adapted(w, batch)).detach().clone()
    x[..., 3] = 1
    return {"exp": head(w, encoded(w, embed(w, x)))}


def nucleotide_region_finetune_atac(w: Weights, batch: Tensors) -> Tensors:
    return {"exp": head(w, encoded(w, adapted(w, batch)))}


def nucleotide_region_finetune_atac_loss(w: Weights, out: Tensors, batch: Tensors) -> Tensors:
    target = batch["region_motif"][..., -1] if "region_motif" in batch else batch["atpm"]
    return {"atpm": squared(out["exp"][..., 0], target)}


def trunk(w: Weights, batch: Tensors) -> Tensor:
    x = scanned(w, batch, ctcf=None)
    for i in range(4):
        x = conv_block(w / "conv_blocks" / i, x)
    return linear(w / "proj", pool(x, lengths(batch)))


def nucleotide_region_finetune_exp_hic_abc(w: Weights, batch: Tensors) -> Tensors:
    motif = trunk(w, batch)
    return abc_heads(w, with_cls(w, motif), batch) | {"motif": motif}


def nucleotide_abc_loss(w: Weights, out: Tensors, batch: Tensors) -> Tensors:
    motif = 0.5 * squared(out["motif"], embed(w, batch["region_motif"]).detach())
    return abc_loss(w, out, batch) | {"motif": motif}


def nucleotide_region_finetune_exp_hic_axial(w: Weights, batch: Tensors) -> Tensors:
    return axial_heads(w, with_cls(w, trunk(w, batch)), batch)


# ---- the table

HEADER = {"hic_header.hidden_dim": 5}
HEADERS = HEADER | {"abc_header.hidden_dim": 4}
DEEP = {"num_layers": AXIAL, "encoder.mlp_ratio": 2}
POOL = SCANNER | ENCODER | {"atac_kernel_num": 4, "joint_kernel_num": 5}
PROFILE = SCANNER | {"hidden_dim": 8, "n_dil_layers": 2, "profile_kernel_size": 9}
BIAS = {
    "bias_model.hidden_dim": 4,
    "bias_model.profile_kernel_size": 5,
    "bias_model.motif_scanner.ctcf_index": 4,
}
TRUNK = {"num_motif": MOTIFS, "num_features": FEATURES} | ENCODER

MODELS = {
    "region_finetune": Plain(REGION, region_finetune, expression),
    "region_finetune_positional": Plain(REGION, region_finetune_positional, expression),
    "mlp_region_finetune": Plain({"input_dim": FEATURES}, mlp_region_finetune, expression),
    "region_finetune_atac": Plain(
        REGION,
        region_finetune_atac,
        lambda w, out, batch: {"atpm": poisson(out["atpm"], batch["region_motif"][..., -1:])},
    ),
    "region_pretrain": Plain(REGION, region_pretrain, region_pretrain_loss),
    "region_finetune_hic": Plain(
        REGION | {"hidden_dim": 5},
        region_finetune_hic,
        lambda w, out, batch: {"hic": squared(out["hic"][..., 0], batch["hic_matrix"])},
    ),
    "distance_contact_map": Plain({}, distance_contact_map, distance_contact_map_loss),
    "region_finetune_exp_hic_abc": Plain(REGION | HEADERS, region_finetune_exp_hic_abc, abc_loss),
    "region_finetune_hic_oe": Plain(
        REGION | HEADER | {"num_motif": FEATURES + 1}, region_finetune_hic_oe, region_finetune_hic_oe_loss
    ),
    "region_finetune_exp_hic_axial": Plain(REGION | DEEP, region_finetune_exp_hic_axial, axial_loss),
    "pretrain": Plain(POOL, pretrain(False), pretrain_loss, "peaks"),
    "pretrain_max_norm": Plain(POOL, pretrain(True), pretrain_loss, "peaks"),
    "finetune": Plain(POOL, finetune(False), expression, "peaks"),
    "finetune_max_norm": Plain(POOL, finetune(True), expression, "peaks"),
    "finetune_gbm": Plain(POOL | {"head_atac.hidden_dim": 3}, finetune_gbm, finetune_gbm_loss, "peaks"),
    "chrombpnet_bias": Plain(PROFILE, chrombpnet_bias, profile_loss, "ragged"),
    "chrombpnet": Plain(PROFILE | BIAS, chrombpnet, profile_loss, "ragged"),
    "nucleotide_v1_motif_adaptor": Plain(
        ADAPTOR, nucleotide_v1_motif_adaptor, nucleotide_v1_motif_adaptor_loss, "ragged"
    ),
    "nucleotide_motif_adaptor": Plain(
        ADAPTOR | {"embed_dim": WIDTH}, nucleotide_motif_adaptor, nucleotide_motif_adaptor_loss, "ragged"
    ),
    "nucleotide_region_finetune_exp": Plain(
        ADAPTOR | ENCODER | {"atac_feature": 3}, nucleotide_region_finetune_exp, expression, "ragged"
    ),
    "nucleotide_region_finetune_atac": Plain(
        ADAPTOR | ENCODER, nucleotide_region_finetune_atac, nucleotide_region_finetune_atac_loss, "ragged"
    ),
    "nucleotide_region_finetune_exp_hic_abc": Plain(
        TRUNK | HEADERS, nucleotide_region_finetune_exp_hic_abc, nucleotide_abc_loss, "ragged"
    ),
    "nucleotide_region_finetune_exp_hic_axial": Plain(
        TRUNK | DEEP, nucleotide_region_finetune_exp_hic_axial, axial_loss, "ragged"
    ),
}

"""peft's `adapter_config.json`: what it says of scales, and what of an adapter is more than W + B A."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save_file

from getdsl.compiler.check import check_text
from getdsl.compiler.plan.make import make_plan
from getdsl.compiler.plan.plan import Plan
from getdsl.compiler.plan.planned import plan_spec
from getdsl.formats.adapter_config import read_config
from getdsl.formats.checkpoint_header import Header, LoadRequest
from tests.plan.headers import Shape, codes, reader, shapes, spec_of

MODEL = """
model M {
    input x: [B, L, 8]
    proj = x -> Linear(16)
    norm = proj -> LayerNorm(16)
    ff   = gelu(norm) -> Linear(16)
    head = mean(ff, dim = 1) -> Linear(1)
    output y = squeeze(head, 1)
}
"""
NAMES = shapes(spec_of("", MODEL))
PLAIN = {"peft_type": "LORA", "r": 4, "lora_alpha": 16}


def pair(module: str, rank: int = 4) -> dict[str, Shape]:
    fan_out, fan_in = NAMES[f"{module}.weight"]
    start = f"base_model.model.{module}"
    return {f"{start}.lora_A.weight": (rank, fan_in), f"{start}.lora_B.weight": (fan_out, rank)}


def planned(file: Mapping[str, Shape], config: Mapping[str, Any] | None, lora: str = "") -> Plan:
    def read(request: LoadRequest) -> Header:
        header = reader(NAMES, file)(request)
        known = request.location == "1" and config is not None
        return replace(header, adapter_config=read_config(config)) if known else header

    return make_plan(spec_of(f'load "0" {{}}\nlora {{ adapter = "1" {lora} }}', MODEL), read)


def scales(plan: Plan) -> dict[str, float]:
    return {name: item.adapter.scale for name, item in plan.tensors.items() if item.adapter is not None}


@pytest.mark.parametrize(
    ("settings", "scale"),
    [
        ({}, 4),
        ({"lora_alpha": 1}, 0.25),
        ({"use_rslora": True}, 8),
        ({"alpha_pattern": {"ff": 32}}, 8),
        ({"alpha_pattern": {"f": 32}}, 4),  # an expression ends a module's path at a dot
        ({"alpha_pattern": {"f+": 2, "ff": 32}}, 0.5),  # the first that matches
        ({"alpha_pattern": {"^ff": 32}, "use_rslora": True}, 16),
        ({"rank_pattern": {"ff": 4}, "r": 2}, 4),
        ({"init_lora_weights": "gaussian", "lora_dropout": 0.5, "target_modules": ["ff"]}, 4),
    ],
)
def test_the_scale_is_the_configs(settings: dict[str, Any], scale: float) -> None:
    plan = planned(pair("ff"), {**PLAIN, **settings})
    assert plan.ok, plan.diagnostics
    assert scales(plan) == {"ff.weight": pytest.approx(scale, rel=1e-12)}


def test_alpha_of_lora_goes_before_and_is_told() -> None:
    plan = planned(pair("ff"), PLAIN, "alpha = 2")
    assert scales(plan) == {"ff.weight": 0.5}
    assert codes(plan, "warning") == ["GET522"]
    assert "alpha 2, and the adapter of `ff.weight` was trained with 16" in plan.diagnostics[0].message


def test_a_config_of_another_training() -> None:
    plan = planned(pair("ff", rank=2), PLAIN)
    assert codes(plan) == ["GET522"]
    assert "has rank 2, and 4 is said of it" in plan.diagnostics[0].message


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"use_dora": True}, "`use_dora`"),
        ({"fan_in_fan_out": True}, "`fan_in_fan_out`"),
        ({"lora_bias": True}, "`lora_bias`"),
        ({"init_lora_weights": "pissa_niter_4"}, '`init_lora_weights = "pissa_niter_4"`'),
        ({"layer_replication": [[0, 4], [2, 5]]}, "`layer_replication`"),
        ({"a_switch_of_tomorrow": True}, "`a_switch_of_tomorrow`"),
        ({"peft_type": "IA3"}, '`peft_type = "IA3"`'),
    ],
)
def test_more_than_low_rank_is_refused_by_name(settings: dict[str, Any], told: str) -> None:
    plan = planned(pair("ff"), {**PLAIN, **settings})
    assert codes(plan) == ["GET525"]
    assert told in plan.diagnostics[0].message


@pytest.mark.parametrize(
    ("key", "told"),
    [
        ("ff.lora_magnitude_vector", "DoRA's magnitude"),
        ("ff.lora_magnitude_vector.default.weight", "DoRA's magnitude"),
        ("ff.lora_B.bias", "a bias of an adapter"),
        ("emb.lora_embedding_A", "an adapter of an embedding"),
        ("ff.lora_E", "a part of an adapter that is not known here"),
    ],
)
@pytest.mark.parametrize("config", [None, PLAIN])
def test_parts_beyond_low_rank_are_refused_by_name(
    key: str, told: str, config: dict[str, Any] | None
) -> None:
    """Without a config too, and nothing else is said of the file."""
    plan = planned({**pair("ff"), f"base_model.model.{key}": (16,)}, config, "alpha = 16")
    assert codes(plan) == ["GET525"]
    assert told in plan.diagnostics[0].message


def test_another_kind_of_adapter_is_named_and_nothing_else_is_said() -> None:
    plan = planned({"base_model.model.ff.ia3_l": (16, 1)}, {"peft_type": "IA3"})
    assert [item.code for item in plan.diagnostics] == ["GET525"]


def test_what_was_trained_beside_comes_along() -> None:
    config = {**PLAIN, "modules_to_save": ["head"], "bias": "all"}
    file = {
        **pair("ff"),
        "base_model.model.ff.base_layer.bias": (16,),
        "base_model.model.norm.bias": (16,),
        "base_model.model.head.weight": (1, 16),
        "base_model.model.head.bias": (1,),
        "base_model.model.head.modules_to_save.bias": (1,),
        "base_model.model.head.original_module.bias": (1,),
    }
    plan = planned(file, config)
    assert plan.ok, plan.diagnostics
    taken = {name for name, item in plan.tensors.items() if item.source is not None and item.source.load == 1}
    assert taken == {"ff.bias", "norm.bias", "head.weight", "head.bias"}
    assert {left.fate for left in plan.leftovers} == {"dropped"}


def test_what_was_trained_beside_and_is_absent_is_told() -> None:
    plan = planned(pair("ff"), {**PLAIN, "modules_to_save": ["head"], "bias": "lora_only"})
    assert codes(plan) == ["GET525"]
    assert "lacks what was trained beside its adapters: `head`, `ff.bias`" in plan.diagnostics[0].message


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{", "it is not JSON"),
        ("[1]", "it is no table of settings"),
        ('{"r": "4"}', "its `r` is '4', and a rank is an integer above 0"),
        ('{"r": 0}', "its `r` is 0, and a rank is an integer above 0"),
        ('{"lora_alpha": NaN}', "its `lora_alpha` is nan, and an alpha is a number"),
        ('{"rank_pattern": [1]}', "its `rank_pattern` is no table"),
        ('{"alpha_pattern": {"(": 1}}', "its `alpha_pattern` has `(`, which is no regular expression"),
        ("[" * 100_000, "it is not JSON"),
    ],
)
def test_a_config_that_cannot_be_read(tmp_path: Path, text: str, why: str) -> None:
    plan = of_folder(tmp_path, text)
    assert codes(plan) == ["GET510"]
    assert "adapter_config.json` cannot be read: " in plan.diagnostics[0].message
    assert why in plan.diagnostics[0].message or "maximum recursion" in plan.diagnostics[0].message


def test_a_folder_of_peft(tmp_path: Path) -> None:
    assert scales(of_folder(tmp_path, json.dumps(PLAIN))) == {"ff.weight": 4}


def of_folder(folder: Path, config: str) -> Plan:
    save_file({key: np.zeros(shape, np.float32) for key, shape in NAMES.items()}, folder / "base.safetensors")
    adapter = folder / "adapter"
    adapter.mkdir()
    tensors = {key: np.zeros(shape, np.float32) for key, shape in pair("ff").items()}
    save_file(tensors, adapter / "adapter_model.safetensors")
    (adapter / "adapter_config.json").write_text(config)
    spec = f'{MODEL}load "{folder}/base.safetensors" {{}}\nlora {{ adapter = "{adapter}" }}'
    checked = check_text(spec)
    assert checked.spec is not None, checked.diagnostics
    return plan_spec(checked.spec).plan

"""What GET's loading and freezing does, through the directive that means the same.

Where GET errs or is silent, the difference is held here and told in docs/get-differences.md.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from safetensors import safe_open

from getdsl.compiler.check import check_text
from getdsl.compiler.plan.plan import Plan
from tests.golden.cases import find
from tests.plan.headers import codes, plan_of

SPECS = Path(__file__).parents[2] / "specs"
HEADS = """
model M {
    input x: [B, 4]
    enc  = x -> Linear(4)
    head = enc -> Linear(4)
    output y = head
}
"""


def cases(name: str) -> list[dict[str, Any]]:
    path = Path(__file__).parent / "directives" / f"{name}.json"
    found: list[dict[str, Any]] = json.loads(path.read_text())["cases"]
    return found


def region(layers: int) -> str:
    text = (SPECS / "get/region_finetune.get").read_text()
    sizes = {
        "num_motif:  int   = 283": "num_motif:  int   = 5",
        "embed_dim:  int   = 768": "embed_dim:  int   = 8",
    }
    sizes |= {
        "num_layers: int   = 12": f"num_layers: int   = {layers}",
        "num_heads:  int   = 12": "num_heads:  int   = 2",
    }
    for old, new in sizes.items():
        assert old in text
        text = text.replace(old, new)
    return text


def rules(config: dict[str, str] | None) -> str:
    lines = " ".join(f'"{old}" -> "{new}"' for old, new in (config or {}).items())
    return f"replace {{ {lines} }}" if lines else ""


def quoted(patterns: list[str]) -> str:
    """GET's substrings as globs."""
    return "[" + ", ".join(f'"*{pattern}*"' for pattern in patterns) + "]"


def names(plan: Plan) -> dict[str, str]:
    """Every key of the file, with the name that it got."""
    found = {item.source.key: item.name for item in plan.leftovers}
    return found | {item.source.key: name for name, item in plan.tensors.items() if item.source}


@pytest.mark.parametrize("case", cases("rename_state_dict"), ids=lambda case: str(case["name"])[:40])
def test_replace_is_gets_rename(case: dict[str, Any]) -> None:
    file = dict.fromkeys(case["input"], (1,))
    plan = plan_of(f'load "0" {{ strict = false {rules(case["rename_config"])} }}', file, model=HEADS)
    renamed = names(plan)
    assert set(renamed) == set(case["input"])
    for key, name in renamed.items():
        assert name in case["expected"]
        if case["expected"][name] != case["input"][key]:  # another key had come later and won
            assert "GET512" in codes(plan)
    assert ("GET512" in codes(plan)) == (len(case["expected"]) < len(case["input"]))


@pytest.mark.parametrize("case", cases("load_state_dict"))
def test_strict_and_drop(case: dict[str, Any]) -> None:
    shapes = {"weight": (4, 4), "bias": (4,)}
    file = {key: shapes.get(key.split(".")[1], (4,)) for key in case["checkpoint_keys"]}
    drop = f"drop = {quoted(case['patterns_to_drop'])}" if case["patterns_to_drop"] else ""
    plan = plan_of(f'load "0" {{ strict = {str(case["strict"]).lower()} {drop} }}', file, model=HEADS)
    assert list(plan.tensors) == case["model_keys"]
    assert plan.ok == (case["raises"] is None)
    assert [name for name, item in plan.tensors.items() if item.source] == case["loaded"]


@pytest.mark.parametrize("case", cases("rename_lit_state_dict"))
def test_a_lightning_prefix(case: dict[str, Any]) -> None:
    drop = f"drop = {quoted(case['patterns_to_drop'])}" if case["patterns_to_drop"] else ""
    load = f'load "0" {{ strict = false  rename {{ "model." -> "" }} {drop} }}'
    plan = plan_of(load, dict.fromkeys(case["input"], (1,)), model=HEADS)
    kept = {item.name for item in plan.leftovers if item.fate == "unexpected"}
    if "raises" in case:  # a key of two patterns is deleted twice by GET; here it is dropped
        assert not kept
        assert plan.ok
    else:
        assert kept == set(case["expected"])


@pytest.mark.parametrize("case", cases("freeze_layers"))
def test_freeze_and_its_inverse(case: dict[str, Any]) -> None:
    patterns = case["patterns_to_freeze"]
    keyword = "train_only" if case["invert_match"] else "freeze"
    text = region(2) + f"{keyword} = {quoted(patterns or [])}"
    if patterns == ["motif_scanner"]:  # matches nothing: GET is silent, and its inverse freezes everything
        assert [item.code for item in check_text(text).diagnostics] == ["GET511"]
        return
    plan = plan_of("", model=text)
    assert {name for name, item in plan.tensors.items() if item.frozen} == set(case["frozen"])


@pytest.mark.parametrize("case", cases("freeze_parameters"))
def test_a_frozen_head(case: dict[str, Any]) -> None:
    model = "model M { input x: [B, R, 8]  head = x -> ATACHead(8)  output y = head }\n"
    patterns = {True: "[head]", False: "[]", "fc1": "[head.fc1]"}.get(case["freezed"])
    text = model + f"freeze = {patterns or quoted([case['freezed']])}"
    if case["freezed"] == "nothing":
        assert [item.code for item in check_text(text).diagnostics] == ["GET511"]
        return
    plan = plan_of("", model=text)
    frozen = [name.removeprefix("head.") for name, item in plan.tensors.items() if item.frozen]
    assert frozen == case["frozen"]


def test_gets_helper_for_the_last_layer() -> None:
    """GET's names are those of v1, so that it freezes all or nothing; the model's do what was meant."""
    plain, last, attention = cases("utils_freeze_layers")
    model = region(12)
    assert set(plan_of("", model=model).tensors) == set(plain["trainable_left"])
    assert last["trainable_left"] == []
    plan = plan_of("train_only = [encoder.blocks[11], encoder.norm, head_exp]", model=model)
    trained = [name for name, item in plan.tensors.items() if item.trainable]
    assert len(trained) == 13 + 2 + 2
    assert attention["trainable_left"] == plain["trainable_left"]
    assert [item.code for item in check_text(model + "freeze = [atac_attention]").diagnostics] == ["GET511"]


def published() -> tuple[dict[str, tuple[int, ...]], dict[str, str]]:
    """The keys and shapes of a v1 checkpoint, and GET's table for it."""
    with safe_open(find("directives/v1_finetune_checkpoint.safetensors"), "np") as file:
        keys = [key for key in file.keys() if key.startswith("ckpt.")]  # noqa: SIM118
        shapes = {key.removeprefix("ckpt."): tuple(file.get_slice(key).get_shape()) for key in keys}
        return shapes, json.loads(file.metadata()["golden"])["rename_config"]


def test_gets_published_table_loads_a_v1_checkpoint() -> None:
    file, table = published()
    plan = plan_of(f'load "0" {{ {rules(table)} }}', file, model=region(2))
    assert plan.ok, plan.diagnostics
    assert all(item.origin == "loaded" for item in plan.tensors.values())
    assert not plan.leftovers


def test_a_v1_checkpoint_is_understood_without_a_table() -> None:
    file, _ = published()
    plan = plan_of('load "0" { }', file, model=region(2))
    assert codes(plan) == ["GET514"]
    rename = " ".join(f'"{old}" -> "{new}"' for old, new in plan.suggestions[0].rules)
    pasted = plan_of(f'load "0" {{ rename {{ {rename} }} }}', file, model=region(2))
    assert not pasted.diagnostics
    table = plan_of(f'load "0" {{ {rules(published()[1])} }}', file, model=region(2))
    assert names(pasted) == names(table)

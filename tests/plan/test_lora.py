"""The four cases of LoRA: a base or an adapted file, `lora` asked for or not; and an adapter's own file."""

from __future__ import annotations

from dataclasses import replace

import pytest

from getdsl.compiler.plan.make import make_plan
from getdsl.compiler.plan.matching.rewriting import canonical
from getdsl.compiler.plan.plan import Adapter, Provenance
from getdsl.formats.checkpoint_header import Header, LoadRequest
from tests.plan.headers import Shape, codes, plan_of, reader, shapes, spec_of

NAMES = shapes(spec_of(""))
LORA = "lora { on = [encoder, head]  rank = 2  alpha = 1 }"


def adapted(
    rank: int = 2, style: str = "minlora", part: tuple[str, ...] = ("encoder", "head")
) -> dict[str, Shape]:
    """The model's tensors with adapters as minLoRA or peft spells them."""
    found: dict[str, Shape] = {}
    for name, shape in NAMES.items():
        path, _, leaf = name.rpartition(".")
        if leaf != "weight" or len(shape) != 2 or not name.startswith(part):
            found[name] = shape
        elif style == "minlora":
            inside = f"{path}.parametrizations.weight"
            found |= {f"{inside}.original": shape, f"{inside}.0.lora_A": (rank, shape[1])}
            found |= {f"{inside}.0.lora_B": (shape[0], rank), f"{inside}.0.lora_dropout_mask": (1, shape[1])}
        else:
            start = f"base_model.model.{path}"
            found |= {f"{start}.base_layer.weight": shape}
            found |= {f"{start}.lora_A.default.weight": (rank, shape[1])}
            found |= {f"{start}.lora_B.default.weight": (shape[0], rank)}
    return found


def only_adapters(file: dict[str, Shape]) -> dict[str, Shape]:
    return {key: shape for key, shape in file.items() if ".lora_A" in key or ".lora_B" in key}


def test_base_file_without_lora() -> None:
    plan = plan_of('load "0" { }', NAMES)
    assert plan.ok
    assert all(item.adapter is None for item in plan.tensors.values())


def test_base_file_with_lora_gets_fresh_adapters() -> None:
    plan = plan_of(f'load "0" {{ }}\n{LORA}', NAMES)
    assert plan.ok
    head = plan.tensors["head.weight"]
    assert head.adapter == Adapter(2, 1.0)
    assert head.frozen
    assert not head.trainable
    assert plan.tensors["head.bias"].trainable
    assert [name for name, item in plan.tensors.items() if item.adapter] == [
        name for name, shape in NAMES.items() if len(shape) == 2 and not name.startswith("embed")
    ]


@pytest.mark.parametrize("style", ["minlora", "peft"])
def test_adapted_file_with_lora_loads_the_adapters(style: str) -> None:
    file = adapted(style=style)
    plan = plan_of(f'load "0" {{ }}\n{LORA}', file)
    assert plan.ok, plan.diagnostics
    head = plan.tensors["head.weight"]
    assert head.origin == "loaded"
    assert head.adapter is not None
    assert head.adapter.a is not None
    assert head.adapter.b is not None
    assert (canonical(head.adapter.a.key), canonical(head.adapter.b.key)) == (
        "head.weight.lora_A",
        "head.weight.lora_B",
    )
    assert {item.source.key for item in plan.leftovers} == {key for key in file if "dropout_mask" in key}


def test_adapted_file_without_lora_is_an_error_with_the_fix() -> None:
    plan = plan_of('load "0" { strict = false }', adapted())
    [item] = plan.diagnostics
    assert item.code == "GET521"
    assert "lora { on = [encoder, head]  alpha = 1 }" in (item.help or "")
    assert plan_of('load "0" { }\nlora { on = [encoder, head]  alpha = 1 }', adapted()).ok


def test_ranks_must_agree() -> None:
    plan = plan_of(f'load "0" {{ }}\n{LORA}', adapted(rank=4))
    [item] = plan.diagnostics
    assert item.code == "GET522"
    assert "rank 2" in item.message
    assert "rank 4" in item.message


def test_the_files_rank_is_taken_where_none_is_asked() -> None:
    plan = plan_of('load "0" { }\nlora { on = [encoder, head]  alpha = 2 }', adapted(rank=4))
    assert plan.tensors["head.weight"].adapter is not None
    assert plan.tensors["head.weight"].adapter.rank == 4
    assert plan.tensors["head.weight"].adapter.scale == 0.5


def test_adapters_that_lora_does_not_name_are_an_error() -> None:
    assert codes(plan_of('load "0" { }\nlora { on = [head]  alpha = 1 }', adapted())) == ["GET522"]


def test_half_an_adapter_is_an_error() -> None:
    file = {
        key: shape
        for key, shape in adapted().items()
        if not key.endswith("head.parametrizations.weight.0.lora_B")
    }
    plan = plan_of(f'load "0" {{ }}\n{LORA}', file)
    assert codes(plan) == ["GET522"]
    assert "`head.weight`" in plan.diagnostics[0].message


def test_an_adapters_own_file_over_the_base() -> None:
    file = only_adapters(adapted(style="peft"))
    plan = plan_of('load "0" { }\nlora { adapter = "1"  alpha = 3 }', NAMES, file)
    assert plan.ok, plan.diagnostics
    adapter = plan.tensors["head.weight"].adapter
    assert adapter is not None
    assert adapter.a == Provenance(1, "base_model.model.head.lora_A.default.weight")
    assert plan.tensors["embed.weight"].adapter is None
    assert len(plan.headers) == 2
    assert codes(plan_of('load "0" { }\nlora { adapter = "1" }', NAMES, NAMES)) == ["GET522"]
    assert codes(plan_of('load "0" { }\nlora { adapter = "9" }', NAMES)) == ["GET510"]


def test_rules_rename_adapters_with_their_weights() -> None:
    file = {key.replace("encoder.blocks.", "blocks."): shape for key, shape in adapted().items()}
    plan = plan_of(f'load "0" {{ rename {{ "blocks." -> "encoder.blocks." }} }}\n{LORA}', file)
    assert plan.ok, plan.diagnostics


def test_rank_and_alpha_by_pattern() -> None:
    plan = plan_of('lora { on = [encoder, head]  rank = { "encoder" = 2, "*" = 3 }  alpha = { "head" = 6 } }')
    found = {name: item.adapter for name, item in plan.tensors.items() if item.adapter}
    assert found["head.weight"] == Adapter(3, 6.0)
    assert found["encoder.blocks.0.attn.qkv.weight"] == Adapter(2, 2.0)


def test_a_recorded_alpha_is_taken_and_another_one_warns() -> None:
    file = {
        canonical(key): shape for key, shape in adapted(part=("head",)).items() if "dropout_mask" not in key
    }

    def read(request: LoadRequest) -> Header:
        header = reader(file)(request)
        settings = {"head.weight": {"rank": 2, "alpha": 32.0, "dropout": 0.0}}
        return replace(header, record={"adaptation": {"adapters": settings}})

    text = 'load "0" { }\nlora { on = [head] %s }'
    plan = make_plan(spec_of(text % ""), read)
    assert plan.tensors["head.weight"].adapter is not None
    assert plan.tensors["head.weight"].adapter.alpha == 32.0
    assert not plan.diagnostics
    other = make_plan(spec_of(text % "alpha = 1"), read)
    assert other.ok
    assert "alpha 1, and the adapter of `head.weight` was trained with 32" in other.diagnostics[0].message


@pytest.mark.parametrize(("style", "told"), [("minlora", "`alpha = 1`"), ("peft", "`adapter_config.json`")])
def test_an_alpha_that_nothing_says_is_asked_for(style: str, told: str) -> None:
    plan = plan_of('load "0" { }\nlora { on = [encoder, head] }', adapted(style=style))
    [item] = plan.diagnostics
    assert item.code == "GET524"
    assert "and 4 more" in item.message
    assert told in (item.help or "")
    half = plan_of(
        'load "0" { }\nlora { on = [encoder, head]  alpha = { "head" = 1 } }', adapted(style=style)
    )
    assert codes(half) == ["GET524"]
    assert "`head.weight`" not in half.diagnostics[0].message


def test_freeze_never_touches_an_adapter() -> None:
    plan = plan_of(f"freeze = [head]\n{LORA}")
    assert plan.tensors["head.weight"].adapter is not None
    assert plan.tensors["head.bias"].frozen


@pytest.mark.parametrize(
    ("key", "ours"),
    [
        ("a.parametrizations.weight.original", "a.weight"),
        ("a.parametrizations.weight.0.lora_A", "a.weight.lora_A"),
        ("base_model.model.a.b.lora_B.default.weight", "a.b.weight.lora_B"),
        ("a.lora_A.weight", "a.weight.lora_A"),
        ("a.base_layer.bias", "a.bias"),
        ("a.weight.lora_A", "a.weight.lora_A"),
        ("a.parametrizations.bias.original0", "a.parametrizations.bias.original0"),
    ],
)
def test_spellings(key: str, ours: str) -> None:
    assert canonical(key) == ours

"""Every tensor accounted for: loading, renaming, dropping, freezing."""

from __future__ import annotations

import pytest

from getdsl.compiler.plan.plan import Provenance
from tests.plan.headers import codes, plan_of, renamed, shapes, spec_of

NAMES = shapes(spec_of(""))


def test_a_file_that_is_the_models() -> None:
    plan = plan_of('load "0" { }', NAMES)
    assert plan.ok
    assert not plan.diagnostics
    assert {name: item.source for name, item in plan.tensors.items()} == {
        name: Provenance(0, name) for name in NAMES
    }
    assert all(item.origin == "loaded" and item.trainable for item in plan.tensors.values())


def test_without_a_load_all_is_new() -> None:
    plan = plan_of("")
    assert plan.ok
    assert {item.origin for item in plan.tensors.values()} == {"new"}


def test_rename_is_anchored_and_takes_the_first_rule() -> None:
    file = {"a.head.weight": (1, 8), "head.bias": (1,), "z.a.b": (1,)}
    rules = 'rename { "a.head." -> "head."  "head." -> "head."  "a." -> "x." }'
    plan = plan_of(f'load "0" {{ strict = false {rules} }}', file)
    assert plan.tensors["head.weight"].source == Provenance(0, "a.head.weight")
    assert plan.tensors["head.bias"].source == Provenance(0, "head.bias")
    assert [item.name for item in plan.leftovers] == ["z.a.b"]
    assert codes(plan, "warning") == ["GET518"]  # "a." renames nothing: the longer rule stands first


def test_a_star_is_one_step_and_is_carried_over() -> None:
    file = renamed(NAMES, lambda name: name.replace("encoder.blocks.", "layers.").replace("attn.", "att."))
    rules = '"layers.*.att." -> "encoder.blocks.*.attn."  "layers." -> "encoder.blocks."'
    assert plan_of(f'load "0" {{ rename {{ {rules} }} }}', file).ok
    assert not plan_of('load "0" { rename { "lay*.att." -> "encoder.blocks.*.attn." } }', file).ok


def test_a_regular_expression_renames() -> None:
    file = renamed(NAMES, lambda name: name.replace("encoder.blocks.", "h"))
    assert plan_of('load "0" { rename { "re:^h(\\\\d+)\\\\." -> "encoder.blocks.\\\\1." } }', file).ok


def test_two_keys_that_become_one_are_refused_with_both_rules() -> None:
    file = {**NAMES, "top.weight": (1, 8)}
    plan = plan_of('load "0" { rename { "top." -> "head." } }', file)
    [item] = [item for item in plan.diagnostics if item.code == "GET512"]
    assert "`head.weight` and `top.weight` both become `head.weight`" in item.message
    assert {left.fate for left in plan.leftovers} == {"refused"}
    assert plan.tensors["head.weight"].origin == "missing"


def test_keys_that_are_dropped_do_not_collide() -> None:
    file = {**NAMES, "a.mask": (3,), "b.mask": (3,)}
    load = 'load "0" { rename { "a." -> "old."  "b." -> "old." } drop = ["old.*"] }'
    plan = plan_of(load, file)
    assert plan.ok
    assert [(item.source.key, item.name, item.fate) for item in plan.leftovers] == [
        ("a.mask", "old.mask", "dropped"),
        ("b.mask", "old.mask", "dropped"),
    ]


def test_a_drop_that_matches_nothing_is_a_warning() -> None:
    plan = plan_of('load "0" { drop = ["mask.*"] }', NAMES)
    assert plan.ok
    assert codes(plan, "warning") == ["GET518"]


def test_a_wrong_shape_is_refused_with_both_and_the_nearest_of_the_right_one() -> None:
    file = {**NAMES, "head.weight": (4, 8), "heads.weight": (1, 8)}
    plan = plan_of('load "0" { strict = false }', file)
    [item] = [item for item in plan.diagnostics if item.severity == "error"]
    assert item.code == "GET513"
    for part in ("[1, 8] in the model", "[4, 8] in `0`", "`heads.weight` has the right shape"):
        assert part in item.message


def test_strict_false_lets_the_rest_pass_and_lists_it() -> None:
    file = {name: shape for name, shape in NAMES.items() if name != "head.bias"} | {"other": (3,)}
    plan = plan_of('load "0" { strict = false }', file)
    assert plan.ok
    assert plan.tensors["head.bias"].origin == "missing"
    assert [(item.name, item.fate) for item in plan.leftovers] == [("other", "unexpected")]
    strict = plan_of('load "0" { }', file)
    assert codes(strict) == ["GET514"]


def test_new_is_expected_to_be_missing_and_only_that() -> None:
    file = {name: shape for name, shape in NAMES.items() if not name.startswith("head.")}
    plan = plan_of('load "0" { new = [head] }', file)
    assert plan.ok
    assert plan.tensors["head.bias"].origin == "new"
    assert codes(plan_of('load "0" { new = [head] }', NAMES)) == ["GET516"]


def test_later_loads_write_over_earlier_ones() -> None:
    plan = plan_of('load "0" { }\nload "1" { into = head }', NAMES, {"weight": (1, 8), "bias": (1,)})
    assert plan.ok
    head = plan.tensors["head.weight"]
    assert head.source == Provenance(1, "weight")
    assert head.overwritten == (Provenance(0, "head.weight"),)
    assert plan.tensors["embed.bias"].overwritten == ()


def test_files_add_up_and_a_part_owes_only_itself() -> None:
    base = {name: shape for name, shape in NAMES.items() if not name.startswith("head.")}
    assert plan_of('load "0" { }\nload "1" { into = head }', base, {"weight": (1, 8), "bias": (1,)}).ok
    plan = plan_of('load "0" { into = head }', {"weight": (1, 8)})
    assert codes(plan) == ["GET514"]
    assert plan.tensors["head.bias"].origin == "missing"
    assert plan.tensors["embed.bias"].origin == "new"


def test_a_file_that_cannot_be_read_is_one_error_at_its_name() -> None:
    plan = plan_of('load "gone.pth" { }')
    [item] = plan.diagnostics
    assert item.code == "GET510"
    assert item.primary is not None
    assert item.primary.span.text == '"gone.pth"'


FROZEN = {
    "freeze = [head]": ["head.weight", "head.bias"],
    'freeze = ["*.norm1.bias"]': ["encoder.blocks.0.norm1.bias", "encoder.blocks.1.norm1.bias"],
    'freeze = ["encoder.blocks.?.mlp.fc1"]': [
        f"encoder.blocks.{i}.mlp.fc1.{leaf}" for i in range(2) for leaf in ("weight", "bias")
    ],
    "freeze = [encoder.blocks[0..2].norm2, head.bias]": [
        *(f"encoder.blocks.{i}.norm2.{leaf}" for i in range(2) for leaf in ("weight", "bias")),
        "head.bias",
    ],
    "train_only = [head]": [name for name in NAMES if not name.startswith("head.")],
}


@pytest.mark.parametrize("text", FROZEN)
def test_freeze_and_train_only(text: str) -> None:
    plan = plan_of(text)
    assert [name for name, item in plan.tensors.items() if item.frozen] == FROZEN[text]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("freeze = [encoder]", ("encoder",)),
        ("freeze = [encoder.blocks[0..1], head]", ("encoder.blocks.0", "head")),
        ("freeze = [head.weight]", ()),
        ("freeze = [head.weight, head.bias]", ("head",)),
        ("train_only = [encoder.norm]", ("embed", "encoder.blocks.0", "encoder.blocks.1", "head")),
        (
            "freeze = [encoder.blocks[0]]\nlora { on = [encoder.blocks[0].mlp] }",
            ("encoder.blocks.0.norm1", "encoder.blocks.0.attn", "encoder.blocks.0.norm2"),
        ),
    ],
)
def test_what_stays_in_evaluation_mode(text: str, parts: tuple[str, ...]) -> None:
    assert plan_of(text).frozen_parts == parts


def test_what_a_block_freezes_itself_stays_frozen_and_is_no_frozen_part() -> None:
    model = "model M { input x: [B, L, 4]  scan = x -> MotifScanner(8)  output y = scan }"
    plan = plan_of("train_only = [scan]", model=model)
    assert {item.kind: item.frozen for item in plan.tensors.values()}["frozen"] is True
    assert plan_of("", model=model).frozen_parts == ()
    assert plan_of("freeze = [scan]", model=model).frozen_parts == ("scan",)


def test_freezing_everything_is_a_warning() -> None:
    assert codes(plan_of('freeze = ["*"]'), "warning") == ["GET523"]
    assert not plan_of('freeze = ["*"]\nlora { on = [head] }').diagnostics

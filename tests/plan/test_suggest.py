"""The suggester finds rename tables, proves them, and does not guess."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from getdsl.compiler.check import check
from getdsl.compiler.plan.suggest.generalise import applied
from getdsl.compiler.plan.suggest.suggestion import Suggestion
from getdsl.compiler.plan.suggest.table_search import proven, suggest
from tests.plan.headers import Shape, plan_of, shapes, spec_of

SPECS = Path(__file__).parents[2] / "specs"
V1 = {
    "encoder.blocks.": "blocks.",
    "encoder.norm.": "fc_norm.",
    "region_embed.embed.": "region_embed.proj.",
    "head_exp.head.": "head.",
}
OTHERS = {  # names of our tensors -> those of other libraries
    "prefixed": {"": "module.net."},
    "timm": {**V1, "region_embed.embed.": "patch_embed.proj.", "encoder.norm.": "norm."},
    "gpt": {
        "encoder.blocks.": "h.",
        "norm1": "ln_1",
        "norm2": "ln_2",
        "encoder.norm": "ln_f",
        "head_exp.head": "lm_head",
    },
    "longer": {
        "encoder.blocks.": "vit.encoder.layer.",
        "attn.": "attention.",
        "norm1": "layernorm_before",
        "norm2": "layernorm_after",
        "mlp.fc1": "intermediate.dense",
        "mlp.fc2": "output.dense",
        "encoder.norm": "vit.layernorm",
    },
}


@cache
def region(layers: int = 12) -> dict[str, Shape]:
    checked = check(SPECS / "get/region_finetune.get", params={"num_layers": layers, "embed_dim": 48})
    assert checked.spec is not None
    return shapes(checked.spec)


def translated(names: dict[str, Shape], table: dict[str, str]) -> dict[str, Shape]:
    def translate(name: str) -> str:
        for ours, theirs in table.items():
            name = name.replace(ours, theirs) if ours else theirs + name
        return name

    return {translate(name): shape for name, shape in names.items()}


def shuffled(keys: dict[str, Shape], seed: int = 0) -> dict[str, Shape]:
    order = list(keys)
    random.Random(seed).shuffle(order)
    return {key: keys[key] for key in order}


def found(names: dict[str, Shape], keys: dict[str, Shape]) -> Suggestion:
    return suggest(keys, names, {key: key for key in keys if names.get(key) == keys[key]})


def wanted(names: dict[str, Shape], keys: dict[str, Shape]) -> dict[str, str]:
    return dict(zip(keys, names, strict=True))


def resolves(suggestion: Suggestion, truth: dict[str, str]) -> bool:
    return not suggestion.ambiguous and proven(suggestion.rules, truth, truth)


@pytest.mark.parametrize("layers", [1, 2, 12])
def test_a_v1_checkpoint(layers: int) -> None:
    names = region(layers)
    keys = translated(names, V1)
    suggestion = found(names, keys)
    assert set(suggestion.rules) == {(theirs, ours) for ours, theirs in V1.items()}
    assert resolves(suggestion, wanted(names, keys))
    assert set(found(names, shuffled(keys)).rules) == set(suggestion.rules)


@pytest.mark.parametrize("style", OTHERS)
def test_other_styles(style: str) -> None:
    names = region()
    keys = translated(names, OTHERS[style])
    assert resolves(found(names, keys), wanted(names, keys))
    assert len(found(names, keys).rules) <= 9


@pytest.mark.parametrize("style", ["prefixed", "timm", "gpt"])
def test_the_order_of_the_file_does_not_matter_where_names_tell(style: str) -> None:
    names = region()
    keys = translated(names, OTHERS[style])
    truth = wanted(names, keys)
    assert resolves(found(names, shuffled(keys)), truth)


def test_a_prefix_is_one_rule() -> None:
    names = region()
    assert found(names, translated(names, {"": "net."})).rules == (("net.", ""),)


def test_order_decides_only_where_it_can_be_trusted() -> None:
    names = region()
    keys = translated(names, OTHERS["longer"])
    assert "order" in found(names, keys).weak.values()
    [open_] = found(names, shuffled(keys)).ambiguous
    assert set(open_.names) == {"encoder.blocks.*.norm1", "encoder.blocks.*.norm2"}


def renumbered(by: int) -> Callable[[str], str]:
    return lambda name: re.sub(r"blocks\.(\d+)", lambda found: f"blocks.{int(found[1]) + by}", name)


@pytest.mark.parametrize("start", ["", "net."])
def test_blocks_that_are_only_renumbered_are_ambiguous(start: str) -> None:
    names = region()
    keys = {start + renumbered(1)(name): shape for name, shape in names.items()}
    suggestion = found(names, keys)
    [open_] = suggestion.ambiguous
    assert (open_.keys, open_.names) == ((f"{start}encoder.blocks.*",), ("encoder.blocks.*",))
    assert not any("blocks" in old for old, _ in suggestion.rules)


@pytest.mark.parametrize(("here", "there"), [(12, 6), (6, 12)])
def test_another_number_of_blocks_is_ambiguous_and_the_rest_is_found(here: int, there: int) -> None:
    names = region(there)
    suggestion = found(names, translated(region(here), V1))
    assert set(suggestion.rules) == {(V1[part], part) for part in V1 if part != "encoder.blocks."}
    assert f"{here} in the file and {there} in the model" in suggestion.ambiguous[0].why


def test_a_norms_weight_is_not_its_bias() -> None:
    names: dict[str, Shape] = {"norm.weight": (8,), "norm.bias": (8,)}
    assert found(names, {"ln.bias": (8,), "ln.weight": (8,)}).rules == (("ln.", "norm."),)


def test_equal_shapes_without_a_likeness_are_ambiguous() -> None:
    names: dict[str, Shape] = {"left.weight": (8, 8), "right.weight": (8, 8)}
    suggestion = found(names, {"p.weight": (8, 8), "q.weight": (8, 8)})
    assert not suggestion.rules
    assert suggestion.ambiguous


def test_shapes_that_nobody_else_has_are_told_as_weak() -> None:
    names: dict[str, Shape] = {"head.weight": (3, 8)}
    suggestion = found(names, {"zz.weight": (3, 8)})
    assert suggestion.weak == {("zz.", "head."): "shape"}


def test_towers_of_different_widths_keep_their_numbers() -> None:
    names: dict[str, Shape] = {f"tower.{i}.weight": (2**i, 3) for i in range(5)}
    keys: dict[str, Shape] = {f"conv.{i + 1}.weight": (2**i, 3) for i in range(5)}
    suggestion = found(names, keys)
    assert proven(suggestion.rules, {f"conv.{i + 1}.weight": f"tower.{i}.weight" for i in range(5)}, keys)


def test_a_rule_never_hijacks_a_key_that_is_right() -> None:
    names: dict[str, Shape] = {"a.x.weight": (2, 3), "b.y.weight": (4, 5)}
    keys: dict[str, Shape] = {"a.x.weight": (2, 3), "a.y.weight": (4, 5)}
    assert found(names, keys).rules == (("a.y.", "b.y."),)


def test_pasted_rules_make_the_plan_green() -> None:
    names = shapes(spec_of(""))
    file = {f"net.{name.replace('blocks', 'layers')}": shape for name, shape in names.items()}
    plan = plan_of('load "0" { }', file)
    [suggestion] = plan.suggestions.values()
    rules = "  ".join(f'"{old}" -> "{new}"' for old, new in suggestion.rules)
    assert plan_of(f'load "0" {{ rename {{ {rules} }} }}', file).ok


PAIRED = (  # names of the same layers elsewhere, as people know and letters do not
    (("up", "proj_in"), ("down", "proj_out")),
    (("wi", "fc1"), ("wo", "fc2")),
    (("c_fc", "dense_in"), ("c_proj", "dense_out")),
    (("q", "query"), ("k", "key"), ("v", "value")),
    (("lin1", "linear1"), ("lin2", "linear2")),
    (("ln_1", "norm1"), ("ln_2", "norm2")),
    (("before", "norm_a"), ("after", "norm_b"), ("final", "norm_c")),
    (("to_out", "o_proj"), ("to_qkv", "qkv_proj")),
    (("w1", "gate"), ("w2", "out"), ("w3", "value")),
    (
        ("attention.self.query", "attn.q"),
        ("attention.self.key", "attn.k"),
        ("attention.output.dense", "attn.o"),
    ),
)


@pytest.mark.parametrize("words", PAIRED)
@pytest.mark.parametrize("around", ["", "net.", "encoder.layers.0."])
@pytest.mark.parametrize("seed", range(4))
def test_a_pair_is_right_or_marked(words: tuple[tuple[str, str], ...], around: str, seed: int) -> None:
    """Layers of one shape, in any order: a rule without a mark gives the names that are meant."""
    truth = {f"{around}{theirs}.weight": f"{around}{ours}.weight" for theirs, ours in words}
    names: dict[str, Shape] = {**dict.fromkeys(truth.values(), (8, 8)), "head.weight": (1, 8)}
    keys: dict[str, Shape] = {**dict.fromkeys(truth, (8, 8)), "head.weight": (1, 8)}
    for suggestion in (found(names, shuffled(keys, seed)), found(shuffled(names, seed), keys)):
        certain = [sides for sides in suggestion.rules if sides not in suggestion.weak]
        for key, name in truth.items():
            given = [applied(old, new, key) for old, new in certain]
            assert {name, None}.issuperset(given), (suggestion, key)


def test_names_that_are_not_alike_stay_open() -> None:
    names: dict[str, Shape] = {"proj_in.weight": (8, 8), "proj_out.weight": (8, 8)}
    suggestion = found(names, {"up.weight": (8, 8), "down.weight": (8, 8)})
    assert not suggestion.rules
    assert suggestion.ambiguous[0].keys == ("up", "down")


WORDS = st.sampled_from(["net", "body", "enc", "layers", "top", "norm", "fc", "a", "b"])


@settings(max_examples=30, deadline=None)
@given(
    table=st.dictionaries(st.sampled_from(["encoder", "blocks", "attn", "mlp", "embed", "head"]), WORDS),
    start=st.lists(WORDS, max_size=2),
    seed=st.integers(0, 99),
)
def test_what_is_proposed_is_injective_and_fits(table: dict[str, str], start: list[str], seed: int) -> None:
    """Whatever steps are renamed: proposed rules keep keys apart, and shapes and last steps are right."""
    names = shapes(spec_of(""))
    keys: dict[str, Shape] = {}
    for name, shape in names.items():
        keys[".".join([*start, *(table.get(step, step) for step in name.split("."))])] = shape
    if len(keys) < len(names):
        return
    suggestion = found(names, shuffled(keys, seed))
    assert proven(suggestion.rules, {}, keys)
    plan = plan_of(_load(suggestion), keys)
    for item in plan.tensors.values():
        if item.source is not None:
            assert keys[item.source.key] == item.shape
            assert item.source.key.rpartition(".")[2] == item.name.rpartition(".")[2]
    if not suggestion.ambiguous:
        assert plan.ok, (suggestion, plan.diagnostics)


def _load(suggestion: Suggestion) -> str:
    rules = "  ".join(f'"{old}" -> "{new}"' for old, new in suggestion.rules)
    return f'load "0" {{ rename {{ {rules} }} }}'

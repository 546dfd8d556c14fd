"""Every help that can be pasted is: the spec then plans, and loads all that could be loaded."""

from __future__ import annotations

import random

import pytest

from getdsl.compiler.directives.covering import any_covers
from getdsl.compiler.directives.narrowest import narrowest
from getdsl.compiler.plan.plan import Plan
from tests.plan.headers import Shape, plan_of, renamed, shapes, spec_of
from tests.plan.pasting import Draft, pasted

DEEP = """
model M {
    input x: [B, R, 8]
    embed   = x -> Linear(8)
    encoder = embed -> GETTransformer(8, 2, 3)
    heads   = encoder -> Linear(4)
    head    = heads -> Linear(1)
    output y = head
}
"""
NAMES = shapes(spec_of("", DEEP))
EXTRA = {"encoder.blocks.0.attn.rotary.inv_freq": (4,), "position_ids": (1, 9)}


def mended(file: dict[str, Shape], draft: Draft | None = None) -> Plan:
    plan = pasted(draft or Draft(), lambda text: plan_of(text, file, model=DEEP))
    assert plan.ok, [(item.message, item.help) for item in plan.diagnostics]
    return plan


def loaded(plan: Plan) -> set[str]:
    return {name for name, item in plan.tensors.items() if item.origin == "loaded"}


@pytest.mark.parametrize(
    "extra",
    [
        {"encoder.blocks.0.attn.rotary.inv_freq": (4,)},
        {f"encoder.blocks.{number}.attn.rotary.inv_freq": (4,) for number in range(3)},
        {"encoder.norm.running_mean": (8,), "encoder.norm.num_batches_tracked": ()},
        {"decoder.a.weight": (8, 8), "decoder.b.weight": (8, 8), "encoder.mask_token": (8,)},
        {"head.extra.weight": (1, 8), "header.weight": (1, 8), "heads.scale": (4,)},
        {"position_ids": (1, 512), 'odd"name': (1,)},
    ],
)
def test_extra_keys(extra: dict[str, Shape]) -> None:
    plan = mended({**NAMES, **extra})
    assert loaded(plan) == NAMES.keys()
    assert {left.source.key for left in plan.leftovers} == extra.keys()


@pytest.mark.parametrize(
    "absent",
    [
        {"encoder.norm.weight"},
        {"encoder.norm.weight", "encoder.norm.bias"},
        {"head.weight", "head.bias"},
        {name for name in NAMES if name.endswith("norm2.bias")},
        {name for name in NAMES if ".1." in name},
        {"embed.bias", "heads.bias", "encoder.blocks.2.attn.qkv.weight"},
    ],
)
def test_missing_tensors(absent: set[str]) -> None:
    plan = mended({name: shape for name, shape in NAMES.items() if name not in absent})
    assert loaded(plan) == NAMES.keys() - absent


@pytest.mark.parametrize(
    "wrong",
    [
        {"encoder.blocks.1.attn.qkv.weight"},
        {"head.weight", "head.bias"},
        {"head.weight", "heads.weight"},
        {name for name in NAMES if name.endswith("qkv.weight")},
        set(NAMES),
        {"encoder.norm.weight", "embed.weight"},
    ],
)
def test_other_shapes(wrong: set[str]) -> None:
    plan = mended({name: (*shape, 3) if name in wrong else shape for name, shape in NAMES.items()})
    assert loaded(plan) == NAMES.keys() - wrong


@pytest.mark.parametrize("new", [["encoder"], ['"*.weight"'], ['"*"'], ["head", '"encoder.blocks.*.norm1"']])
def test_declared_new_too_widely(new: list[str]) -> None:
    absent = {"encoder.norm.weight", "head.weight"}
    file = {name: shape for name, shape in NAMES.items() if name not in absent}
    assert loaded(mended(file, Draft(new=new))) == file.keys()


@pytest.mark.parametrize("seed", range(40))
def test_all_of_it_at_once(seed: int) -> None:
    """Keys at random missing, misshapen and beside the model's; some of a file under an old name."""
    choose = random.Random(seed)
    fates = {name: choose.choices("kmw", (12, 1, 1))[0] for name in NAMES}
    file = {
        name: (*shape, 2) if fates[name] == "w" else shape
        for name, shape in NAMES.items()
        if fates[name] != "m"
    }
    for number in range(choose.randrange(4)):
        parent = choose.choice(["encoder", "encoder.blocks.1.attn", "head", "gone", "encoder.blocks.2"])
        file[f"{parent}.extra{number}"] = (choose.randrange(1, 5), 7)
    assert loaded(mended(file)) == {name for name, fate in fates.items() if fate == "k"}


@pytest.mark.parametrize("extra", [{}, EXTRA])
def test_renamed_files(extra: dict[str, Shape]) -> None:
    file = renamed(NAMES, lambda name: name.replace("encoder.blocks.", "layers.").replace("embed.", "emb."))
    assert loaded(mended({**file, **extra})) == NAMES.keys()


def adapted(*modules: str) -> dict[str, Shape]:
    found = dict(NAMES)
    for module in modules:
        fan_out, fan_in = NAMES[f"{module}.weight"]
        found |= {f"{module}.lora_A.weight": (2, fan_in), f"{module}.lora_B.weight": (fan_out, 2)}
    return found


QKV = [f"encoder.blocks.{number}.attn.qkv" for number in range(3)]


@pytest.mark.parametrize("modules", [QKV, ["head"], ["head", "heads"], QKV[:1], ["embed", *QKV[1:]]])
@pytest.mark.parametrize(
    "lora", [{}, {"on": "[head]", "alpha": "1"}, {"on": "[head]", "alpha": "1", "rank": "7"}]
)
def test_adapted_files(modules: list[str], lora: dict[str, str]) -> None:
    """What is adapted after pasting is what the file adapts, and what was asked for."""
    plan = mended(adapted(*modules), Draft(lora=dict(lora)))
    assert loaded(plan) == NAMES.keys()
    asked = {"head.weight"} if lora else set()
    taken = {name for name, item in plan.tensors.items() if item.adapter is not None}
    assert taken == {f"{module}.weight" for module in modules} | asked


@pytest.mark.parametrize("seed", range(100))
def test_the_narrowest_patterns_cover_exactly(seed: int) -> None:
    choose = random.Random(seed)
    steps = ["a", "b", "0", "1", "norm"]
    names = sorted({".".join(choose.choices(steps, k=choose.randrange(2, 6))) for _ in range(40)})
    leaves = [name for name in names if not any(other.startswith(f"{name}.") for other in names)]
    wanted = choose.sample(leaves, choose.randrange(1, len(leaves)))
    found = narrowest(wanted, leaves)
    assert {name for name in leaves if any_covers(found, name)} == set(wanted)
    assert len(found) <= len(wanted)

"""What is proposed for a file of Keras's: pasted, the spec plans and every tensor has its place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

import getdsl
from getdsl.compiler.plan.make import make_plan
from getdsl.compiler.plan.plan import Plan
from getdsl.compiler.plan.suggest.keras_table import keras_table
from getdsl.compiler.plan.suggest.suggestion import rename_block
from getdsl.formats.checkpoint_header import Header, LoadRequest
from tests.lower.test_adapt_keras import GOLDEN, MODEL
from tests.plan.headers import Shape, reader, spec_of


@pytest.mark.parametrize("name", ["small.h5", "small.keras", "small.weights.h5", "small.npz"])
def test_a_file_of_keras_gets_its_table(name: str, tmp_path: Path) -> None:
    if name != "small.npz":
        pytest.importorskip("h5py", reason="h5py is not installed")
    path = tmp_path / "s.get"
    path.write_text(f'{MODEL}load "{GOLDEN / name}" {{ }}\n')
    block = "\n".join(rename_block(getdsl.plan(path).suggestions[0]))
    assert '"stem.weight" permute(2, 1, 0)' in block
    assert "#" not in block  # names speak for every pair
    path.write_text(f'{MODEL}load "{GOLDEN / name}" {{ {block} }}\n')
    pasted = getdsl.plan(path)
    assert pasted.ok, pasted.diagnostics
    origins = {name: tensor.origin for name, tensor in pasted.tensors.items()}
    assert [name for name, origin in origins.items() if origin != "loaded"] == [
        "stem_norm.num_batches_tracked"
    ]


TOWER = """
model M {
    input x: [B, L, 4]
    first  = x -> Conv1d(6, kernel_size = 5)
    second = first -> Conv1d(6, kernel_size = 3)
    third  = second -> Conv1d(6, kernel_size = 3)
    out    = third -> Linear(2)
    output y = out
}
"""


def planned(file: Mapping[str, Shape], rename: str = "") -> Plan:
    def read(request: LoadRequest) -> Header:
        return replace(reader(file)(request), format="hdf5")

    return make_plan(spec_of(f'load "0" {{ {rename} }}', TOWER), read)


def conv(name: str, width: int, inputs: int) -> dict[str, Shape]:
    return {f"{name}/kernel": (width, inputs, 6), f"{name}/bias": (6,)}


OUT = {"predictions/kernel": (6, 2), "predictions/bias": (2,)}


def test_what_shapes_alone_tell_is_marked() -> None:
    file = {**conv("conv1d", 5, 4), **conv("second", 3, 6), **conv("third", 3, 6), **OUT}
    block = rename_block(planned(file).suggestions[0])
    marked = [line for line in block if "by shape alone" in line]
    assert [line.split('"')[1] for line in marked] == [*conv("conv1d", 5, 4), *OUT]
    assert planned(file, "\n".join(block)).ok


def test_what_nothing_tells_stays_open() -> None:
    file = {**conv("conv1d", 5, 4), **conv("conv1d_1", 3, 6), **conv("conv1d_2", 3, 6), **OUT}
    found = planned(file).suggestions[0]
    assert not any("second" in new or "third" in new for _, new in found.rules)
    assert {item.keys for item in found.ambiguous} == {("conv1d_1",), ("conv1d_2",)}


@pytest.mark.parametrize(
    "wrong", [{"first/kernel": (5, 4, 7)}, {"first/extra": (6,)}, {"first/kernel": (6, 4, 5)}]
)
def test_a_layer_that_does_not_fit_gets_no_rule(wrong: dict[str, Shape]) -> None:
    file = {**conv("first", 5, 4), **conv("second", 3, 6), **conv("third", 3, 6), **OUT, **wrong}
    found = planned(file).suggestions[0]
    assert found.rules
    assert not any(new.startswith("first.") for _, new in found.rules)


def test_a_number_that_another_begins_with_comes_behind_it() -> None:
    file = {f"first/vars/{number}": shape for number, shape in {"0": (5, 4, 6), "1": (6,)}.items()}
    file |= {"first/vars": (6, 2)} | {**conv("second", 3, 6), **conv("third", 3, 6)}
    olds = [old for old, _ in planned(file).suggestions[0].rules]
    assert all(not later.startswith(old) for at, old in enumerate(olds) for later in olds[at + 1 :])


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        (["conv1d", "conv1d_1", "conv1d_2"], ["conv1", "conv2", "conv3"]),  # whose numbers are off by one
        (["conv1d_11", "conv1d_12", "conv1d_13"], ["c111", "c112", "c113"]),
        (["block_1", "block_2", "block_3"], ["blocks.0", "blocks.1", "blocks.2"]),
        (["dense", "dense_1", "dense_2"], ["dense_layer", "last_dense", "dense_head"]),
        (["up", "mid", "down"], ["first", "second", "third"]),
        (["block_0", "block_1", "block_2"], ["blocks.0", "blocks.1", "blocks.2", "blocks.3"]),
    ],
)
def test_names_that_only_look_alike_are_not_taken(theirs: list[str], ours: list[str]) -> None:
    keys = {key: shape for name in theirs for key, shape in conv(name, 3, 6).items()}
    shapes = {"weight": (6, 6, 3), "bias": (6,)}
    names = {f"{name}.{leaf}": shape for name in ours for leaf, shape in shapes.items()}
    found = keras_table(keys, names, 0)
    assert not found.rules
    assert found.ambiguous


def test_rows_of_the_same_numbers_are_paired_by_them() -> None:
    keys = {key: shape for at in range(12) for key, shape in conv(f"tower/block_{at}", 3, 6).items()}
    names = {f"tower.blocks.{at}.weight": (6, 6, 3) for at in range(12)}
    names |= {f"tower.blocks.{at}.bias": (6,) for at in range(12)}
    found = keras_table(keys, names, 0)
    assert dict(found.rules)["tower/block_11/kernel"] == "tower.blocks.11.weight"
    assert len(found.rules) == len(names)
    assert not found.weak

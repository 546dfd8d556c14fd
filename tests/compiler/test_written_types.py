"""Every written type where every other is wanted: element types are held, and what values mean is taken.

What is given as lengths may be integers that a model computes; whoever reads past them holds their values.
"""

from __future__ import annotations

import re
from itertools import product

import pytest
import torch
from torch import Tensor

from getdsl.compiler.check import check_text
from getdsl.compiler.elaborate.written_types import DTYPES
from getdsl.compiler.lower.compiled import build
from getdsl.compiler.lower.inputs import InputError

WRITTEN = {  # a type of each kind, of three axes
    "float": "[B, R, 4]",
    "int": "int[B, R, 4]",
    "bool": "bool[B, R, 4]",
    "onehot": "onehot[B, R, 4]",
    "lengths": "lengths[B, R, 4] of L",
    "mask": "mask[B, R, 4]",
}
VALUES = {
    "float": torch.rand(2, 3, 4),
    "int": torch.randint(0, 9, (2, 3, 4)),
    "bool": torch.rand(2, 3, 4) > 0.5,
    "onehot": torch.eye(4)[torch.randint(0, 4, (2, 3))],
    "lengths": torch.ones(2, 3, 4, dtype=torch.int64),
    "mask": torch.rand(2, 3, 4) > 0.5,
}
KINDS = {"float": torch.float32, "int": torch.int64, "bool": torch.bool}
MENDS = {"float": "to_float(v)", "int": "to_int(v)", "bool": "v > 0"}
SPEC = """
block Taking {{
    input v: {wanted}
    input x: [B, L]
    output y = v
}}
model M {{
    input x: [B, L]
    input v: {given}
    taken = {value} -> Taking(x)
    output y = taken
    output z = v
}}
"""


def test_every_written_type_is_here() -> None:
    assert set(WRITTEN) == set(DTYPES) == set(VALUES)


def batch(kind: str) -> dict[str, Tensor]:
    return {"x": torch.rand(2, 12), "v": VALUES[kind]}


@pytest.mark.parametrize(("wanted", "given"), [*product(WRITTEN, WRITTEN)])
def test_one_type_where_another_is_wanted(wanted: str, given: str) -> None:
    """It is taken and stays what it is, or is refused with a mend that is taken."""
    same = DTYPES[wanted][0] == DTYPES[given][0]
    for value in ("v", MENDS[DTYPES[wanted][0]]):
        text = SPEC.format(wanted=WRITTEN[wanted], given=WRITTEN[given], value=value)
        checked = check_text(text)
        if value == "v" and not same:
            [mistake] = checked.diagnostics
            assert mistake.code == "GET301"
            cast = MENDS[DTYPES[wanted][0]].replace("v", "x", 1)
            assert f"got {DTYPES[given][0]} values; {'a comparison, ' * (wanted in ('bool', 'mask'))}" in (
                mistake.message
            )
            assert f"`{cast}`" in mistake.message
            continue
        assert checked.spec is not None, [item.message for item in checked.diagnostics]
        model = build(checked.spec)
        found = model(batch(given))
        assert found["y"].dtype == KINDS[DTYPES[wanted][0]]
        assert value != "v" or torch.equal(found["y"], VALUES[given])
        drawn = model.dummy_batch()
        assert model(drawn)["y"].dtype == found["y"].dtype


@pytest.mark.parametrize(("declared", "held"), [*product(WRITTEN, WRITTEN)])
def test_a_batch_of_one_type_for_an_input_of_another(declared: str, held: str) -> None:
    text = f"model M {{\n input x: [B, L]\n input v: {WRITTEN[declared]}\n output y = v\n}}"
    spec = check_text(text).spec
    assert spec is not None
    model = build(spec)
    if DTYPES[declared][0] == DTYPES[held][0]:
        if declared == "lengths" and int(VALUES[held].sum(-1).max()) > 12:
            with pytest.raises(InputError, match="beyond L = 12"):
                model(batch(held))
        else:
            assert torch.equal(model(batch(held))["y"], VALUES[held])
    else:
        with pytest.raises(InputError, match=r"the input `v` holds (floats|integers|true or false), not"):
            model(batch(held))


UNTOLD = {
    "a model's input": "model M {\n input v: lengths[B, R] of TOLD\n output y = v\n}",
    "a formula": "model M {\n input v: lengths[B, R] of TOLD // 25\n output y = v\n}",
    "a block that makes an axis of it": (
        "block F {\n input v: lengths[B, R] of TOLD\n"
        " output y = expand(sum(v, dim = 1, keepdim = true), B, L)\n}\n"
        "model M {\n input x: [B, L]\n input v: lengths[B, R] of L\n output y = F(v)\n}"
    ),
    "a block that computes with it": (
        "block F {\n input v: lengths[B, R] of TOLD\n output y = v * L\n}\n"
        "model M {\n input x: [B, L]\n input v: lengths[B, R] of L\n output y = F(v)\n}"
    ),
}


@pytest.mark.parametrize("what", UNTOLD)
def test_lengths_of_what_no_axis_tells(what: str) -> None:
    """Refused; with the axis that the help names, or without an `of`, it is fine."""
    text = UNTOLD[what].replace("TOLD", "L")
    [mistake] = check_text(text).diagnostics
    assert (mistake.code, mistake.primary is not None) == ("GET307", True)
    axis = re.search(r"`input x: (\[B, L\])`", (mistake.help or ""))
    assert axis is not None
    line = " input v: lengths"
    mended = text.replace(line, f" input w: {axis[1]}\n{line}", 1).replace("= F(v)", "= F(x, v)")
    assert check_text(mended).diagnostics == []


@pytest.mark.parametrize("given", ["int[B, R]", "lengths[B, R] of L"])
def test_a_need_of_what_lengths_divide(given: str) -> None:
    """It is held where lengths are given, and integers that divide nothing known are refused."""
    text = (
        'block F {\n input v: lengths[B, R] of L\n require L > R "more bases"\n output y = v\n}\n'
        f"model M {{\n input x: [B, L]\n input v: {given}\n output y = F(v)\n}}"
    )
    checked = check_text(text)
    if given.startswith("int"):
        [mistake] = checked.diagnostics
        assert (mistake.code, "lengths[B, R] of L" in (mistake.help or "")) == ("GET311", True)
    else:
        assert checked.spec is not None
        with pytest.raises(InputError, match="more bases"):
            build(checked.spec)({"x": torch.rand(2, 3), "v": torch.ones(2, 3, dtype=torch.int64)})


@pytest.mark.parametrize("length", [2, 9])
def test_integers_that_are_no_lengths_are_found_where_they_are_read(length: int) -> None:
    spec = check_text(
        "model M {\n input x: [B, L, 4]\n input v: int[B, R]\n output y = x -> SplitPool(v)\n}"
    ).spec
    assert spec is not None
    inputs = {"x": torch.rand(2, 12, 4), "v": torch.full((2, 3), length)}
    if length * 3 <= 12:
        assert build(spec)(inputs)["y"].shape == (2, 3, 4)
    else:
        with pytest.raises(ValueError, match="sum to 27, past L = 12"):
            build(spec)(inputs)

"""Models that extend each other, and files that use each other, in numbers."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from getdsl.compiler.check import check_text
from getdsl.compiler.constants.overrides import Overrides
from getdsl.compiler.elaborate.models import elaborate_model, new_engine
from getdsl.compiler.extend import flatten, lineage
from getdsl.compiler.extend.merging import are_mistaken_alone
from getdsl.compiler.graph.text import graph_text
from getdsl.compiler.program import Program, Unit
from getdsl.diagnostics import Diagnostics
from getdsl.grammar import syntax

NAMES = "abcde"


def statement(choose: random.Random) -> str:
    bound, used = choose.choice(f"{NAMES}fg"), choose.choice(f"{NAMES}fgx")
    return choose.choice(
        [f"{bound} = relu({used})", f"output y = {used}", f"for i in 0..2 {{ {bound} = {used} }}"]
    )


def chain(seed: int) -> str:
    """Models of which each extends the one before it; the first binds most names."""
    choose = random.Random(seed)
    first = ["input x: [B]", *(f"{name} = relu(x)" for name in NAMES), "output y = x"]
    bodies = [first, *([statement(choose) for _ in range(choose.randint(1, 4))] for _ in range(3))]
    heads = [f"model M{i}{f' extends M{i - 1}' if i else ''}" for i in range(len(bodies))]
    return "".join(
        f"{head} {{\n    " + "\n    ".join(body) + "\n}\n" for head, body in zip(heads, bodies, strict=True)
    )


def test_where_ancestors_are_said_to_have_no_mistakes_they_have_none() -> None:
    """`stays_in_order` is certain where it says yes; it says so often, and not always."""
    said = []
    for seed in range(400):
        diagnostics = Diagnostics()
        program = Program.of_text(chain(seed), "spec.get", diagnostics)
        main = program.main_model(None)
        assert main is not None
        said.append(are_mistaken_alone(program, main))
        for ancestor in lineage(program, main) or []:
            flat = flatten(program, ancestor)
            assert flat is not None
            if not said[-1]:
                assert not diagnostics.errors, chain(seed)
                assert not any(isinstance(item, syntax.Broken) for item in flat.body)
    assert 40 < sum(said) < 360


def test_a_mistake_of_an_ancestor_that_its_child_mends_is_reported() -> None:
    text = (
        "model One {\n    input x: [B]\n    a = relu(x)\n    b = relu(a)\n    output y = b\n}\n"
        "model Two extends One {\n    a = relu(b)\n}\n"
        "model Three extends Two {\n    a = relu(x)\n}\n"
    )
    assert [item.code for item in check_text(text).diagnostics] == ["GET208"]


def test_so_is_one_of_a_name_that_is_taken_out_of_an_if() -> None:
    """Two's `a` is not bound in One's `if` any more, and needs what needs it."""
    text = (
        "model One {\n    input x: [B]\n    if true { a = relu(x) }\n    c = relu(a)\n    output y = c\n}\n"
        "model Two extends One {\n    a = relu(c)\n}\n"
        "model Three extends Two {\n    a = relu(x)\n}\n"
    )
    assert [item.code for item in check_text(text).diagnostics] == ["GET208"]


TWICE = "h = x * 2\n h = h + 1"


@pytest.mark.parametrize(
    ("parent", "child", "expected"),
    [
        (TWICE, "h = x * 3", "mul(x, 3)"),
        (f"if deep {{ {TWICE} }} else {{ h = x }}", "h = x * 3", "mul(x, 3)"),
        ("h = x * 2\n if deep { h = h + 1 }", "h = x * 3", "mul(x, 3)"),
        ("h = x\n for i in 0..3 { h = h + i }", "h = x * 3", "mul(x, 3)"),
        ("if deep { a = x + 1\n if deep { h = a } }", "h = a * 3", "add(x, 1) mul(a, 3)"),
        ("if deep { h = x + 1\n b = h * 2 }\n h = b", "h = x - 1", "sub(x, 1) mul(h, 2)"),
        ("h = x * 2", "if deep { h = h + 1 }", "mul(x, 2) add(h, 1)"),
        ("if deep { a = x\n h = x }\n", "remove h\n remove a\n h = x * 3", "mul(x, 3)"),
    ],
)
def test_a_binding_replaces_all_of_its_parents_wherever_they_stand(
    parent: str, child: str, expected: str
) -> None:
    """The order of files and statements settles the rest; `b` above is not read, and stays all the same."""
    text = f"""
model P {{
    param deep: bool = true
    input x: [B, 8]
    {parent}
    output y = h
}}
model C extends P {{
    {child}
}}
"""
    checked = check_text(text)
    assert checked.spec is not None, checked.diagnostics
    program = Program.of_text(text, "spec.get", Diagnostics())
    model = program.main_model(None)
    assert model is not None
    flat = flatten(program, model)
    assert flat is not None
    graph = elaborate_model(new_engine(Overrides()), program, flat).draft.graph()
    calls = [line.split(" = ")[1].split("  #")[0] for line in graph_text(graph).splitlines() if " = " in line]
    assert " ".join(call for call in calls if "(" in call) == expected


FAMILY = """
model P {
    input x: [B, 8]
    for name in ["human", "mouse"] { output [name] = x * 2 }
    for i in 0..2 { if i == 1 { output yeast = x * i } }
    output ["fly"] = x * 5
}
"""


@pytest.mark.parametrize(
    ("children", "expected"),
    [
        ("output human = x + 1", "mouse: mul yeast: mul fly: mul human: add"),
        ('output ["mouse"] = x + 1', "human: mul yeast: mul fly: mul mouse: add"),
        ("output yeast = x + 1", "human: mul mouse: mul yeast: add fly: mul"),
        ("output fly = x + 1", "human: mul mouse: mul yeast: mul fly: add"),
        ("output rat = x + 1", "human: mul mouse: mul yeast: mul fly: mul rat: add"),
        (
            "output human = x + 1 } model D extends C { output human = x - 1 output mouse = x + 1",
            "yeast: mul fly: mul human: sub mouse: add",
        ),
        ("remove fly remove yeast", "human: mul mouse: mul"),
    ],
)
def test_an_output_replaces_the_one_of_its_name_in_a_family_too(children: str, expected: str) -> None:
    checked = check_text(f"{FAMILY}\nmodel C extends P {{ {children} }}\n")
    assert checked.spec is not None, checked.diagnostics
    graph = checked.spec.graph
    found = " ".join(f"{name}: {graph.nodes[ref.node].target}" for name, ref in graph.outputs.items())
    assert found == expected


@pytest.mark.parametrize("size", [1, 2, 3000])
def test_a_chain_of_files_has_no_end(size: int) -> None:
    files = {
        Path(f"/nowhere/f{i}.get"): (f'use "f{i + 1}.get"\n' if i + 1 < size else "")
        + f"model M{i} {{ input x: [B]\n output y = x }}\n"
        for i in range(size)
    }
    diagnostics = Diagnostics()
    program = Program.of_files(files, diagnostics)
    assert not diagnostics.items
    assert [*program.units] == [*files]
    assert [*program.visible()] == [f"M{i}" for i in reversed(range(size))]
    first = program.main_model(None)
    assert first is not None
    assert first.name == "M0"


def merged(unit: Unit) -> dict[str, syntax.Definition]:
    """What a unit sees, by its definition: what it uses, one after the other, then its own."""
    found: dict[str, syntax.Definition] = {}
    for used in unit.uses:
        found |= merged(used)
    return found | unit.definitions


@pytest.mark.parametrize("seed", range(30))
def test_of_one_name_the_file_that_is_used_last_is_meant(seed: int) -> None:
    choose = random.Random(seed)
    files = {}
    for i in range(7):
        used = choose.sample(range(i + 1, 7), min(6 - i, choose.randint(0, 3)))
        models = choose.sample("ABCD", choose.randint(1, 3))
        text = "".join(f'use "f{each}.get"\n' for each in used)
        files[Path(f"/nowhere/f{i}.get")] = text + "".join(f"model {name} {{ }}\n" for name in models)
    program = Program.of_files(files, Diagnostics())
    assert program.unit is not None
    assert [*program.visible().items()] == [*merged(program.unit).items()]
    for unit in program.units.values():
        for definition in unit.definitions.values():
            assert program.unit_of(definition) is unit

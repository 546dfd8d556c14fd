"""Chains of 3,000 links: an operator that goes on from the left nests nothing, however long it is."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

import getdsl
from getdsl.cli import main
from getdsl.compiler.lower.package import write_package
from getdsl.diagnostics import Diagnostics
from getdsl.grammar import parse, syntax
from getdsl.grammar.chains import BEGINNINGS
from getdsl.grammar.parser import CHAINS, FIRST, MAX_DEPTH
from getdsl.grammar.serialise import data_to_file, file_to_data
from getdsl.grammar.tables import GRAMMAR
from getdsl.grammar.tree import syntax_text
from getdsl.text.source import SourceFile
from tests.lower.test_emit import module_of

LINKS = 3000
Step = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]
TENSORS: dict[str, Step] = {
    " + x": lambda y, x: y + x,
    " - x": lambda y, x: y - x,
    " * 0.999": lambda y, x: y * 0.999,
    " / 1.001": lambda y, x: y / 1.001,
    " -> sin": lambda y, x: y.sin(),
    " -> ReverseComplement()": lambda y, x: y.flip(1, 2),
    "[:, 0:3]": lambda y, x: y,
}
CONSTANTS = {  # an expression, and what it is
    "+ of numbers": (" + ".join("1" for _ in range(LINKS)), LINKS),
    "- of numbers": ("0" + " - 1" * LINKS, -LINKS),
    "or": ("if " + "1 > 2 or " * LINKS + "true then 1 else 2", 1),
    "and": ("if " + "1 < 2 and " * LINKS + "false then 1 else 2", 2),
}
REFUSED = {  # a chain of what cannot be, and what is said of it, once
    "attributes": ("x" + ".a" * LINKS, "a tensor [B, 3, 4] has no `a`"),
    "calls": ("x" + "(x)" * LINKS, "a tensor [B, 3, 4] cannot be called"),
    "alternatives": (" | ".join(["x"] * LINKS), "alternatives cannot stand in an expression here"),
}
NESTED = {
    "calls in calls": "relu(" * LINKS + "x" + ")" * LINKS,
    "lists in lists": "[" * LINKS + "x" + "]" * LINKS,
    "indices in indices": "x[" * LINKS + "0" + "]" * LINKS,
    "minuses": "-" * LINKS + "x",
    "powers of powers": "x" + " ** 1" * LINKS,
    "sums to the right": "(x + " * LINKS + "x" + ")" * LINKS,
}


def model(value: str, before: str = "") -> str:
    return f"model M {{\n    input x: [B, 3, 4]\n    {before}\n    y = {value}\n    output out = y\n}}\n"


@pytest.mark.parametrize("link", TENSORS)
def test_a_chain_gives_what_a_loop_gives(link: str, tmp_path: Path) -> None:
    """Compiled, with its gradient, and emitted as a package."""
    step = TENSORS[link]
    compiled = getdsl.compile_text(model("x" + link * LINKS))
    one, other = (torch.rand(2, 3, 4, generator=torch.manual_seed(1)).requires_grad_() for _ in range(2))
    found, expected = compiled.module(x=one)["out"], other
    for _ in range(LINKS):
        expected = step(expected, other)
    assert torch.equal(found, expected)
    found.sum().backward()
    expected.sum().backward()
    torch.testing.assert_close(one.grad, other.grad, rtol=1e-4, atol=0)  # of 3,000 sums in another order
    write_package(compiled, tmp_path / "out")
    emitted = module_of(tmp_path / "out/model.py").load()
    assert torch.equal(emitted(x=one)["out"], found)


@pytest.mark.parametrize("kind", CONSTANTS)
def test_a_chain_of_constants(kind: str) -> None:
    value, expected = CONSTANTS[kind]
    checked = getdsl.check_text(model("x * n", f"n = {value}"))
    assert checked.spec is not None
    [product] = (node for node in checked.spec.graph.nodes.values() if node.target == "mul")
    assert product.args[1] == expected


@pytest.mark.parametrize("held", [True, False])
def test_requirements(held: bool) -> None:
    chain = " and ".join(["B >= 1", *["1 < 2"] * LINKS, "1 < 2" if held else "2 < 1"])
    checked = getdsl.check_text(model("x", f'require {chain} "all of them"'))
    assert [item.code for item in checked.diagnostics] == ([] if held else ["GET215"])


def test_sizes() -> None:
    text = f"model M {{\n    input x: [B, {' + '.join(['L'] * LINKS)}]\n    output y = x\n}}\n"
    [size] = getdsl.compile_text(text).spec.graph.inputs["x"].dims[1:]
    assert str(size) == f"{LINKS} * L"


@pytest.mark.parametrize("kind", REFUSED)
def test_a_chain_of_mistakes_is_one(kind: str) -> None:
    value, message = REFUSED[kind]
    [found] = getdsl.check_text(model(value)).diagnostics
    assert found.message == message


def test_settings_and_names_of_weights() -> None:
    sections = (
        f"train {{ epochs = {' + '.join(['1'] * LINKS)} }}\nfreeze = [y{'.a' * LINKS}, y{'[0]' * LINKS}]\n"
    )
    checked = getdsl.check_text(model("x") + sections)
    said = [item.message for item in checked.diagnostics]
    assert [message[:20] for message in said] == ["`freeze` names `y.a.", "`freeze` names `y.0."]


@pytest.mark.parametrize("absent", [0, 1, LINKS // 2, LINKS])
def test_alternatives_of_the_batch(absent: int) -> None:
    """The first key that is there is taken."""
    chain = " ?? ".join([*(f"batch.k{number}" for number in range(LINKS)), "out + 2"])
    compiled = getdsl.compile_text(model("x") + f"loss {{ out = MSE(out, {chain}) }}\n")
    x = torch.zeros(2, 3, 4)
    batch = {f"k{number}": torch.full((2, 3, 4), float(number)) for number in range(absent, LINKS)}
    loss = compiled.loss(compiled.module(x=x), {"x": x, **batch})["total"]
    assert loss == (absent**2 if absent < LINKS else 4)


@pytest.mark.parametrize("link", [*TENSORS, " ?? x", " | x", ".a", "(x)", " and x", " ** x"])
def test_the_tree_is_kept_and_shown(link: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """No stage of the syntax tree goes down a chain by recursion."""
    links = MAX_DEPTH - 5 if link == " ** x" else LINKS
    source = SourceFile("spec.get", model("x" + link * links))
    found = Diagnostics()
    file = parse(source, found)
    assert not found.errors
    again = data_to_file(json.loads(json.dumps(file_to_data(file))), source)
    assert syntax_text(again) == syntax_text(file)
    count = sum(1 for item in again.items for _ in syntax.walk(item))
    assert syntax_text(file).count("@") == count
    path = tmp_path / "spec.get"
    path.write_text(source.text)
    assert main(["show", str(path), "--stage", "ast"]) == 0
    assert capsys.readouterr().out == syntax_text(file) + "\n"


@pytest.mark.parametrize("kind", NESTED)
def test_what_is_nested_keeps_its_limit(kind: str) -> None:
    [found] = getdsl.check_text(model(NESTED[kind])).diagnostics
    assert found.message == f"this is nested deeper than {MAX_DEPTH} levels"


def test_every_rule_that_goes_on_from_the_left_is_a_chain() -> None:
    """Those that the grammar says, to the parser by their names and to the compiler by their classes."""
    grammar = GRAMMAR.read_text(encoding="utf-8")
    rules = re.findall(r"^\?(\w+): (.*?)(?=^\S|\Z)", grammar, re.M | re.S)
    left = {alias for rule, body in rules for alias in re.findall(rf"\| {rule} .*?-> (\w+)", body)}
    assert left - {"span_range"} == {name for name, place in CHAINS.items() if place == FIRST}
    assert {kind.__name__.lower() for kind in BEGINNINGS} == left - {"span_range", "union"}

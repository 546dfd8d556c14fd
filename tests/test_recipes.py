"""The recipes of CONTRIBUTING: short, of what there is, and two of them followed in a copy of the package."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
RECIPES = {
    title: text.strip()
    for title, text in re.findall(
        r"^### … (.*?)\n(.*?)(?=^#|\Z)", (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8"), re.M | re.S
    )
}


def test_there_is_one_for_each_kind() -> None:
    kinds = ["an operation", "a block", "a reader", "a pass", "a section", "a diagnostic", "a command"]
    assert list(RECIPES) == kinds


@pytest.mark.parametrize("title", RECIPES)
def test_a_recipe_is_short_and_names_what_is_there(title: str) -> None:
    assert len(RECIPES[title].splitlines()) <= 6
    named = re.findall(r"`((?:\w+/)+(?:\w+\.\w+)?)`", RECIPES[title])
    places = [name if name.startswith(("tests/", "docs/")) else f"getdsl/{name}" for name in named]
    assert places
    assert [name for name in places if "my_" not in name and not (ROOT / name).exists()] == []


class Copy:
    """A copy of the package that a recipe changes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        shutil.copytree(
            ROOT / "getdsl", folder / "getdsl", ignore=shutil.ignore_patterns("__pycache__", "yeast")
        )

    def write(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text, encoding="utf-8")

    def replace(self, name: str, old: str, new: str) -> None:
        text = (self.folder / name).read_text(encoding="utf-8")
        assert text.count(old) == 1, old
        self.write(name, text.replace(old, new))

    def python(self, *arguments: str) -> tuple[int, str, str]:
        """Exit code, stdout and stderr."""
        own = {"PYTHONPATH": str(self.folder), "XDG_CACHE_HOME": str(self.folder / "cache")}
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=self.folder,
            env=os.environ | own,
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout, done.stderr

    def getdsl(self, *arguments: str) -> tuple[int, str, str]:
        return self.python("-m", "getdsl", *arguments)


@pytest.fixture
def copy(tmp_path: Path) -> Copy:
    return Copy(tmp_path)


ONCE = '''"""Computes once what several operations compute alike."""

from __future__ import annotations

from getdsl.compiler.graph.chains import redirected
from getdsl.compiler.graph.graph import Graph, Ref


def compute_once(graph: Graph) -> Graph:
    """The graph in which of operations of the same operands the first is read in place of the others."""
    first: dict[str, Ref] = {}
    again: dict[Ref, Ref] = {}
    for node in graph.nodes.values():
        if node.kind == "operation":
            ref = Ref(node.name, "")
            kept = first.setdefault(repr((node.target, node.args, node.kwargs)), ref)
            if kept != ref:
                again[ref] = kept
    return redirected(graph, again)
'''
TWICE = """model M {
    input x: [B, 8]
    a = relu(x) + 1
    b = relu(x) + 1.0
    output y = a * b
    output z = relu(x)
}
"""
SAME = """
import getdsl, torch
x = torch.linspace(-3, 3, 16).view(2, 8)
outputs = getdsl.compile("spec.get").module(x=x)
assert torch.equal(outputs["y"], (x.relu() + 1) ** 2) and torch.equal(outputs["z"], x.relu())
"""


def test_a_pass(copy: Copy) -> None:
    """A file in `passes/`, and its place among those that run."""
    copy.write("spec.get", TWICE)
    code, before, _ = copy.getdsl("show", "spec.get", "--stage", "graph")
    assert (code, before.count("= relu(x)"), before.count("= add(")) == (0, 3, 2)
    copy.write("getdsl/compiler/passes/compute_once.py", ONCE)
    passes = "getdsl/compiler/passes/__init__.py"
    copy.replace(
        passes,
        "from getdsl.compiler.passes.expose_taps import",
        "from getdsl.compiler.passes.compute_once import compute_once\n"
        "from getdsl.compiler.passes.expose_taps import",
    )
    copy.replace(passes, "(expose_taps, remove_unused)", "(expose_taps, compute_once, remove_unused)")
    code, after, _ = copy.getdsl("show", "spec.get", "--stage", "graph")
    assert (code, after.count("= relu(x)"), after.count("= add(")) == (0, 1, 2)
    code, _, errors = copy.python("-c", SAME)
    assert code == 0, errors


def test_a_pass_that_is_wrong_is_found_by_the_verifier(copy: Copy) -> None:
    copy.write("spec.get", TWICE)
    passes = "getdsl/compiler/passes/__init__.py"
    copy.replace(
        passes, "(expose_taps, remove_unused)", "(expose_taps, lambda graph: replace(graph, nodes={}))"
    )
    copy.replace(passes, "from collections.abc", "from dataclasses import replace\nfrom collections.abc")
    code, _, errors = copy.getdsl("show", "spec.get", "--stage", "graph")
    assert (code, "GraphError" in errors) == (70, True)


AVERAGE = '''"""`average`: weights that are the mean of those of several steps."""

from collections.abc import Iterator
from typing import Annotated

from getdsl.compiler.sections.declare import Bound, Doc, Table
from getdsl.compiler.sections.facts import Facts
from getdsl.compiler.sections.settings import Settings
from getdsl.diagnostics import Diagnostic
from getdsl.diagnostics.mistakes import sections as mistakes


class Average(Table):
    """The section `average`."""

    decay: Annotated[float, Doc("of the mean, from step to step"), Bound(above=0, below=1)] = 0.999
    first_epoch: Annotated[int, Doc("the epoch that begins it"), Bound(least=0)] = 0

    def check(self, settings: Settings, facts: Facts) -> Iterator[Diagnostic]:
        if facts.epochs is not None and self.first_epoch >= facts.epochs:
            place = settings.place(("first_epoch",))
            yield mistakes.rise_longer_than_training(self.first_epoch, facts.epochs, place, "epochs")


KIND = Average
'''
SPEC = """model M {{ input x: [B, 4] output y = x }}
loss {{ y = MSE(y, batch.y) }}
average {{ {} }}
train {{ epochs = 3 }}
"""


def test_a_section(copy: Copy) -> None:
    """Declared, listed and named as a word: reading, bounds, checks, suggestions, `explain` follow."""
    copy.write("getdsl/compiler/sections/average.py", AVERAGE)
    copy.replace(
        "getdsl/compiler/sections/declared.py",
        '    Section("train", "block",',
        '    Section("average", "block", "Weights that are the mean of several steps\'.", "there is none"),\n'
        '    Section("train", "block",',
    )
    copy.replace("getdsl/grammar/words.py", '    "train",\n)', '    "average",\n    "train",\n)')
    copy.write("spec.get", SPEC.format("decay = 0.99"))
    code, shown, _ = copy.getdsl("show", "spec.get", "--set", "average.first_epoch=1")
    assert code == 0
    assert "average.decay = 0.99  # the file\naverage.first_epoch = 1  # set from outside\n" in shown
    _, explained, _ = copy.getdsl("explain", "average")
    assert "Without it, there is none.\n" in explained
    assert "a number above 0 and below 1; default `0.999`" in explained
    for settings, complaint in {
        "decya = 0.99": "did you mean `decay`?",
        "decay = 2": "`decay` must be a number above 0 and below 1, not 2",
        "first_epoch = 3": "warning[GET406]",
        "decay = = 2": "error[GET102]",
    }.items():
        copy.write("spec.get", SPEC.format(settings))
        _, out, err = copy.getdsl("check", "spec.get")
        assert complaint in out + err
        assert "GET401" not in out + err

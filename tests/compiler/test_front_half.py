"""The front half does without torch, and costs little."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

SPECS = Path(__file__).parents[2] / "specs"
HEAVY = ("torch", "lightning", "zarr", "numba", "matplotlib", "scipy", "sklearn", "jsonschema.validators")


def run(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)


def loaded_by(code: str) -> set[str]:
    done = run(f"import sys\n{code}\nprint('\\n'.join(sys.modules), file=sys.stderr)")
    assert done.returncode == 0, done.stderr
    return set(done.stderr.split())


@pytest.mark.parametrize("spec", ["my_model.get", "quickstart.get", "get/region_finetune_hic_oe.get"])
def test_check_and_show_never_import_torch(spec: str) -> None:
    commands = (
        f"from getdsl.cli import main\nassert main(['check', '--summary', {str(SPECS / spec)!r}]) == 0\n"
    )
    commands += f"assert main(['show', '--stage', 'graph', {str(SPECS / spec)!r}]) == 0"
    assert "torch" not in loaded_by(commands)


def test_import_is_cheap() -> None:
    assert not {
        name
        for name in loaded_by("import getdsl")
        if name.startswith(("getdsl.", "lark", "networkx", *HEAVY))
    }


def test_the_check_can_fail() -> None:
    assert "lark" in loaded_by("import getdsl; getdsl.check")


def test_reserved_names_are_those_of_torch() -> None:
    code = """
import torch
from getdsl.compiler.elaborate.reserved import RESERVED_MODULE_NAMES as reserved
graph = torch.fx.GraphModule(torch.nn.Module(), torch.fx.Graph())
names = {name for name in dir(graph) if not name.startswith('_')}
assert names <= reserved, names - reserved
"""
    done = run(code)
    assert done.returncode == 0, done.stderr

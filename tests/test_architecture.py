"""Who imports whom, and what importing costs."""

import ast
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import networkx
import pytest

from tests.house import imports, modules

ROOT = Path(__file__).parent.parent
LINT = Path(sys.executable).with_name("lint-imports")
FRONT_HALF = """
import sys
import getdsl
before = set(sys.modules)
checked = getdsl.check({spec!r})
assert checked.ok, checked.diagnostics
heavy = {{"torch", "lightning", "numba", "zarr", "matplotlib", "sklearn"}} & set(sys.modules)
assert not heavy, heavy
"""


def python(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)


@pytest.mark.parametrize("spec", ["specs/my_model.get", "specs/quickstart.get"])
def test_the_front_half_needs_no_torch(spec: str) -> None:
    result = python(FRONT_HALF.format(spec=spec))
    assert result.returncode == 0, result.stderr


def test_importing_getdsl_imports_nothing_heavy() -> None:
    heavy = "{'torch', 'lark', 'jsonschema', 'networkx', 'numpy', 'rich'}"
    result = python(f"import sys, getdsl; found = {heavy} & set(sys.modules); assert not found, found")
    assert result.returncode == 0, result.stderr


def test_a_session_needs_no_lightning() -> None:
    """It takes seconds to import, and `show` and `compile` of a checkpoint have no use for it."""
    heavy = "{'lightning', 'zarr', 'matplotlib', 'sklearn', 'torchmetrics'}"
    code = (
        f"import sys, getdsl.runs.opened.session; found = {heavy} & set(sys.modules); assert not found, found"
    )
    result = python(code)
    assert result.returncode == 0, result.stderr


def test_public_names_are_there() -> None:
    import getdsl

    for name in getdsl.__all__:
        assert getattr(getdsl, name) is not None, name
    assert set(getdsl.__all__) <= set(dir(getdsl))
    with pytest.raises(AttributeError, match="no attribute 'chek'"):
        getdsl.chek  # noqa: B018


def test_the_types_of_public_functions_can_be_read() -> None:
    import typing

    import getdsl
    from getdsl.compiler.plan.plan import Plan

    for name in ("check", "check_text", "compile", "compile_text", "parse", "plan"):
        assert "return" in typing.get_type_hints(getattr(getdsl, name)), name
    assert typing.get_type_hints(getdsl.compile)["return"] is getdsl.Compiled
    assert typing.get_type_hints(getdsl.plan)["return"] is Plan


@pytest.mark.skipif(not LINT.exists(), reason="import-linter is not installed")
def test_rooms_import_only_those_below_them() -> None:
    result = subprocess.run([LINT, "--no-cache"], capture_output=True, text=True, cwd=ROOT)
    assert result.returncode == 0, result.stdout


def contract(words: str) -> dict[str, list[str]]:
    """The one whose name has these words."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    (found,) = [item for item in contracts if words in item["name"]]
    return found  # type: ignore[no-any-return]


def rooms_of_the_compiler() -> set[str]:
    return {path.stem for path in (ROOT / "getdsl/compiler").iterdir() if not path.stem.startswith("_")}


def test_every_room_of_the_compiler_has_a_layer() -> None:
    listed = {name.strip() for line in contract("only those below")["layers"] for name in line.split("|")}
    rooms = rooms_of_the_compiler()
    assert {name for name in listed if "." in name} == {f"compiler.{name}" for name in rooms}


def test_every_room_of_the_compiler_but_one_does_without_torch() -> None:
    listed = {name for name in contract("does not know torch")["source_modules"] if ".compiler" in name}
    assert listed == {f"getdsl.compiler.{name}" for name in rooms_of_the_compiler() - {"lower"}}


def test_what_a_block_says_of_costs_fusions_and_reaches_needs_no_torch() -> None:
    """`check` reads it: neither the files nor anything that they import may import torch."""
    known, graph = modules(ROOT / "getdsl"), imports(ROOT / "getdsl")
    files = [name for name in known if name.endswith(("_cost", "_fusion", "_reach")) and ".blocks." in name]
    assert len(files) > 30
    read = set(files).union(*(networkx.descendants(graph, name) for name in files))
    assert {name for name in read if imports_torch(known[name].read_text())} == set()


def imports_torch(code: str) -> bool:
    found = [node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Import | ast.ImportFrom)]
    named = [
        *(getattr(node, "module", None) for node in found),
        *(each.name for node in found for each in node.names),
    ]
    return any(name is not None and name.split(".")[0] == "torch" for name in named)


def test_an_import_of_torch_is_found() -> None:
    assert imports_torch("def late():\n    from torch.nn import functional\n")
    assert imports_torch("import torch.nn\n")
    assert not imports_torch("from getdsl.weights import torch_file\n")


BAD = {  # a file of a room, what it imports, and how the linter complains of it
    "compiler/graph/bad.py": (
        "import getdsl.blocks",
        "getdsl.compiler.graph is not allowed to import getdsl.blocks",
    ),
    "blocks/bad.py": (
        "import getdsl.compiler.spec",
        "getdsl.blocks is not allowed to import getdsl.compiler.spec",
    ),
    "weights/bad.py": (
        "import getdsl.compiler.graph",
        "getdsl.weights is not allowed to import getdsl.compiler.graph",
    ),
    "compiler/plan/bad.py": ("import torch", "getdsl.compiler.plan is not allowed to import torch"),
    "importing/bad.py": ("import getdsl.compiler.lower", "getdsl.importing is not allowed to import torch"),
}


@pytest.mark.skipif(not LINT.exists(), reason="import-linter is not installed")
def test_each_contract_of_the_package_can_fail(tmp_path: Path) -> None:
    only_code = shutil.ignore_patterns("__pycache__", "yeast")
    shutil.copytree(ROOT / "getdsl", tmp_path / "getdsl", ignore=only_code)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for name, (line, _) in BAD.items():
        (tmp_path / "getdsl" / name).write_text(f"{line}\n")
    result = lint(tmp_path)
    assert result.returncode == 1, result.stdout
    assert {name for name, (_, complaint) in BAD.items() if complaint not in result.stdout} == set()


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [LINT, "--no-cache"],
        capture_output=True,
        text=True,
        cwd=folder,
        env={"PYTHONPATH": str(folder), "PATH": "", "COLUMNS": "400"},
    )


@pytest.mark.skipif(not LINT.exists(), reason="import-linter is not installed")
@pytest.mark.parametrize(
    "text",
    [
        "import getdsl.cli\n",
        "def late():\n    import getdsl.cli\n",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import getdsl.cli\n",
    ],
)
def test_a_forbidden_import_is_found(tmp_path: Path, text: str) -> None:
    """The check itself can fail: a room that imports one above it is reported."""
    package = tmp_path / "getdsl"
    for room in ("cli", "grammar"):
        (package / room).mkdir(parents=True)
        (package / room / "__init__.py").write_text("")
    (package / "__init__.py").write_text("")
    (package / "grammar" / "bad.py").write_text(text)
    (tmp_path / ".importlinter").write_text(
        "[importlinter]\nroot_package = getdsl\n"
        "[importlinter:contract:1]\nname = layers\ntype = layers\n"
        "layers =\n    getdsl.cli\n    getdsl.grammar\n"
    )
    result = lint(tmp_path)
    assert result.returncode == 1, result.stdout
    assert "getdsl.grammar is not allowed to import getdsl.cli" in result.stdout


NAMES_OF_TORCH = """
import keyword, torch
from getdsl.compiler.elaborate.reserved import RESERVED_MODULE_NAMES
taken = {*dir(torch.fx.GraphModule(torch.nn.Module(), torch.fx.Graph())), *keyword.kwlist}
assert taken <= RESERVED_MODULE_NAMES, taken - RESERVED_MODULE_NAMES
"""


def test_reserved_names_cover_torch_and_python() -> None:
    """A binding must never hide an attribute of torch's modules, of which other packages add some."""
    result = python(NAMES_OF_TORCH)
    assert result.returncode == 0, result.stderr


NAMED = {
    "plan/lint/norms.py": {"LayerNorm", "BatchNorm"},  # told apart by name, as GET535 shows them
    "cost/gradients.py": {"Gradient"},  # the body of `grad(y, x)`, a word of the language
    "elaborate/special_calls.py": {"Gradient"},
    "stages/scales.py": {"getdsl.blocks.compared_scales"},  # what losses take, which their room says
}


def test_the_compiler_knows_no_block_of_the_library() -> None:
    """Neither by its name nor by its body; what is said of one in prose is no knowledge of it."""
    compiler = ROOT / "getdsl" / "compiler"
    known = {}
    for path in compiler.rglob("*.py"):
        found = blocks_named(path.read_text())
        if found:
            known[path.relative_to(compiler).as_posix()] = found
    assert known == NAMED


def blocks_named(code: str) -> set[str]:
    """The blocks that a constant text or a name of some code names, or whose body it imports."""
    from getdsl.compiler import library

    nodes = list(ast.walk(ast.parse(code)))
    texts = {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    paths = {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)}
    imported = {
        each.asname or each.name for node in nodes if isinstance(node, ast.ImportFrom) for each in node.names
    }
    own = {node.name for node in nodes if isinstance(node, ast.ClassDef)}
    names = {node.id for node in nodes if isinstance(node, ast.Name)} - imported - own
    bodies = {text for text in texts | paths if re.fullmatch(r"getdsl\.blocks\.\w+(:\w+)?", text)}
    return (texts | names) & library.index().keys() | bodies


def test_a_block_that_the_compiler_knows_is_found() -> None:
    assert blocks_named('POOL = "getdsl.blocks.split_pool:SplitPool"') == {
        "getdsl.blocks.split_pool:SplitPool"
    }
    assert blocks_named('if module.block == "Linear": ...') == {"Linear"}
    assert blocks_named("from getdsl.blocks.linear import Linear") == {"getdsl.blocks.linear"}
    assert blocks_named('"""A Linear, say."""') == set()

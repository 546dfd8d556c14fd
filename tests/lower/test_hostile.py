"""Docs, names and texts that would be code, were they written as they are: a package runs nothing of them."""

import ast
import importlib
import keyword
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from getdsl.compiler.check import check_text
from getdsl.compiler.lower import build
from getdsl.compiler.lower.emit import emit
from getdsl.compiler.lower.emit_syntax import ForeignSyntaxError, hold_to_syntax
from getdsl.compiler.lower.package import write_package
from getdsl.compiler.lower.python_text import docstring, literal
from getdsl.compiler.lower.repeats import imported
from getdsl.compiler.spec import Spec

CANARY = "open('ran', 'w')"
DOCS = {
    "backslash at the end": "cut \\",
    "code that follows a backslash": f'"\n{CANARY}\n',
    "two backslashes": "cut \\\\",
    "quotes in a row": 'x "" y',
    "single triple quotes": f"''' + {CANARY} + '''",
    "line separators": f"a\u2028{CANARY}\u2029b\x85c",
    "carriage return": f"a\r{CANARY}\rb",
    "form feed": f"a\f{CANARY}",
    "escapes": "\\N{DIGIT ONE} \\x00 \\u0041 \\101 \\n",
    "bad escapes": "\\N{nothing} \\x \\u12 \\U",
    "a format": "{CANARY} %s {0} {",
    "right to left": "\u202eabc\u2066",
    "terminal codes": "\x1b[31mred\x07",
    "emoji and letters": "naïve 🧬 ﬁ ×",
    "a comment": f"# coding: latin-1\n{CANARY}",
}
TEXTS = {
    "a quote": f'" + {CANARY} + "',
    "a single quote": f"' + {CANARY} + '",
    "a backslash": "\\",
    "a line": f"a\n{CANARY}\n",
    "a call": f"), {CANARY}, (",
    "emoji": "🧬",
    "spaces in a long line": "a  b   c " * 30,
    "a comma": "x, y=(1, 2), " * 20,
    "a tab": "a\tb",
    "a null": "a\0b",
    "braces": "{x} {{",
    "delete": "\x7f\x80\xa0",
}
NAMES = [
    *"class None True lambda def import self torch nn Tensor functional operations float super".split(),
    *"path Path load load_file Linear linear __foo __foo__ __init__ __class__ __dict__ _modules".split(),
    *"_parameters forward training getattr slice device inf nan NoneType fx_pytree print match".split(),
]
ROLES = {
    "module": "model M { input x: [B, 4]\n NAME = x -> Linear(3)\n output y = relu(NAME) }",
    "list": "model M { input x: [B, 4]\n for i in 0..2 { NAME[i] = x -> Linear(3) }\n output y = NAME[0] }",
    "parameter": "model M { input x: [B, 4]\n NAME = Parameter([4])\n output y = x * NAME }",
    "value": "model M { input x: [B, 4]\n NAME = x * 2\n output y = relu(NAME) }",
    "input": "model M { input NAME: [B, 4]\n h = NAME -> Linear(3)\n output y = relu(h) + full([B, 3], 1) }",
    "output": "model M { input x: [B, 4]\n h = x -> Linear(3)\n output NAME = relu(h) }",
    "model": "model NAME { input x: [B, 4]\n h = x -> MLP(hidden_features = 3)\n output y = relu(h) }",
    "block": "block NAME { param k: int = 3\n input x: [..., 4]\n output y = relu(x) * k }\n"
    "model M { input x: [B, 4]\n h = x -> NAME\n g = h -> MLP(hidden_features = 3)\n output y = relu(g) }",
    "param": "block P { param NAME: float = 3.0\n input x: [..., 4]\n h = x -> Dropout(NAME)\n output y = h }"
    "\n"
    "model M { input x: [B, 4]\n h = x -> P(NAME = 0.5)\n g = h -> P(NAME = 0.25)\n output y = relu(g) }",
}
REFUSED = {"GET221", "GET207", "GET214", "GET204"}  # reserved, or the name of something that is there already

KEEPER = """
import torch

class Keeper(torch.nn.Module):
    def __init__(self, **given):
        super().__init__()
        self.given = given

    def forward(self, x):
        return x
"""


@pytest.fixture(autouse=True)
def somewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def spec_of(text: str) -> Spec:
    checked = check_text(text)
    assert checked.spec is not None, checked.diagnostics
    return checked.spec


def repeat(spec: Spec, folder: Path) -> torch.nn.Module:
    """The written module, whose outputs `write_package` has compared with the model's; nothing ran."""
    compared = write_package(build(spec, seed=0), folder / "out")
    assert compared.why_not == ""
    model: torch.nn.Module = imported(folder / "out/model.py").load()
    assert not (folder / "ran").exists()
    return model


@pytest.mark.parametrize("doc", DOCS.values(), ids=DOCS)
def test_a_doc_stays_a_doc(doc: str, tmp_path: Path) -> None:
    """Of the model, of a block, and of a block after a block, whose doc would go on where the first ended."""
    text = f'''
block P {{
    """{doc}"""
    input x: [..., 4]
    output y = relu(x)
}}
block Q {{
    """ + {CANARY} #"""
    input x: [..., 4]
    output y = relu(x)
}}
model M {{
    """{doc}"""
    input x: [B, 4]
    a = x -> P
    b = a -> Q
    output y = b
}}
'''
    spec = spec_of(text)
    repeat(spec, tmp_path)
    doc_read = spec.graph.modules["a"].graph.doc  # type: ignore[union-attr]
    source = (tmp_path / "out/model.py").read_text(encoding="utf-8")
    found = next(item for item in ast.parse(source).body if isinstance(item, ast.ClassDef))
    assert found.name == "P"
    assert doc_read is not None
    assert ast.get_docstring(found) == _cleaned(doc_read)


def _cleaned(doc: str) -> str:
    """As `ast.get_docstring` has it, which leaves out indents and blank ends."""
    tree = ast.parse(f"def f():\n    {doc!r}\n").body[0]
    assert isinstance(tree, ast.FunctionDef)
    return "\n".join(line.rstrip() for line in (ast.get_docstring(tree) or "").split("\n")).strip()


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_a_text_stays_a_text(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "keeper_of_texts.py").write_text(KEEPER)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "keeper_of_texts", raising=False)
    importlib.invalidate_caches()
    spec = check_text(
        "block Keeper {\n param text: str\n param class: str\n param more: table = {}\n input x: [..., 4]\n"
        ' output y: [..., 4]\n extern "keeper_of_texts:Keeper"\n}\n'
        "model M {\n param t: str\n input x: [B, 4]\n"
        " a = x -> Keeper(text = t, class = t, more = {k = [t, 1]})\n output y = relu(a)\n}",
        params={"t": text},
    ).spec
    assert spec is not None
    model = repeat(spec, tmp_path)
    assert model.a.given == {"text": text, "class": text, "more": {"k": [text, 1]}}


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("name", NAMES)
def test_a_name_compiles_or_is_refused(name: str, role: str, tmp_path: Path) -> None:
    checked = check_text(ROLES[role].replace("NAME", name))
    if checked.spec is None:
        assert checked.diagnostics[0].code in REFUSED
        return
    model = repeat(checked.spec, tmp_path)
    if role in ("module", "parameter", "list"):
        assert all(key.startswith(name) for key in model.state_dict())


@pytest.mark.parametrize("name", keyword.kwlist)
def test_words_of_python_are_refused_where_they_would_be_attributes(name: str) -> None:
    for role in ("module", "parameter"):
        checked = check_text(ROLES[role].replace("NAME", name))
        assert checked.spec is None
        assert "Python" in checked.diagnostics[0].message or checked.diagnostics[0].code < "GET200"


def test_two_externs_of_one_name_are_told_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for module, factor in (("first_of_two", 2), ("second_of_two", 3)):
        (tmp_path / f"{module}.py").write_text(KEEPER.replace("return x", f"return x * {factor}"))
    monkeypatch.syspath_prepend(tmp_path)
    importlib.invalidate_caches()
    block = 'block NAME { input x: [..., 4]\n output y: [..., 4]\n extern "MODULE:Keeper" }\n'
    blocks = block.replace("NAME", "A").replace("MODULE", "first_of_two")
    blocks += block.replace("NAME", "B").replace("MODULE", "second_of_two")
    repeat(
        spec_of(blocks + "model Keeper { input x: [S, 4]\n a = x -> A\n b = a -> B\n output y = b }"),
        tmp_path,
    )
    assert "import Keeper as Keeper_" in (tmp_path / "out/model.py").read_text()


def test_the_package_says_what_it_needs(tmp_path: Path) -> None:
    import getdsl

    repeat(spec_of(ROLES["module"].replace("NAME", "h")), tmp_path)
    doc = ast.get_docstring(ast.parse((tmp_path / "out/model.py").read_text()))
    assert doc is not None
    assert doc.endswith(f"It needs torch, safetensors and getdsl {getdsl.__version__}.")
    text = "model M { input x: [B, 4]\n h = Parameter([4])\n output y = relu(x) * h }"
    assert "It needs torch and safetensors.\n" in emit(spec_of(text).graph, "doc").source


def test_a_package_that_differs_from_its_model_is_not_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(emit.__globals__["Forward"].operation.__globals__["INFIX"], "mul", "+")
    spec = spec_of(ROLES["value"].replace("NAME", "h"))
    with pytest.raises(RuntimeError, match="does not repeat the outputs"):
        write_package(build(spec, seed=0), tmp_path / "out")
    assert not list(tmp_path.iterdir())


def test_comparing_leaves_the_model_as_it_is(tmp_path: Path) -> None:
    text = (
        "model M { input x: [B, L, 5]\n h = x -> BatchNorm(dim = 5)\n g = h -> Dropout(0.5)\n output y = g }"
    )
    compiled = build(spec_of(text), seed=0)
    compiled.module.train()
    before = {name: tensor.clone() for name, tensor in compiled.state_dict().items()}
    state = torch.random.get_rng_state()
    write_package(compiled, tmp_path / "out")
    assert all(part.training for part in compiled.module.modules())
    assert torch.equal(torch.random.get_rng_state(), state)
    assert all(torch.equal(before[name], tensor) for name, tensor in compiled.state_dict().items())


# ---- the writer, and the lock behind it


@given(st.text())
def test_a_literal_reads_as_it_was(text: str) -> None:
    assert ast.literal_eval(literal(text)) == text
    assert ast.literal_eval(literal({"k": [text, (1, text)], text: None})) == {
        "k": [text, (1, text)],
        text: None,
    }
    assert "\n" not in literal(text)


@given(st.lists(st.one_of(st.text(), st.sampled_from(['"', '""', "\\", "'", "\n", "\r"]))).map("".join))
def test_a_docstring_reads_as_it_was(doc: str) -> None:
    read = ast.literal_eval("\n".join(docstring(doc)).strip())
    assert read == (doc + "\n" if "\n" in doc else doc)


FOREIGN = {
    "a call": CANARY,
    "an import": "import os",
    "an import of another name": "from torch import hub",
    "a function": "def f():\n    pass",
    "an assignment": "x = 1",
    "a class of another kind": "class A(object):\n    pass",
    "a decorated class": f"@{CANARY}\nclass A(nn.Module):\n    pass",
    "a class whose metaclass runs": f"class A(nn.Module, metaclass={CANARY}):\n    pass",
    "a class that computes": f"class A(nn.Module):\n    x = {CANARY}",
}


def module_with(
    init: str = "super().__init__()", forward: str = "return x", arguments: str = "self, x"
) -> str:
    return (
        f"class A(nn.Module):\n    def __init__(self):\n        {init}\n\n"
        f"    def forward({arguments}):\n        {forward}\n"
    )


FOREIGN |= {  # but for that, they are as they should be
    "a decorator of a class": f"@{CANARY}\n{module_with()}",
    "a metaclass": module_with().replace("nn.Module", f"nn.Module, metaclass={CANARY}"),
    "another base": module_with().replace("nn.Module", "nn.Module, A"),
    "a decorator of a function": module_with().replace("    def forward", f"    @{CANARY}\n    def forward"),
    "a third function": module_with() + "\n    def x(self):\n        return self\n",
    "functions of other names": module_with().replace("forward", "__call__"),
}
FOREIGN["a default"] = module_with(arguments="self, x=open('ran')")
FOREIGN |= {
    f"in a forward: {line}": module_with(forward=line)
    for line in (
        "return eval(x)",
        "return x.__class__",
        "return [eval][0](x)",
        "return (lambda: x)()",
        "return [y for y in x]",
        "return f'{x}'",
        "x.y = 1",
        "global x",
        "import os",
        "return __import__('os')",
        "return getattr(x, 'y')",
        "return x if x else x",
        "return (y := x)",
        "await x",
    )
}
FOREIGN |= {
    f"in a constructor: {line}": module_with(init=line)
    for line in ("x = 1", CANARY, "self.x = eval('1')", "self.__init__()", "torch.x = 1", "super().x()")
}


@pytest.mark.parametrize("foreign", FOREIGN.values(), ids=FOREIGN)
def test_foreign_syntax_is_refused(foreign: str) -> None:
    imports, load = ["import torch", "from torch import nn"], "def load():\n    return A()"
    good = '"""Doc."""\nimport torch\nfrom torch import nn\n{}\ndef load():\n    return A()\n'
    hold_to_syntax(good.format(module_with()), imports, load)
    with pytest.raises(ForeignSyntaxError):
        hold_to_syntax(good.format(foreign), imports, load)


def test_a_new_process_runs_nothing_either(tmp_path: Path) -> None:
    spec = spec_of(
        f'block P {{\n """cut \\"""\n input x: [..., 4]\n output y = relu(x) }}\n'
        f'block Q {{\n """ + {CANARY} #"""\n input x: [..., 4]\n output y = relu(x) }}\n'
        "model M { input x: [B, 4]\n a = x -> P\n b = a -> Q\n output y = b }"
    )
    write_package(build(spec, seed=0), tmp_path / "out")
    done = subprocess.run(
        [sys.executable, "-c", "import model; model.load()"],
        cwd=tmp_path / "out",
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert not list(tmp_path.rglob("ran"))

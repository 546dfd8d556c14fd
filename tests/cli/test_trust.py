"""`--trust` and the user's config: whose Python may run and which checkpoints may hold more than tensors."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest
import torch

import getdsl
from getdsl import trust
from getdsl.cli import main
from getdsl.diagnostics import SpecError, UserError
from getdsl.trust import Trust, options_for, trust_of
from tests.weights.stranger import lightning_file

Capsys = pytest.CaptureFixture[str]
BODY = """
from pathlib import Path
import torch
Path(__file__).with_name("ran-{name}").touch()
class Own(torch.nn.Module):
    def forward(self, x): return x + 1
"""


def block(name: str) -> str:
    module = f"getdsl_test_{name.lower()}:Own"
    return f'block {name} {{\n    input x: [B, 4]\n    output: [B, 4]\n    extern "{module}"\n}}\n'


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two files with a block of Python each, and a spec that uses both; a config of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(trust, "config_path", lambda: tmp_path / "config" / "config.yaml")
    for name in ("One", "Two"):
        module = f"getdsl_test_{name.lower()}"
        monkeypatch.delitem(sys.modules, module, raising=False)
        (tmp_path / f"{module}.py").write_text(BODY.format(name=name))
    (tmp_path / "blocks").mkdir()
    (tmp_path / "blocks" / "one.get").write_text(block("One"))
    (tmp_path / "blocks" / "two.get").write_text(block("Two"))
    (tmp_path / "spec.get").write_text(
        'use "blocks/one.get"\nuse "blocks/two.get"\n'
        "model M {\n    input x: [B, 4]\n    output y = x -> One() -> Two()\n}\n"
    )
    return tmp_path


def run(capsys: Capsys, *arguments: str) -> tuple[int, str, str]:
    code = main(arguments)
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def ran(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.glob("ran-*"))


def configure(folder: Path, text: str) -> None:
    (folder / "config").mkdir(exist_ok=True)
    (folder / "config" / "config.yaml").write_text(text)


# -- Python


def test_each_file_is_trusted_by_itself(folder: Path, capsys: Capsys) -> None:
    compile = ("compile", "spec.get", "-o", "out")
    code, _, err = run(capsys, *compile)
    assert code == 1
    assert "`blocks/one.get` and `blocks/two.get` name Python code outside the library" in err
    assert "add `--trust blocks/one.get --trust blocks/two.get`" in err
    code, _, err = run(capsys, *compile, "--trust", "blocks/one.get")
    assert code == 1
    assert "`blocks/two.get` names Python code outside the library: `getdsl_test_two:Own`" in err
    assert 'add `--trust blocks/two.get` (in Python: `trust=["blocks/two.get"]`)' in err
    assert run(capsys, *compile, "--trust", "spec.get")[0] == 1  # it names no Python itself
    assert ran(folder) == []
    given = re.findall(
        r"(--trust) (\S+)", options_for(["blocks/one.get", folder / "blocks/../blocks/two.get"])
    )
    code, _, err = run(capsys, *compile, *(word for pair in given for word in pair))
    assert (code, err) == (0, "")
    assert ran(folder) == ["ran-One", "ran-Two"]


def test_every_command_that_would_run_it_asks(folder: Path, capsys: Capsys) -> None:
    (folder / "spec.get").write_text((folder / "spec.get").read_text() + "loss { y = MSE(y, batch.y) }\n")
    trusted = ("--trust", "blocks/one.get", "--trust", "blocks/two.get")
    commands = (("plan", "spec.get"), ("show", "spec.get", "--stage", "fx"), ("train", "spec.get", "-o", "o"))
    for command in commands:
        code, _, err = run(capsys, *command)
        assert code == 1, command
        assert "add `--trust blocks/one.get --trust blocks/two.get`" in err, command
    assert ran(folder) == []
    for command in commands:
        assert "outside the library" not in run(capsys, *command, *trusted)[2], command
    assert ran(folder) == ["ran-One", "ran-Two"]


def test_in_python(folder: Path) -> None:
    for given in (False, [], ["blocks/one.get"], "blocks/one.get", folder / "blocks" / "one.get"):
        with pytest.raises(UserError, match=r"two\.get` name"):
            getdsl.compile("spec.get", trust=given)
    assert ran(folder) == []
    (folder / "link.get").symlink_to(folder / "blocks" / "one.get")
    for given in (True, ["blocks/one.get", folder / "blocks" / "two.get"], ("link.get", "blocks/two.get")):
        outputs = getdsl.compile("spec.get", trust=given).module(x=torch.zeros(1, 4))
        assert torch.equal(outputs["y"], torch.full((1, 4), 2.0))


def test_what_is_trusted_must_be_a_file(folder: Path, capsys: Capsys) -> None:
    for given, why in (("blocks/on.get", "is not there"), ("blocks", "is a folder")):
        code, _, err = run(capsys, "compile", "spec.get", "-o", "out", "--trust", given)
        assert code == 1
        assert f"`{given}` {why}" in err


# -- the user's config


def test_config_trusts_files_and_folders(folder: Path) -> None:
    configure(folder, f"trusted:\n  - {folder}/blocks/one.get\n")
    with pytest.raises(UserError, match=r"^`blocks/two.get` names"):
        getdsl.compile("spec.get")
    configure(folder, f"trusted: ['{folder}/blocks']\n")
    getdsl.compile("spec.get")
    assert not Trust().covers(folder / "blocks.get")
    configure(folder, "trusted: ['https://a.b/c.ckpt']\n")
    assert Trust().covers("https://a.b/c.ckpt")
    assert trust_of(["https://a.b/d.ckpt"]).covers("https://a.b/d.ckpt")
    assert not Trust().covers("https://a.b/d.ckpt")
    configure(folder, "")
    assert not Trust().covers("spec.get")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("trusted: [", r"config.yaml` is not YAML, line 1"),
        ("- a", r"holds no settings by name"),
        ("trust: [/a]", r"sets `trust`, which is no setting"),
        ("trusted: /a", r"is not a list of paths"),
        ("trusted: [1]", r"is not a list of paths"),
        ("trusted: [a/b.get]", r"has `a/b.get`, which is not a whole path"),
        ("trusted: [~nobody-at-all/b.get]", r"which is not a whole path"),
    ],
)
def test_wrong_config_is_a_sentence(folder: Path, text: str, sentence: str) -> None:
    configure(folder, text)
    with pytest.raises(UserError, match=sentence):
        getdsl.compile("spec.get")
    assert getdsl.check("spec.get").ok  # read where trust is needed, and not before


# -- checkpoints


def test_a_published_checkpoint_loads_where_it_is_trusted(folder: Path, capsys: Capsys) -> None:
    weights = {"y.weight": torch.randn(2, 4), "y.bias": torch.randn(2)}
    lightning_file(folder / "get.ckpt", weights)
    (folder / "load.get").write_text(
        'model M {\n    input x: [B, 4]\n    y = x -> Linear(2)\n    output y\n}\nload "get.ckpt" { }\n'
    )
    for command in (("plan", "load.get"), ("compile", "load.get", "-o", "out")):
        code, out, err = run(capsys, *command)
        assert code == 1, command
        flat = " ".join((out + err).split())
        assert "asks to run `functools.partial`" in flat
        option = re.search(r"add `--trust (\S+)`", flat)
        assert option is not None
        code, _, err = run(capsys, *command, "--trust", option.group(1))
        assert (code, err) == (0, ""), command
    with pytest.raises(SpecError):
        getdsl.compile("load.get")
    assert getdsl.plan("load.get", trust=["get.ckpt"]).ok
    assert torch.equal(getdsl.compile("load.get", trust=True).state_dict()["y.weight"], weights["y.weight"])
    assert (
        "trusted: its other objects are left out" in run(capsys, "plan", "load.get", "--trust", "get.ckpt")[1]
    )
    assert run(capsys, "show", "get.ckpt")[0] == 1
    code, out, _ = run(capsys, "show", "get.ckpt", "--trust", "get.ckpt")
    assert code == 0
    assert "`pathlib.PosixPath` and 5 more" in out

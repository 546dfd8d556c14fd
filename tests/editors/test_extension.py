"""The extension of VS Code: what it declares is there, and its own code starts a server that answers."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import zipfile
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.highlighting.texts import ROOT, shipped

EXTENSION = ROOT / "editors/vscode"
PACKAGE = json.loads((EXTENSION / "package.json").read_text(encoding="utf-8"))
IS_BUILT = shutil.which("node") is not None and (EXTENSION / "dist/server.js").exists()
VSIX = ROOT / "build/getdsl.vsix"


def files_of(value: Any) -> set[str]:
    """The files of the extension that a description names."""
    if isinstance(value, dict | list):
        inner = value.values() if isinstance(value, dict) else value
        return set().union(*map(files_of, inner))
    return {value.removeprefix("./")} if isinstance(value, str) and value.startswith("./") else set()


def test_what_the_extension_declares_is_there() -> None:
    named = files_of(PACKAGE) | {PACKAGE["icon"]}
    assert "dist/extension.js" in named
    assert [name for name in named if not (name.startswith("dist/") or (EXTENSION / name).exists())] == []
    lock = json.loads((EXTENSION / "package-lock.json").read_text(encoding="utf-8"))
    assert PACKAGE["version"] == lock["version"]  # its own, since a catalogue of extensions takes no 1.2.0rc1
    assert re.fullmatch(r"\d+\.\d+\.\d+", PACKAGE["version"])
    assert (EXTENSION / "LICENSE").read_text() == (ROOT / "LICENSE").read_text()


def test_the_code_reads_the_settings_that_are_declared() -> None:
    code = "".join(path.read_text(encoding="utf-8") for path in (EXTENSION / "src").glob("*.ts"))
    properties = PACKAGE["contributes"]["configuration"]["properties"]
    read = {f"getdsl.{name}" for name in re.findall(r'\.get<[^>]*>+\("([\w.]+)"', code)}
    assert read | {"getdsl.trace.server"} == set(properties)  # the client's own
    commands = {each["command"] for each in PACKAGE["contributes"]["commands"]}
    assert set(re.findall(r'registerCommand\("([\w.]+)"', code)) == commands


def indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def test_a_line_that_opens_a_bracket_indents_the_next() -> None:
    rules = json.loads((EXTENSION / "language-configuration.json").read_text())["indentationRules"]
    opens, closes = (re.compile(rules[name]) for name in ("increaseIndentPattern", "decreaseIndentPattern"))
    opening = 0
    for name, text in shipped().items():
        lines = [line for line in re.sub(r'"""[\s\S]*?"""', '""', text).splitlines() if line.strip()]
        for line, following in pairwise(lines):
            deeper = indent(following) - indent(line)
            if opens.match(line):
                opening += 1
                assert deeper > 0, (name, line)
            elif closes.match(following):
                assert deeper < 0, (name, following)
    assert opening > 500


@pytest.mark.skipif(not IS_BUILT, reason="`make extension` builds it")
def test_the_extensions_code_starts_a_server_that_answers(tmp_path: Path) -> None:
    own = tmp_path / ".venv/bin/getdsl"
    own.parent.mkdir(parents=True)
    own.touch()
    command = ["node", "test/session.mjs", str(tmp_path), sys.executable, "-m", "getdsl"]
    done = subprocess.run(command, cwd=EXTENSION, capture_output=True, text=True, check=True)
    said = json.loads(done.stdout)
    assert said["session"]["codes"] == ["GET207"]
    assert "[B, 8]" in said["session"]["hover"]
    assert said["session"]["code"] == 0
    assert "pip install 'getdsl[lsp]'" in said["missing"]
    assert "getdsl.server.command" in said["missing"]
    assert said["failing"] == "getdsl: the language server stopped. error: no lsp"
    assert said["from_venv"] == [str(own)]
    assert (said["asked"], said["from_path"]) == (["python", "-m", "getdsl"], ["getdsl"])


@pytest.mark.skipif(not VSIX.exists(), reason="`make extension` builds it")
def test_the_package_has_what_the_extension_needs(tmp_path: Path) -> None:
    with zipfile.ZipFile(VSIX) as file:
        inside = set(file.namelist())
        declared = json.loads(file.read("extension/package.json"))
    assert {f"extension/{name}" for name in files_of(declared)} <= inside
    assert not [name for name in inside if "node_modules" in name or name.endswith((".ts", ".map"))]
